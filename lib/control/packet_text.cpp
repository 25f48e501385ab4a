// SPDX-License-Identifier: BSD-3-Clause
#include "control/packet_text.hpp"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "net/headers.hpp"

namespace flyover::control {
namespace {

// A header at the beginning of `bytes`, if it is all there.
template <class Header>
std::optional<Header> read(std::span<const uint8_t> bytes) {
  if (bytes.size() < sizeof(Header)) return std::nullopt;
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

std::span<const uint8_t> behind(std::span<const uint8_t> bytes, size_t length) {
  return bytes.subspan(std::min(length, bytes.size()));
}

std::string tcp_flags(uint8_t flags) {
  std::string text;
  for (const auto& [bit, letter] : {std::pair{TcpHeader::kSyn, 'S'},
                                    {TcpHeader::kFin, 'F'},
                                    {TcpHeader::kRst, 'R'},
                                    {TcpHeader::kPsh, 'P'},
                                    {TcpHeader::kAck, '.'}})
    if (flags & bit) text += letter;
  return text.empty() ? "none" : text;
}

std::string describe_icmp(std::span<const uint8_t> bytes) {
  const auto icmp = read<IcmpHeader>(bytes);
  if (!icmp) return "icmp";
  std::string text = fmt::format("icmp {}", icmp_name(icmp->type, icmp->code));
  if (icmp->type == icmp::kEcho || icmp->type == icmp::kEchoReply)
    text += fmt::format(" id {} seq {}", icmp->rest.host() >> 16, icmp->rest.host() & 0xffff);
  if (icmp->type == icmp::kDestinationUnreachable && icmp->code == icmp::kFragmentationNeeded)
    text += fmt::format(" mtu {}", icmp->rest.host() & 0xffff);
  return text;
}

std::string protocol_text(uint8_t number) {
  switch (number) {
    case protocol::kIcmp: return "icmp";
    case protocol::kIgmp: return "igmp";
    case protocol::kIpip: return "ipip";
    case protocol::kTcp: return "tcp";
    case protocol::kUdp: return "udp";
    case protocol::kGre: return "gre";
    case protocol::kEsp: return "esp";
    case protocol::kAh: return "ah";
    default: return fmt::format("protocol {}", number);
  }
}

std::string describe_arp(std::span<const uint8_t> bytes) {
  const auto arp = read<ArpHeader>(bytes);
  if (!arp) return "arp";
  if (arp->operation.host() == 1)
    return fmt::format("arp who has {} tell {}", arp->target_ip.to_string(), arp->sender_ip.to_string());
  if (arp->operation.host() == 2)
    return fmt::format("arp {} is at {}", arp->sender_ip.to_string(), arp->sender_mac.to_string());
  return fmt::format("arp operation {}", arp->operation.host());
}

}  // namespace

std::string icmp_name(uint8_t type, uint8_t code) {
  switch (type) {
    case icmp::kEchoReply: return "echo reply";
    case icmp::kEcho: return "echo request";
    case icmp::kRedirect: return "redirect";
    case icmp::kTimeExceeded: return code == icmp::kTtlExceeded ? "time exceeded" : "reassembly time exceeded";
    case icmp::kParameterProblem: return "parameter problem";
    case icmp::kTimestamp: return "timestamp request";
    case icmp::kTimestampReply: return "timestamp reply";
    case icmp::kDestinationUnreachable: break;
    default: return fmt::format("type {} code {}", type, code);
  }
  switch (code) {
    case icmp::kNetUnreachable: return "net unreachable";
    case icmp::kHostUnreachable: return "host unreachable";
    case icmp::kProtocolUnreachable: return "protocol unreachable";
    case icmp::kPortUnreachable: return "port unreachable";
    case icmp::kFragmentationNeeded: return "fragmentation needed";
    case icmp::kSourceRouteFailed: return "source route failed";
    case icmp::kAdminProhibited: return "administratively prohibited";
    default: return fmt::format("unreachable code {}", code);
  }
}

std::string describe_ipv4(std::span<const uint8_t> bytes) {
  const auto ip = read<Ipv4Header>(bytes);
  if (!ip) return fmt::format("{} bytes", bytes.size());
  std::string from = ip->source.to_string(), to = ip->destination.to_string(), what = protocol_text(ip->protocol);
  const auto inner = behind(bytes, ip->header_length());
  if (ip->fragment_offset() == 0) {
    const auto ports = read<UdpHeader>(inner);
    if (ports && (ip->protocol == protocol::kUdp || ip->protocol == protocol::kTcp)) {
      from += fmt::format(":{}", ports->source_port.host());
      to += fmt::format(":{}", ports->destination_port.host());
    }
    if (ip->protocol == protocol::kIcmp) what = describe_icmp(inner);
    if (const auto tcp = read<TcpHeader>(inner); tcp && ip->protocol == protocol::kTcp)
      what += fmt::format(" flags {}", tcp_flags(tcp->flags));
  }
  std::string text = fmt::format("{} > {} {}, ttl {}, length {}", from, to, what, ip->ttl, ip->total_length.host());
  if (ip->tos) text += fmt::format(", tos {:#x}", ip->tos);
  if (ip->dont_fragment()) text += ", df";
  if (ip->is_fragment())
    text +=
        fmt::format(", fragment {}{} of id {}", ip->fragment_offset(), ip->more_fragments() ? "+" : "", ip->id.host());
  if (ip->header_length() > sizeof(Ipv4Header)) text += ", options";
  return text;
}

std::string describe_frame(std::span<const uint8_t> bytes) {
  const auto ethernet = read<EthernetHeader>(bytes);
  if (!ethernet) return fmt::format("{} bytes", bytes.size());
  const auto inner = behind(bytes, sizeof(EthernetHeader));
  if (ethernet->type == ethertype::kArp) return describe_arp(inner);
  if (ethernet->type == ethertype::kIpv4) return describe_ipv4(inner);
  return fmt::format("{} > {} ethertype {:#06x}", ethernet->source.to_string(), ethernet->destination.to_string(),
                     ethernet->type.host());
}

}  // namespace flyover::control
