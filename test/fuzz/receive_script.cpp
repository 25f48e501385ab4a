// SPDX-License-Identifier: BSD-3-Clause
#include "receive_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "net/headers.hpp"

namespace flyover::fuzz {
namespace {

constexpr int kMostOperations = 64;
constexpr size_t kMostFrame = 9230, kMostBurst = 32, kEthernet = 14;
constexpr size_t kMostInUse = 1500;  // of the pool's mbufs; what comes in beyond is lost on the wire
constexpr uint64_t kTimes[] = {0, 1, 10, 100, 300, 1000, 1100, 3000, 5500, 10000, 16000, 31000, 61000, 130000};

uint64_t step_of(uint64_t ms) { return std::max<uint64_t>(10, ms / 64); }

const std::vector<Bytes>& frames() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> made;
    for (const std::string& text : frame_templates())
      made.push_back(test::frame_of(text, MacAddress({2, 0, 0, 0, 0, 0}), MacAddress({2, 0, 0, 0, 1, 0})));
    return made;
  }();
  return all;
}

}  // namespace

const std::vector<std::string>& frame_templates() {
  static const std::vector<std::string> all{
      "udp 10.0.0.2 > 20.0.0.1",
      "udp 10.0.0.2 > 30.0.0.1",
      "udp 10.0.0.2 > 10.0.1.9",
      "udp 10.0.1.2 > 10.0.0.1 dport 7000",
      "icmp 10.0.0.2 > 10.0.0.1 data 16",
      "icmp 10.0.0.2 > 10.0.1.1 type 13 data 12",
      "tcp 10.0.0.2 > 10.0.0.1",
      "udp 10.0.0.2 > 10.0.0.1 ttl 1",
      "udp 10.0.0.2 > 20.0.0.1 ttl 1",
      "udp 10.0.0.2 > 40.0.0.1",
      "udp 10.0.0.2 > 40.0.1.1",
      "udp 10.0.0.2 > 40.0.2.1",
      "udp 10.0.0.2 > 40.0.3.1",
      "udp 10.0.0.2 > 50.0.0.1",
      "udp 10.0.0.2 > 60.0.0.1 df",
      "udp 10.0.0.2 > 30.0.0.1 df data 1000",
      "udp 10.0.0.2 > 255.255.255.255 dmac bcast",
      "icmp 10.0.0.2 > 10.0.0.255 dmac bcast",
      "udp 10.0.0.2 > 10.0.1.255",
      "udp 10.0.0.2 > 224.0.0.1 dmac mcast",
      "udp 0.0.0.0 > 255.255.255.255 dmac bcast",
      "udp 127.0.0.1 > 127.0.0.1",
      "udp 10.0.0.1 > 20.0.0.1",
      "udp 240.0.0.1 > 240.0.0.2",
      "proto 47 10.0.0.2 > 10.0.0.1 data 8",
      "proto 99 10.0.0.2 > 10.0.0.1 data 8",
      "proto 136 10.0.0.2 > 10.0.0.1 payload 03e807d000000000",
      "icmp 10.0.0.2 > 10.0.0.1 type 3 code 1 payload 4500003012340000402f00000a0000010a0000020102030405060708",
      "icmp 10.0.0.2 > 10.0.0.1 type 3 code 4 payload 4500003012340000401100000a0000010a0000020102030405060708",
      "icmp 10.0.0.2 > 10.0.0.1 type 5 code 1 payload 4500003012340000402f00000a0000010a0000020102030405060708",
      "udp 10.0.0.2 > 20.0.0.1 opt 0727040000000000000000000000000000000000000000000000000000000000000000000000",
      "udp 10.0.0.2 > 20.0.0.1 opt 44240501000000000000000000000000000000000000000000000000000000000000000000",
      "icmp 10.0.0.2 > 10.0.0.1 opt 440c0503000000000a000001",
      "icmp 10.0.0.2 > 10.0.0.1 opt 440c05010000000000000000 data 8",
      "udp 10.0.0.2 > 10.0.0.1 opt 83070414000001",
      "icmp 10.0.0.2 > 10.0.0.1 opt 890b080a0001020a000002",
      "udp 10.0.0.2 > 20.0.0.1 opt 94040000 ttl 1",
      "icmp 10.0.0.2 > 10.0.0.1 mf data 32 id 7",
      "proto 1 10.0.0.2 > 10.0.0.1 off 40 data 24 id 7",
      "udp 10.0.0.2 > 20.0.0.1 mf data 1400",
      "udp 10.0.0.2 > 20.0.0.1 vlan 0",
      "udp 10.0.0.2 > 20.0.0.1 ether 0x86dd",
      "arp request 10.0.0.7 02:00:00:00:07:00 > 10.0.0.1 dmac bcast",
      "arp request 10.0.0.7 02:00:00:00:07:00 > 20.0.0.1 dmac bcast",
      "arp request 0.0.0.0 02:00:00:00:07:00 > 10.0.0.1 dmac bcast",
      "arp request 10.0.0.9 02:00:00:00:09:00 > 10.0.0.9 dmac bcast",
      "arp reply 10.0.1.9 02:00:00:00:09:01 > 10.0.1.1",
      "arp reply 10.0.0.9 02:00:00:00:09:01 > 10.0.0.1",
      "raw 02000000000002000000010008004500",
  };
  return all;
}

const std::vector<std::string>& command_lines() {
  static const std::vector<std::string> all{
      "trace add 100",
      "trace show",
      "-s neigh show nud all",
      "-s link show",
      "drops show all",
      "stats show",
      "ask from 10.0.0.2 to 20.0.0.1",
      "ask from 10.0.0.2 to 10.0.0.1 proto udp length 9000",
      "neigh flush dev p1 nud all",
      "neigh del 10.0.1.2 dev p1",
      "neigh replace 10.0.1.9 lladdr 02:00:00:00:09:01 dev p1 nud stale",
      "neigh replace 10.0.0.9 lladdr 02:00:00:00:09:00 dev p0 nud reachable",
      "link set p1 down",
      "link set p1 up",
      "link set p0 mtu 68",
      "link set p1 mtu 576",
      "link set p1 mtu 9000",
      "route del 20.0.0.0/8",
      "route add 20.0.0.0/16 via 10.0.0.9",
      "route add default via 10.0.2.2 table default",
      "route add blackhole 20.0.0.0/24",
      "addr add 10.0.0.9/24 dev p0",
      "addr del 10.0.1.1/24 dev p1",
      "set net.ipv4.conf.p0.forwarding 0",
      "set rp_filter 1",
      "set accept_source_route 1",
      "set ipfrag_high_thresh 3000",
      "set icmp_ratelimit 0",
      "set unres_qlen_bytes 3000",
      "set gc_thresh3 1",
  };
  return all;
}

uint8_t time_at_least(uint64_t ms) {
  const auto* at = std::find_if(std::begin(kTimes), std::end(kTimes), [=](uint64_t t) { return t >= ms; });
  return static_cast<uint8_t>(at - std::begin(kTimes));
}

struct Script::How {
  uint8_t bits = 0;
  std::vector<uint16_t> cuts;  // where the frame is parted into mbufs
  std::string port;
  bool spoil_header() const { return bits & 4; }
  bool spoil_payload() const { return bits & 8; }
  bool keep_lengths() const { return bits & 16; }
  bool keep_mac() const { return bits & 32; }
  bool more_to_come() const { return bits & 64; }  // with the next frame in one burst
  bool parted() const { return bits & 128; }
};

std::string Script::port_of(uint8_t number) const { return std::string("p") + static_cast<char>('0' + number % 3); }

Script::How Script::read_how() {
  How how;
  how.bits = in_.byte();
  how.port = port_of(how.bits & 3);
  if (how.parted()) {
    const uint8_t count = in_.byte() % 5;
    uint16_t at = static_cast<uint16_t>(kEthernet);  // no device parts the Ethernet header
    for (int i = 0; i <= count; ++i) how.cuts.push_back(at = static_cast<uint16_t>(at + in_.byte() + (i != 0)));
  }
  return how;
}

// ---- frames in ----

namespace {

// A chain of mbufs with the frame's bytes, parted at the cuts and where an mbuf is full; null: the pool is empty.
rte_mbuf* chain_of(rte_mempool* pool, const Bytes& frame, const std::vector<uint16_t>& cuts) {
  rte_mbuf* first = nullptr;
  rte_mbuf** next = &first;
  size_t at = 0;
  auto cut = cuts.begin();
  do {
    rte_mbuf* m = rte_pktmbuf_alloc(pool);
    if (!m) {
      rte_pktmbuf_free(first);
      return nullptr;
    }
    while (cut != cuts.end() && *cut <= at) ++cut;
    const size_t end = cut == cuts.end() ? frame.size() : std::min<size_t>(*cut, frame.size());
    const auto part = static_cast<uint16_t>(std::min<size_t>(end - at, rte_pktmbuf_tailroom(m)));
    std::memcpy(rte_pktmbuf_append(m, part), frame.data() + at, part);
    at += part;
    *next = m;
    next = &m->next;
    if (m != first) ++first->nb_segs, first->pkt_len += part;
  } while (at < frame.size());
  return first;
}

}  // namespace

void Script::send(Bytes frame, const How& how) {
  frame.resize(std::min(frame.size(), kMostFrame));
  if (!how.keep_mac() && frame.size() >= 6 && !(frame[0] & 1)) {
    const auto mac = house_.router().mac(how.port).bytes();
    std::copy(mac.begin(), mac.end(), frame.begin());
  }
  mend(frame, {.lengths = !how.keep_lengths(), .header = !how.spoil_header(), .payload = !how.spoil_payload()});
  last_ = frame;
  TestRouter& router = house_.router();
  if (!burst_.empty() && burst_port_ != how.port) flush();
  if (rte_mempool_in_use_count(router.pool()) > kMostInUse) return;
  rte_mbuf* m = chain_of(router.pool(), frame, how.cuts);
  if (!m) return;
  // A device that checks says what is true.
  if (how.bits & 1) m->ol_flags |= header_sum_right(frame) ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : RTE_MBUF_F_RX_IP_CKSUM_BAD;
  if (aloud_) say(fmt::format("{} < {}{}", how.port, test::text_of(frame), m->nb_segs > 1 ? " in parts" : ""));
  burst_.push_back(m);
  burst_port_ = how.port;
  if (!how.more_to_come() || burst_.size() == kMostBurst) flush();
}

void Script::flush() {
  if (burst_.empty()) return;
  house_.router().receive(burst_port_, burst_);
  burst_.clear();
}

void Script::patch(Bytes& frame) {
  for (int left = in_.byte() % 8; left; --left) {
    const uint8_t at = in_.byte(), value = in_.byte();
    if (at < frame.size()) frame[at] = value;
  }
}

void Script::frame() {
  const How how = read_how();
  Bytes frame = frames()[in_.byte() % frames().size()];
  const uint8_t size = in_.byte();
  frame.resize(frame.size() + (size < 64 ? size : (size - 63U) * 48U), 0x5a);
  patch(frame);
  send(std::move(frame), how);
}

void Script::raw() {
  const How how = read_how();
  const auto bytes = in_.bytes(in_.word() % (kMostFrame + 1));
  if (!bytes.empty()) send(Bytes(bytes.begin(), bytes.end()), how);
}

// With the last frame's header, its bytes from the offset on: the fragments of one datagram agree in what they have in common.
void Script::fragment() {
  How how = read_how();
  const uint16_t field = in_.word();
  const size_t size = (in_.byte() + 1U) * 8U, offset = (field & 0x1fff) * 8U;
  const size_t header = last_.size() > kEthernet + 20 ? (last_[kEthernet] & 15) * 4U : 0;
  if (header < 20 || last_.size() < kEthernet + header) return;
  const Bytes whole = last_;
  Bytes piece(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(kEthernet + header));
  for (size_t i = 0; i < size; ++i) {
    const size_t from = kEthernet + header + offset + i;
    piece.push_back(from < whole.size() ? whole[from] : static_cast<uint8_t>(offset + i));
  }
  piece[kEthernet + 6] = static_cast<uint8_t>(field >> 8 & 0x3f), piece[kEthernet + 7] = static_cast<uint8_t>(field);
  send(std::move(piece), how);
  last_ = whole;
}

// ---- what a peer would do ----

void Script::answer() {
  collect();
  const uint8_t which = in_.byte(), spoil = in_.byte();
  int left = which % 4;
  for (auto s = sent_.rbegin(); s != sent_.rend(); ++s) {
    const bool request = s->frame.size() == 42 && s->frame[12] == 8 && s->frame[13] == 6 && s->frame[21] == 1;
    if (!request || left--) continue;
    Bytes reply = s->frame;
    const uint8_t mac[] = {2, 0, 0, 0, 9, static_cast<uint8_t>(spoil & 15)};
    std::copy_n(s->frame.begin() + 22, 6, reply.begin());  // to the one who asked
    std::copy_n(mac, 6, reply.begin() + 6);
    std::copy_n(mac, 6, reply.begin() + 22);
    std::copy_n(s->frame.begin() + 38, 4, reply.begin() + 28);  // it is I
    std::copy_n(s->frame.begin() + 22, 10, reply.begin() + 32);
    reply[21] = spoil & 16 ? 1 : 2;
    if (spoil & 32) std::fill_n(reply.begin(), 6, 0xff);
    How how;
    how.port = s->port;
    how.bits = 32;
    return send(std::move(reply), how);
  }
}

void Script::echo() {
  collect();
  const How how = read_how();
  const uint8_t which = in_.byte();
  if (sent_.empty()) return;
  Bytes frame = sent_[sent_.size() - 1 - which % std::min<size_t>(sent_.size(), 8)].frame;
  patch(frame);
  if (which & 0x80 && frame.size() >= kEthernet + 20)  // as the answer to it
    std::swap_ranges(frame.begin() + 26, frame.begin() + 30, frame.begin() + 30);
  send(std::move(frame), how);
}

void Script::port_event() {
  const uint8_t what = in_.byte();
  const std::string port = port_of(what & 3);
  constexpr const char* words[] = {"full", "room", "down", "back"};
  say(fmt::format("{} {}", words[what >> 2 & 3], port));
  switch (what >> 2 & 3) {
    case 0: return house_.router().refuse(port, true);
    case 1: return house_.router().refuse(port, false);
    case 2: return house_.carrier(port, false);
    default: return house_.carrier(port, true);
  }
}

void Script::judge() {
  const uint8_t verdict = in_.byte();
  control::Router& router = house_.router().router();
  if (const auto waiting = router.hook_queue().next())
    router.judge(waiting->id, verdict & 3 ? hook::HookVerdict::Accept : hook::HookVerdict::Drop);
  house_.router().settle();
}

// ---- the script ----

void Script::collect() {
  for (Sent& s : house_.take_sent()) {
    if (aloud_) say(fmt::format("{} > {}", s.port, test::text_of(s.frame)));
    sent_.push_back(std::move(s));
  }
}

void Script::say(const std::string& line) const {
  if (aloud_) fmt::print("{}\n", line);
}

void Script::command(const std::string& line) {
  say("! " + line);
  house_.command(line);
}

void Script::wait(uint64_t ms) {
  say(fmt::format("wait {}", ms));
  house_.router().pass(ms, step_of(ms));
}

void Script::step() {
  const auto op = static_cast<Op>(in_.byte() % static_cast<uint8_t>(Op::Count));
  const bool is_frame = op <= Op::Again || op == Op::Echo;
  if (!is_frame) flush();
  switch (op) {
    case Op::Frame: return frame();
    case Op::Raw: return raw();
    case Op::Fragment: return fragment();
    case Op::Again: {
      const How how = read_how();
      Bytes frame = last_;
      patch(frame);
      return frame.empty() ? void() : send(std::move(frame), how);
    }
    case Op::Answer: return answer();
    case Op::Echo: return echo();
    case Op::Wait: return wait(kTimes[in_.byte() % std::size(kTimes)]);
    case Op::Port: return port_event();
    case Op::Command: return command(command_lines()[in_.byte() % command_lines().size()]);
    case Op::Line: return command(in_.text(in_.byte()));
    case Op::Judge: return judge();
    case Op::Starve: return house_.router().starve(in_.byte() % 16);
    case Op::Count: break;
  }
}

std::vector<Sent> Script::play() {
  for (int i = 0; i < kMostOperations && !in_.empty(); ++i) {
    step();
    if (aloud_) collect();
    if (burst_.empty()) house_.check_balance();
  }
  flush();
  house_.check_balance();
  collect();
  return std::move(sent_);
}

}  // namespace flyover::fuzz
