// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : every reason for which a packet leaves the line, every lane, every stage: name and sentence, once
// Guarantees : tables in enum order (asserted); code, CLI and docs are printed from them
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flyover {

// clang-format off
enum class DropReason : uint8_t {
  RuntFrame, OtherHost, UnknownEthertype, UnknownVlan, InterfaceDown,
  IpTooShort, IpVersion, IpHeaderLength, IpTotalLength, IpTruncated, IpChecksum, IpOptionInvalid, SourceRouted, UnicastInL2Multicast,
  MartianSource, MartianDestination, LocalSource, ReversePathFilter, MulticastNotJoined, ForwardingOff,
  NoRoute, HostUnreachable, Prohibit, Blackhole,
  TtlExpired, FragmentationNeeded, StrictRouteFailed, OutputInterfaceDown,
  HookDrop, HookQueueFull,
  NeighbourFailed, NeighbourQueueFull, HoldQueueFull, NeighbourTableFull, ArpMalformed, ArpIgnored, ArpQueueFull,
  ProtocolUnreachable, ProtocolIgnored, PortUnreachable, TcpNoSocket, TcpMalformed, TcpChecksum, UdpMalformed, UdpChecksum,
  IcmpMalformed, IcmpChecksum, IcmpIgnored,
  ReassemblyTimeout, ReassemblyOverlap, ReassemblyMalformed, ReassemblyFull, ReassemblyTooFar, DuplicateFragment,
  FragmentFailed, NoBuffer, TxRingFull, LaneFull, PuntQueueFull, LoopLimit, Shutdown,
  Count
};
// clang-format on

enum class Severity : uint8_t { Info, Warning, Error };

// The counters of RFC 4293 and Linux's /proc/net/snmp and netstat that a drop adds to.
enum class Mib : uint8_t {
  None,
  InHdrErrors,
  InTruncatedPkts,
  InCsumErrors,
  InAddrErrors,
  InNoRoutes,
  InDiscards,
  InUnknownProtos,
  OutDiscards,
  OutNoRoutes,
  FragFails,
  ReasmFails,
  ReasmTimeout,
  IcmpInErrors,
  IcmpInCsumErrors,
  UdpNoPorts,
  UdpInErrors,
  UdpInCsumErrors,
  TcpInErrs,
  TcpInCsumErrors,
  IPReversePathFilter,
  Count
};

struct DropInfo {
  DropReason reason;
  std::string_view name;  // in `flyover drops show` and JSON
  std::string_view sentence;
  Severity severity;
  Mib mib;
  std::string_view linux_name;  // SKB_DROP_REASON_..., without the prefix
};

// clang-format off
inline constexpr std::array kDropReasons = std::to_array<DropInfo>({
#define DROP(reason, ...) DropInfo { DropReason::reason, __VA_ARGS__ }
    DROP(RuntFrame, "runt_frame",
         "the frame is shorter than an Ethernet header", Severity::Error, Mib::None, "PKT_TOO_SMALL"),
    DROP(OtherHost, "other_host", "the destination MAC is another host's", Severity::Info, Mib::None, "OTHERHOST"),
    DROP(UnknownEthertype, "unknown_ethertype",
         "no handler for this Ethernet type", Severity::Info, Mib::None, "UNHANDLED_PROTO"),
    DROP(UnknownVlan, "unknown_vlan", "no interface with this VLAN id", Severity::Info, Mib::None, "VLAN_UNKNOWN"),
    DROP(InterfaceDown, "interface_down", "the receiving interface is down", Severity::Info, Mib::None, "DEV_READY"),
    DROP(IpTooShort, "ip_too_short",
         "the frame is too short for an IPv4 header", Severity::Error, Mib::InHdrErrors, "PKT_TOO_SMALL"),
    DROP(IpVersion, "ip_version", "the IP version is not 4", Severity::Error, Mib::InHdrErrors, "IP_INHDR"),
    DROP(IpHeaderLength, "ip_header_length",
         "the header length is below 20 bytes or beyond the frame", Severity::Error, Mib::InHdrErrors, "IP_INHDR"),
    DROP(IpTotalLength, "ip_total_length",
         "the total length is below the header length", Severity::Error, Mib::InHdrErrors, "IP_INHDR"),
    DROP(IpTruncated, "ip_truncated",
         "the total length is beyond the frame", Severity::Error, Mib::InTruncatedPkts, "PKT_TOO_SMALL"),
    DROP(IpChecksum, "ip_checksum", "the header checksum is wrong", Severity::Error, Mib::InCsumErrors, "IP_CSUM"),
    DROP(IpOptionInvalid, "ip_option_invalid",
         "an IP option is malformed; a parameter problem is owed", Severity::Error, Mib::InHdrErrors, "IP_INHDR"),
    DROP(SourceRouted, "source_routed", "source routing is not accepted", Severity::Warning, Mib::None, "IP_INHDR"),
    DROP(UnicastInL2Multicast, "unicast_in_l2_multicast",
         "a unicast packet to be forwarded came in a multicast or broadcast frame", Severity::Info, Mib::None, "UNICAST_IN_L2_MULTICAST"),
    DROP(MartianSource, "martian_source",
         "the source address cannot be a sender", Severity::Warning, Mib::None, "IP_INVALID_SOURCE"),
    DROP(MartianDestination, "martian_destination",
         "the destination address cannot be on the wire", Severity::Warning, Mib::InAddrErrors, "IP_INVALID_DEST"),
    DROP(LocalSource, "local_source",
         "the source is an address of this router, or not a unicast one by the routing table", Severity::Warning, Mib::None, "IP_LOCAL_SOURCE"),
    DROP(ReversePathFilter, "reverse_path_filter",
         "the route back to the source leaves elsewhere (rp_filter)", Severity::Warning, Mib::IPReversePathFilter, "IP_RPFILTER"),
    DROP(MulticastNotJoined, "multicast_not_joined",
         "nobody here listens to this group", Severity::Info, Mib::None, "IP_INVALID_DEST"),
    DROP(ForwardingOff, "forwarding_off",
         "forwarding is off on the receiving interface", Severity::Info, Mib::InAddrErrors, "IP_INADDRERRORS"),
    DROP(NoRoute, "no_route",
         "no route to the destination; net unreachable is owed", Severity::Info, Mib::InNoRoutes, "IP_INNOROUTES"),
    DROP(HostUnreachable, "host_unreachable",
         "an unreachable route covers the destination; host unreachable is owed", Severity::Info, Mib::InAddrErrors, "IP_INADDRERRORS"),
    DROP(Prohibit, "prohibit",
         "a prohibit route covers the destination; administratively prohibited is owed", Severity::Info, Mib::None, "NOT_SPECIFIED"),
    DROP(Blackhole, "blackhole",
         "a blackhole route covers the destination", Severity::Info, Mib::None, "NOT_SPECIFIED"),
    DROP(TtlExpired, "ttl_expired",
         "the TTL would reach zero; time exceeded is owed", Severity::Info, Mib::InHdrErrors, "IP_INHDR"),
    DROP(FragmentationNeeded, "fragmentation_needed",
         "longer than the path's MTU and may not be fragmented; fragmentation needed is owed", Severity::Info, Mib::FragFails, "PKT_TOO_BIG"),
    DROP(StrictRouteFailed, "strict_route_failed",
         "a strict source route names a gateway that is not next; source route failed is owed", Severity::Info, Mib::None, "NOT_SPECIFIED"),
    DROP(OutputInterfaceDown, "output_interface_down",
         "the egress interface is down", Severity::Info, Mib::OutDiscards, "DEV_READY"),
    DROP(HookDrop, "hook_drop", "a hook function said drop", Severity::Info, Mib::None, "NETFILTER_DROP"),
    DROP(HookQueueFull, "hook_queue_full",
         "a hook function said queue and the queue is full or has no reader", Severity::Warning, Mib::None, "NETFILTER_DROP"),
    DROP(NeighbourFailed, "neighbour_failed",
         "the next hop did not answer ARP; host unreachable is owed", Severity::Info, Mib::None, "NEIGH_FAILED"),
    DROP(NeighbourQueueFull, "neighbour_queue_full",
         "too much waits for this neighbour's ARP reply; the oldest goes", Severity::Info, Mib::None, "NEIGH_QUEUEFULL"),
    DROP(HoldQueueFull, "hold_queue_full",
         "too much waits for ARP replies altogether", Severity::Warning, Mib::None, "NEIGH_QUEUEFULL"),
    DROP(NeighbourTableFull, "neighbour_table_full",
         "no room for another neighbour (gc_thresh3)", Severity::Warning, Mib::None, "NEIGH_CREATEFAIL"),
    DROP(ArpMalformed, "arp_malformed",
         "an ARP packet that is not Ethernet and IPv4, or too short", Severity::Error, Mib::None, "PKT_TOO_SMALL"),
    DROP(ArpIgnored, "arp_ignored", "an ARP packet for somebody else", Severity::Info, Mib::None, "NOT_SPECIFIED"),
    DROP(ArpQueueFull, "arp_queue_full",
         "too many proxy ARP answers wait for their random delay (proxy_qlen)", Severity::Warning, Mib::None, "NOT_SPECIFIED"),
    DROP(ProtocolUnreachable, "protocol_unreachable",
         "no handler for this IP protocol; protocol unreachable is owed", Severity::Info, Mib::InUnknownProtos, "IP_NOPROTO"),
    DROP(ProtocolIgnored, "protocol_ignored", "a protocol that this router knows and does not take part in",
         Severity::Info, Mib::None, "NOT_SPECIFIED"),
    DROP(PortUnreachable, "port_unreachable",
         "nobody listens on this UDP port; port unreachable is owed", Severity::Info, Mib::UdpNoPorts, "NO_SOCKET"),
    DROP(TcpNoSocket, "tcp_no_socket",
         "nobody listens on this TCP port; a reset is owed", Severity::Info, Mib::None, "NO_SOCKET"),
    DROP(TcpMalformed, "tcp_malformed",
         "the TCP header is too short or beyond the packet", Severity::Error, Mib::TcpInErrs, "PKT_TOO_SMALL"),
    DROP(TcpChecksum, "tcp_checksum", "the TCP checksum is wrong", Severity::Error, Mib::TcpInCsumErrors, "TCP_CSUM"),
    DROP(UdpMalformed, "udp_malformed",
         "the UDP header is too short or its length wrong", Severity::Error, Mib::UdpInErrors, "PKT_TOO_SMALL"),
    DROP(UdpChecksum, "udp_checksum", "the UDP checksum is wrong", Severity::Error, Mib::UdpInCsumErrors, "UDP_CSUM"),
    DROP(IcmpMalformed, "icmp_malformed",
         "the ICMP message is too short for its type", Severity::Error, Mib::IcmpInErrors, "PKT_TOO_SMALL"),
    DROP(IcmpChecksum, "icmp_checksum",
         "the ICMP checksum is wrong", Severity::Error, Mib::IcmpInCsumErrors, "ICMP_CSUM"),
    DROP(IcmpIgnored, "icmp_ignored",
         "an ICMP message that this router does not answer or use", Severity::Info, Mib::None, "INVALID_PROTO"),
    DROP(ReassemblyTimeout, "reassembly_timeout",
         "fragments of a datagram stayed out too long", Severity::Info, Mib::ReasmTimeout, "FRAG_REASM_TIMEOUT"),
    DROP(ReassemblyOverlap, "reassembly_overlap",
         "fragments of a datagram overlap", Severity::Warning, Mib::ReasmFails, "DUP_FRAG"),
    DROP(ReassemblyMalformed, "reassembly_malformed",
         "fragments whose lengths, offsets or ECN bits do not fit together", Severity::Error, Mib::ReasmFails, "NOT_SPECIFIED"),
    DROP(ReassemblyFull, "reassembly_full",
         "too many fragments wait for their missing parts", Severity::Warning, Mib::ReasmFails, "NOMEM"),
    DROP(ReassemblyTooFar, "reassembly_too_far",
         "too many other fragments of this sender came in between", Severity::Info, Mib::ReasmFails, "FRAG_TOO_FAR"),
    DROP(DuplicateFragment, "duplicate_fragment",
         "this part of the datagram is already here", Severity::Info, Mib::None, "DUP_FRAG"),
    DROP(FragmentFailed, "fragment_failed",
         "the packet could not be fragmented", Severity::Error, Mib::FragFails, "NOMEM"),
    DROP(NoBuffer, "no_buffer", "no mbuf left in the pool", Severity::Error, Mib::OutDiscards, "NOMEM"),
    DROP(TxRingFull, "tx_ring_full",
         "the port's transmit queue is full", Severity::Warning, Mib::OutDiscards, "FULL_RING"),
    DROP(LaneFull, "lane_full",
         "too many packets of this burst need special treatment", Severity::Warning, Mib::InDiscards, "CPU_BACKLOG"),
    DROP(PuntQueueFull, "punt_queue_full",
         "the queue to the control thread is full", Severity::Warning, Mib::InDiscards, "CPU_BACKLOG"),
    DROP(LoopLimit, "loop_limit",
         "the packet passed through the router's own lanes too often", Severity::Error, Mib::InDiscards, "NOT_SPECIFIED"),
    DROP(Shutdown, "shutdown", "the router, or the interface, was taken away", Severity::Info, Mib::None, "DEV_READY"),
#undef DROP
});
// clang-format on

enum class
    PuntReason : uint8_t {  // each is a queue of its own to the control thread, so that one cannot starve another
      Arp,
      Unresolved,
      Fragment,
      PathError,
      Host,
      HookQueue,
      Count
    };
enum class Lane : uint8_t {  // drained in this order
  Fragment,
  IcmpError,
  LocalIn,
  Output,
  Inject,
  Prerouting,
  Forward,
  Postrouting,  // re-entered behind a hook function
  Count
};

enum class StageId : uint8_t {
  Classify,
  Receive,
  Prefetch,
  Prerouting,
  Lookup,
  SelectPath,
  Resolve,
  Forward,
  ForwardHook,
  Postrouting,
  FitMtu,
  Rewrite,
  Enqueue,
  Fragment,
  IcmpError,
  LocalFragment,
  LocalIn,
  Deliver,
  ResolveOutput,
  LocalOut,
  Arp,
  Hold,
  Reassemble,
  Control,
  Count
};

struct NameInfo {
  std::string_view name;
  std::string_view sentence;  // for stages: the Linux counterpart
};

inline constexpr std::array<NameInfo, static_cast<size_t>(PuntReason::Count)> kPuntReasons{{
    {"arp", "ARP packets"},
    {"unresolved", "packets whose next hop has no MAC address yet"},
    {"fragment", "fragments of datagrams for this router"},
    {"path_error", "ICMP errors that say how a destination is to be reached"},
    {"host", "packets for a listener in the control thread"},
    {"hook_queue", "packets that a hook function sent to its queue"},
}};
inline constexpr std::array<NameInfo, static_cast<size_t>(Lane::Count)> kLanes{{
    {"fragment", "longer than the egress MTU"},
    {"icmp_error", "an ICMP error is owed to the sender"},
    {"local_in", "addressed to this router"},
    {"output", "made by this router, to be routed"},
    {"inject", "ready but for the neighbour's MAC"},
    {"prerouting", "back from a queue of hook prerouting"},
    {"forward", "back from a queue of hook forward"},
    {"postrouting", "back from a queue of hook postrouting"},
}};
inline constexpr std::array<NameInfo, static_cast<size_t>(StageId::Count)> kStages{{
    {"ethernet-classify", "__netif_receive_skb_core"},
    {"ip-receive", "ip_rcv_core"},
    {"route-prefetch", "(none)"},
    {"hook-prerouting", "NF_INET_PRE_ROUTING"},
    {"route-lookup", "fib_lookup"},
    {"route-select", "fib_select_path"},
    {"route-resolve", "ip_route_input_noref"},
    {"ip-forward", "ip_forward"},
    {"hook-forward", "NF_INET_FORWARD"},
    {"hook-postrouting", "NF_INET_POST_ROUTING"},
    {"ip-fit-mtu", "ip_finish_output"},
    {"neighbour-rewrite", "ip_finish_output2"},
    {"port-enqueue", "dev_queue_xmit"},
    {"ip-fragment", "ip_do_fragment"},
    {"icmp-error", "__icmp_send"},
    {"local-fragment", "ip_local_deliver"},
    {"hook-local-in", "NF_INET_LOCAL_IN"},
    {"local-deliver", "ip_local_deliver_finish"},
    {"route-output", "ip_route_output_key"},
    {"hook-local-out", "NF_INET_LOCAL_OUT"},
    {"arp-input", "arp_rcv"},
    {"neighbour-hold", "neigh_event_send"},
    {"reassemble", "ip_defrag"},
    {"control", "(none)"},
}};

template <class E>
constexpr size_t index_of(E e) {
  return static_cast<size_t>(e);
}
constexpr const DropInfo& info(DropReason r) { return kDropReasons[index_of(r)]; }

namespace detail {
constexpr bool drop_table_in_order() {
  for (size_t i = 0; i < kDropReasons.size(); ++i) {
    if (index_of(kDropReasons[i].reason) != i) return false;
    for (size_t j = 0; j < i; ++j)
      if (kDropReasons[i].name == kDropReasons[j].name) return false;
  }
  return kDropReasons.size() == index_of(DropReason::Count);
}
static_assert(drop_table_in_order(), "kDropReasons: one row per DropReason, in its order, names unique");
}  // namespace detail

}  // namespace flyover
