// SPDX-License-Identifier: BSD-3-Clause
#include "devargs.hpp"

#include <algorithm>
#include <cstdlib>

namespace flyover::port {
namespace {

constexpr const char* kAfPacket = "net_af_packet";
constexpr const char* kAfPacketOld = "eth_af_packet";
// A frame's slot holds a tpacket2_hdr, the sender's address and the padding between them before the frame itself.
constexpr uint32_t kSlotOverhead = 80;
constexpr uint32_t kFrameOverhead = 14 + 2 * 4;  // Ethernet header and two VLAN tags
// Blocks are whole pages and whole slots: two of the long slots make five pages.
constexpr uint32_t kLongSlot = 10240, kLongBlock = 20480;
constexpr uint32_t kShortSlot = 2048;
static_assert(kLongSlot >= iface::kMaxPortMtu + kFrameOverhead + kSlotOverhead);

bool is_af_packet(const Devargs& args) { return args.is(kAfPacket) || args.is(kAfPacketOld); }

}  // namespace

Result<Devargs> Devargs::parse(const std::string& text) {
  Devargs d;
  size_t at = text.find(',');
  d.name = text.substr(0, at);
  if (d.name.empty()) return wrong_usage("\"" + text + "\" does not begin with a device's name");
  while (at != std::string::npos) {
    const size_t next = text.find(',', at + 1);
    const std::string word = text.substr(at + 1, next == std::string::npos ? next : next - at - 1);
    const size_t equals = word.find('=');
    if (word.empty() || equals == 0) return wrong_usage("\"" + text + "\": \"" + word + "\" is not KEY=VALUE");
    d.arguments.emplace_back(word.substr(0, equals), equals == std::string::npos ? "" : word.substr(equals + 1));
    at = next;
  }
  return d;
}

const std::string* Devargs::find(const std::string& key) const {
  const auto at = std::find_if(arguments.begin(), arguments.end(), [&](const auto& a) { return a.first == key; });
  return at == arguments.end() ? nullptr : &at->second;
}

void Devargs::set_default(const std::string& key, const std::string& value) {
  if (!find(key)) arguments.emplace_back(key, value);
}

std::string Devargs::text() const {
  std::string out = name;
  for (const auto& [key, value] : arguments) out += "," + key + (value.empty() ? "" : "=" + value);
  return out;
}

void complete_af_packet(Devargs& args, uint16_t mtu, uint16_t queues) {
  if (!is_af_packet(args)) return;
  args.set_default("qpairs", std::to_string(queues));
  const bool sized = args.find("framesz") || args.find("blocksz");
  if (sized || mtu + kFrameOverhead + kSlotOverhead <= kShortSlot) return;
  args.set_default("framesz", std::to_string(kLongSlot));
  args.set_default("blocksz", std::to_string(kLongBlock));
}

uint32_t af_packet_frame_room(const Devargs& args) {
  if (!is_af_packet(args)) return 0;
  const std::string* slot = args.find("framesz");
  const uint32_t bytes = slot ? static_cast<uint32_t>(std::strtoul(slot->c_str(), nullptr, 10)) : kShortSlot;
  return bytes > kSlotOverhead ? bytes - kSlotOverhead : 0;
}

}  // namespace flyover::port
