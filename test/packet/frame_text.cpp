// SPDX-License-Identifier: BSD-3-Clause
#include "frame_text.hpp"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

#include "net/checksum.hpp"

namespace flyover::test {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : std::string(text) + " ") {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// The words behind the addresses: a keyword with its value, or a flag.
class Fields {
 public:
  Fields(const std::vector<std::string>& words, size_t at) {
    static const std::vector<std::string> flags{"df", "mf", "badsum", "badl4", "nosum"};
    while (at < words.size()) {
      const std::string& key = words[at++];
      const bool flag = std::find(flags.begin(), flags.end(), key) != flags.end();
      if (!flag && at == words.size()) throw std::invalid_argument("no value for " + key);
      values_[key] = flag ? "1" : words[at++];
    }
  }
  bool has(const std::string& key) const { return values_.count(key) != 0; }
  std::string text(const std::string& key, const std::string& otherwise = {}) const {
    const auto at = values_.find(key);
    return at == values_.end() ? otherwise : at->second;
  }
  uint32_t number(const std::string& key, uint32_t otherwise) const {
    return has(key) ? static_cast<uint32_t>(std::stoul(text(key), nullptr, 0)) : otherwise;
  }

 private:
  std::map<std::string, std::string> values_;
};

template <class T>
void append(Bytes& to, const T& value) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  to.insert(to.end(), bytes, bytes + sizeof value);
}

uint8_t tcp_flags(const std::string& text) {
  uint8_t flags = 0;
  for (const char c : text) flags |= c == 'S' ? 2 : c == 'A' ? 16 : c == 'R' ? 4 : c == 'F' ? 1 : c == 'P' ? 8 : 0;
  return flags;
}

Bytes data_of(const Fields& f) {
  Bytes data = from_hex(f.text("payload"));
  for (uint32_t i = 0; i < f.number("data", 0); ++i) data.push_back(static_cast<uint8_t>(i));
  return data;
}

void set_l4_checksum(Bytes& l4, size_t at, uint64_t sum, bool bad) {
  const Be16 value = checksum_finish(checksum_add(sum, l4.data(), l4.size()));
  std::memcpy(l4.data() + at, &value, 2);
  if (bad) l4[at] ^= 0x55;
}

// `proto` 0: no header of its own.
Bytes payload_of(uint8_t proto, Ipv4Address source, Ipv4Address destination, const Fields& f, size_t room) {
  Bytes data = data_of(f), l4;
  const auto pseudo = [&] { return pseudo_header_sum(source, destination, proto, static_cast<uint16_t>(l4.size())); };
  const auto fill = [&](size_t header) {
    while (room > header + data.size()) data.push_back(static_cast<uint8_t>(data.size()));
  };
  if (proto == protocol::kUdp) {
    fill(sizeof(UdpHeader));
    append(l4, UdpHeader{Be16(static_cast<uint16_t>(f.number("sport", 1000))),
                         Be16(static_cast<uint16_t>(f.number("dport", 2000))),
                         Be16(static_cast<uint16_t>(f.number("ulen", static_cast<uint32_t>(8 + data.size())))),
                         {}});
    l4.insert(l4.end(), data.begin(), data.end());
    if (!f.has("nosum")) set_l4_checksum(l4, 6, pseudo(), f.has("badl4"));
  } else if (proto == protocol::kTcp) {
    fill(sizeof(TcpHeader));
    TcpHeader tcp{};
    tcp.source_port = Be16(static_cast<uint16_t>(f.number("sport", 1000)));
    tcp.destination_port = Be16(static_cast<uint16_t>(f.number("dport", 2000)));
    tcp.sequence = Be32(f.number("seq", 1)), tcp.acknowledgement = Be32(f.number("ack", 0));
    tcp.offset = static_cast<uint8_t>(f.number("thl", 5) << 4), tcp.flags = tcp_flags(f.text("flags", "S"));
    append(l4, tcp);
    l4.insert(l4.end(), data.begin(), data.end());
    set_l4_checksum(l4, 16, pseudo(), f.has("badl4"));
  } else if (proto == protocol::kIcmp) {
    fill(sizeof(IcmpHeader));
    append(l4, IcmpHeader{static_cast<uint8_t>(f.number("type", 8)),
                          static_cast<uint8_t>(f.number("code", 0)),
                          {},
                          Be32(f.number("rest", 0x00070001))});
    l4.insert(l4.end(), data.begin(), data.end());
    set_l4_checksum(l4, 2, 0, f.has("badl4"));
  } else {
    fill(0);
    l4 = data;
  }
  return l4;
}

Bytes ip_packet(const std::vector<std::string>& words, const Fields& f, uint8_t proto, size_t at) {
  const auto source = Ipv4Address::parse(words.at(at)), destination = Ipv4Address::parse(words.at(at + 2));
  if (!source || !destination) throw std::invalid_argument("addresses");
  Bytes options = from_hex(f.text("opt"));
  while (options.size() % 4) options.push_back(0);
  const size_t header = 20 + options.size();
  const size_t length = f.number("len", 0);
  Bytes l4 =
      payload_of(words.at(0) == "proto" ? 0 : proto, *source, *destination, f, length > header ? length - header : 0);
  Ipv4Header ip{};
  ip.version_ihl = static_cast<uint8_t>(f.number("ver", 4) << 4 | f.number("ihl", static_cast<uint32_t>(header / 4)));
  ip.tos = static_cast<uint8_t>(f.number("tos", 0));
  ip.total_length = Be16(static_cast<uint16_t>(f.number("totlen", static_cast<uint32_t>(header + l4.size()))));
  ip.id = Be16(static_cast<uint16_t>(f.number("id", 0x1234)));
  ip.fragment =
      Be16(static_cast<uint16_t>(f.number("off", 0) / 8 | (f.has("df") ? 0x4000U : 0) | (f.has("mf") ? 0x2000U : 0)));
  ip.ttl = static_cast<uint8_t>(f.number("ttl", 64));
  ip.protocol = proto;
  ip.source = *source, ip.destination = *destination;
  Bytes packet;
  append(packet, ip);
  packet.insert(packet.end(), options.begin(), options.end());
  const Be16 sum = checksum_finish(checksum_add(0, packet.data(), packet.size()));
  std::memcpy(packet.data() + 10, &sum, 2);
  if (f.has("badsum")) packet[10] ^= 0x55;
  packet.insert(packet.end(), l4.begin(), l4.end());
  return packet;
}

Bytes arp_packet(const std::vector<std::string>& words, const Fields& f) {
  ArpHeader arp{};
  arp.hardware = Be16(static_cast<uint16_t>(f.number("hw", 1)));
  arp.protocol = ethertype::kIpv4;
  arp.hardware_length = 6, arp.protocol_length = static_cast<uint8_t>(f.number("plen", 4));
  arp.operation = Be16(static_cast<uint16_t>(f.number("op", words.at(1) == "request" ? 1 : 2)));
  arp.sender_ip = Ipv4Address::parse(words.at(2)).value(), arp.sender_mac = MacAddress::parse(words.at(3)).value();
  arp.target_ip = Ipv4Address::parse(words.at(5)).value();
  if (f.has("tmac")) arp.target_mac = MacAddress::parse(f.text("tmac")).value();
  Bytes packet;
  append(packet, arp);
  return packet;
}

MacAddress destination_mac(const Fields& f, MacAddress to) {
  const std::string text = f.text("dmac");
  if (text.empty()) return to;
  if (text == "bcast") return kBroadcastMac;
  if (text == "mcast") return MacAddress({1, 0, 0x5e, 1, 2, 3});
  if (text == "other") return MacAddress({2, 0xee, 0, 0, 0, 9});
  return MacAddress::parse(text).value();
}

}  // namespace

Bytes frame_of(std::string_view text, MacAddress to, MacAddress from) {
  const auto words = words_of(text);
  const std::string& kind = words.at(0);
  if (kind == "raw") return from_hex(words.at(1));
  const bool arp = kind == "arp", numbered = kind == "proto";
  const Fields f(words, arp ? 6 : numbered ? 5 : 4);
  Bytes frame;
  append(frame, destination_mac(f, to));
  append(frame, f.has("smac") ? MacAddress::parse(f.text("smac")).value() : from);
  if (f.has("vlan")) append(frame, ethertype::kVlan), append(frame, Be16(static_cast<uint16_t>(f.number("vlan", 0))));
  append(frame, f.has("ether") ? Be16(static_cast<uint16_t>(f.number("ether", 0)))
                : arp          ? ethertype::kArp
                               : ethertype::kIpv4);
  const uint8_t proto = kind == "udp"    ? 17
                        : kind == "tcp"  ? 6
                        : kind == "icmp" ? 1
                        : numbered       ? static_cast<uint8_t>(std::stoul(words.at(1)))
                                         : 0;
  const Bytes inner = arp ? arp_packet(words, f) : ip_packet(words, f, proto, numbered ? 2 : 1);
  frame.insert(frame.end(), inner.begin(), inner.end());
  frame.resize(frame.size() + f.number("pad", 0));
  if (f.has("cut")) frame.resize(f.number("cut", 0));
  return frame;
}

namespace {

std::string flags_text(uint8_t flags) {
  std::string text;
  for (const auto& [bit, name] : {std::pair{2, 'S'}, {1, 'F'}, {4, 'R'}, {8, 'P'}, {16, 'A'}})
    if (flags & bit) text += name;
  return text;
}

bool l4_sum_ok(const Ipv4Header& ip, const uint8_t* l4, size_t size) {
  const bool pseudo = ip.protocol != protocol::kIcmp;
  const uint64_t sum =
      pseudo ? pseudo_header_sum(ip.source, ip.destination, ip.protocol, static_cast<uint16_t>(size)) : 0;
  return checksum_fold(checksum_add(sum, l4, size)) == 0xffff;
}

std::string ip_text(const uint8_t* bytes, size_t size, bool quoted);

std::string icmp_text(const uint8_t* l4, size_t size) {
  const auto& icmp = *reinterpret_cast<const IcmpHeader*>(l4);
  std::string text = fmt::format(" {}/{}", icmp.type, icmp.code);
  if (icmp.type == 3 && icmp.code == 4) text += fmt::format(" mtu {}", icmp.rest.host() & 0xffff);
  if (icmp.type == 5) text += " gw " + Ipv4Address(icmp.rest.host()).to_string();
  if (icmp.type == 12) text += fmt::format(" ptr {}", icmp.rest.host() >> 24);
  const bool error = icmp.type == 3 || icmp.type == 5 || icmp.type == 11 || icmp.type == 12;
  if (error) text += " quote " + ip_text(l4 + 8, size - 8, true);
  return text;
}

std::string l4_text(const Ipv4Header& ip, const uint8_t* l4, size_t size, bool whole) {
  std::string text;
  if (ip.protocol == protocol::kIcmp && size >= 8) text = icmp_text(l4, size);
  if (ip.protocol == protocol::kTcp && size >= 20) {
    const auto& tcp = *reinterpret_cast<const TcpHeader*>(l4);
    text =
        fmt::format(" flags {} seq {} ack {}", flags_text(tcp.flags), tcp.sequence.host(), tcp.acknowledgement.host());
  }
  const bool summed = ip.protocol == protocol::kIcmp || ip.protocol == protocol::kTcp || ip.protocol == protocol::kUdp;
  if (whole && summed && !l4_sum_ok(ip, l4, size)) text += " badl4";
  return text;
}

std::string ip_text(const uint8_t* bytes, size_t size, bool quoted) {
  if (size < 20) return fmt::format("short {}", size);
  const auto& ip = *reinterpret_cast<const Ipv4Header*>(bytes);
  const char* kind = ip.protocol == 17 ? "udp" : ip.protocol == 6 ? "tcp" : ip.protocol == 1 ? "icmp" : nullptr;
  std::string text = kind ? kind : fmt::format("proto {}", ip.protocol);
  text += " " + ip.source.to_string() + " > " + ip.destination.to_string() + fmt::format(" ttl {}", ip.ttl);
  if (ip.tos) text += fmt::format(" tos {:#x}", ip.tos);
  text += fmt::format(" len {}", ip.total_length.host());
  if (ip.dont_fragment()) text += " df";
  if (ip.more_fragments()) text += " mf";
  if (ip.fragment_offset()) text += fmt::format(" off {}", ip.fragment_offset());
  for (size_t i = 20; i < ip.header_length() && i < size; ++i)
    text += fmt::format("{}{:02x}", i == 20 ? " opt " : "", bytes[i]);
  if (!quoted && (size < ip.header_length() || !ipv4_checksum_ok(ip))) text += " badsum";
  if (!quoted && ip.total_length.host() != size) text += fmt::format(" frame {}", size);
  const size_t header = ip.header_length();
  if (ip.fragment_offset() == 0 && size > header)
    text += l4_text(ip, bytes + header, size - header, !quoted && !ip.is_fragment());
  return text;
}

}  // namespace

std::string text_of(const Bytes& frame) {
  if (frame.size() < sizeof(EthernetHeader)) return "runt";
  const auto& eth = *reinterpret_cast<const EthernetHeader*>(frame.data());
  const std::string to = eth.destination.is_broadcast() ? " dmac bcast" : "";
  if (eth.type == ethertype::kArp && frame.size() >= sizeof(EthernetHeader) + sizeof(ArpHeader)) {
    const auto& arp = *reinterpret_cast<const ArpHeader*>(frame.data() + 14);
    return fmt::format("arp {} {} {} > {}{}", arp.operation.host() == 1 ? "request" : "reply",
                       arp.sender_ip.to_string(), arp.sender_mac.to_string(), arp.target_ip.to_string(), to);
  }
  if (eth.type != ethertype::kIpv4) return fmt::format("ether {:#06x}", eth.type.host());
  return ip_text(frame.data() + 14, frame.size() - 14, false) + to;
}

}  // namespace flyover::test
