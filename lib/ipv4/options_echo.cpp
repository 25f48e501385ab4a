// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/options_echo.hpp"

#include <algorithm>
#include <cstring>

#include "ipv4/option_bytes.hpp"
#include "ipv4/resolve.hpp"

namespace flyover::ipv4 {
namespace {

using namespace options;

// The options that a reply may take over, each as its first byte; null: not there.
struct Found {
  const uint8_t *record = nullptr, *stamp = nullptr, *route = nullptr, *security = nullptr;
};

Found find_options(Ipv4Header& ip, uint16_t valid) noexcept {
  Found found;
  const uint8_t* stop = reinterpret_cast<const uint8_t*>(&ip) + valid;
  for (const uint8_t* o : Walk(ip)) {
    if (*o == kCommercialSecurity) found.security = o;  // the kernel notes it before it looks into it
    if (o + o[1] > stop) break;
    if (*o == kRecordRoute && o[1] >= 3) found.record = o;
    if (*o == kTimestamp && o[1] >= 4) found.stamp = o;
    if (is_route(*o) && o[1] >= 3) found.route = o;
  }
  return found;
}

uint8_t* append(ReplyOptions& reply, const uint8_t* option) noexcept {
  uint8_t* at = reply.bytes.data() + reply.length;
  std::memcpy(at, option, option[1]);
  reply.length = static_cast<uint8_t>(reply.length + option[1]);
  return at;
}

uint8_t slot(const ReplyOptions& reply, const uint8_t* option, int pointer) noexcept {
  return static_cast<uint8_t>(option - reply.bytes.data() + pointer);  // pointers count from 1, so does a slot
}

bool echo_record(ReplyOptions& reply, const uint8_t* option) noexcept {
  uint8_t* at = append(reply, option);
  const int length = at[1], pointer = at[2];
  if (pointer > length) return true;
  if (pointer + 3 > length) return false;
  reply.record = slot(reply, at, pointer);
  at[2] = static_cast<uint8_t>(pointer + 4);
  return true;
}

// Prespecified entries get a time only from those whom they name: us before, and perhaps us again. To the kernel that is who is
// not somebody else: broadcast and multicast addresses too.
bool echo_prespecified(ReplyOptions& reply, uint8_t* at, const Worker& w) noexcept {
  const int length = at[1], pointer = at[2];
  const auto is_ours = [&](int p) { return !is_foreign(load_address(at + p - 1), w); };
  const bool stamped = pointer >= 5 + 8 && is_ours(pointer - 8);
  if (!stamped) return true;
  if (pointer + 3 > length) return false;
  if (pointer + 7 > length || !is_ours(pointer)) return true;
  reply.stamp_time = slot(reply, at, pointer + 4);
  at[2] = static_cast<uint8_t>(pointer + 8);
  return true;
}

bool echo_stamp(ReplyOptions& reply, const uint8_t* option, const Worker& w) noexcept {
  uint8_t* at = append(reply, option);
  const int length = at[1], kind = at[3] & 15;
  int pointer = at[2];
  if (pointer > length) return true;
  if (kind == kTimesOfGiven) return echo_prespecified(reply, at, w);
  if (kind == kTimesAndAddresses) {
    if (pointer + 3 > length) return false;
    reply.stamp_address = slot(reply, at, pointer);
    pointer += 4;
  }
  if (kind == kTimesOnly || kind == kTimesAndAddresses) {
    if (pointer + 3 > length) return false;
    reply.stamp_time = slot(reply, at, pointer);
    pointer += 4;
  }
  at[2] = static_cast<uint8_t>(pointer);
  return true;
}

// The way back: the hops behind us in reverse; the last is the sender, which fill() writes. False: it begins at 0.0.0.0, which to
// the kernel is itself, so that nobody hears the reply; or at a group, to which the kernel sends it (docs/differences.md).
bool turn_route(ReplyOptions& reply, const uint8_t* option, Ipv4Address sender) noexcept {
  const int length = option[1];
  int from = std::min<int>(option[2], length + 1) - 4;  // the last hop that was used, as a pointer
  if (from <= 3) return true;
  const Ipv4Address first_hop = load_address(option + from - 1);
  uint8_t* at = reply.bytes.data() + reply.length;
  int size = 4;
  for (from -= 4; from > 3; from -= 4, size += 4) std::memcpy(at + size - 1, option + from - 1, 4);
  // RFC 1812 4.2.2.7: some hosts list themselves first.
  if (load_address(option + from + 3) == sender) size -= 4;
  if (size <= 3) return true;
  if (first_hop.is_any() || first_hop.is_multicast() || first_hop.is_limited_broadcast()) return false;
  reply.first_hop = first_hop;
  at[0] = option[0];
  at[1] = static_cast<uint8_t>(size + 3);
  at[2] = 4;
  reply.last_hop = slot(reply, at, size);
  reply.length = static_cast<uint8_t>(reply.length + size + 3);
  return true;
}

}  // namespace

void ReplyOptions::fill(Ipv4Address source, Ipv4Address destination, uint32_t day_ms) noexcept {
  const auto put = [this](uint8_t slot, auto value) {
    if (slot) store(&bytes[slot - 1U], value);
  };
  put(last_hop, destination);
  put(record, source);
  put(stamp_address, source);
  put(stamp_time, day_ms);
}

bool reply_options(const Packet& p, uint16_t valid, const Worker& w, ReplyOptions& reply) noexcept {
  const Found found = find_options(*p.ip, valid);
  if (found.record && !echo_record(reply, found.record)) return false;
  if (found.stamp && !echo_stamp(reply, found.stamp, w)) return false;
  if (found.route && !turn_route(reply, found.route, p.ip->source)) return false;
  if (found.security) append(reply, found.security);
  while (reply.length % 4) reply.bytes[reply.length++] = kEnd;
  return true;
}

}  // namespace flyover::ipv4
