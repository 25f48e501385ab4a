// SPDX-License-Identifier: BSD-3-Clause
#include "control/sysctl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace flyover::control {
namespace {

template <class T>
struct MemberOf;
template <class Struct, class Field>
struct MemberOf<Field Struct::*> {
  using S = Struct;
  using F = Field;
};

constexpr Sysctl::Home home_of(const Settings*) { return Sysctl::Home::Router; }
constexpr Sysctl::Home home_of(const InterfaceSettings*) { return Sysctl::Home::Interface; }
constexpr Sysctl::Home home_of(const NeighbourSettings*) { return Sysctl::Home::Neighbour; }

constexpr std::string_view kIpv4 = "net.ipv4.", kRoute = "net.ipv4.route.", kGc = "net.ipv4.neigh.default.",
                           kConf = "net.ipv4.conf.", kNeigh = "net.ipv4.neigh.";
constexpr uint64_t kAny = 0xffffffff;

template <auto Member>
constexpr Sysctl row(std::string_view prefix, std::string_view name, uint64_t least, uint64_t most,
                     std::string_view help, Combine combine = Combine::Own, uint64_t unit = 1) {
  using S = typename MemberOf<decltype(Member)>::S;
  using F = typename MemberOf<decltype(Member)>::F;
  return {prefix,
          name,
          home_of(static_cast<const S*>(nullptr)),
          least,
          most / unit,
          unit,
          combine,
          help,
          [](const void* s) { return static_cast<uint64_t>(static_cast<const S*>(s)->*Member); },
          [](void* s, uint64_t value) { static_cast<S*>(s)->*Member = static_cast<F>(value); }};
}

using R = Settings;
using I = InterfaceSettings;
using N = NeighbourSettings;
// clang-format off
constexpr std::array kSysctls = std::to_array<Sysctl>({
    row<&R::ip_default_ttl>(kIpv4, "ip_default_ttl", 1, 255, "TTL of packets that the router makes"),
    row<&R::icmp_echo_ignore_all>(kIpv4, "icmp_echo_ignore_all", 0, 1, "answer no echo request"),
    row<&R::icmp_echo_ignore_broadcasts>(kIpv4, "icmp_echo_ignore_broadcasts", 0, 1, "answer no echo request to a broadcast or multicast address"),
    row<&R::icmp_errors_use_inbound_ifaddr>(kIpv4, "icmp_errors_use_inbound_ifaddr", 0, 1,
                                            "ICMP errors come from the receiving interface's address"),
    row<&R::icmp_ratelimit>(kIpv4, "icmp_ratelimit", 0, 0x7fffffff, "ms between two ICMP errors to one peer; 0: no limit"),
    row<&R::icmp_ratemask>(kIpv4, "icmp_ratemask", 0, kAny, "bit n: the limits are for ICMP type n"),
    row<&R::icmp_msgs_per_sec>(kIpv4, "icmp_msgs_per_sec", 0, 0x7fffffff, "ICMP errors a second to all peers together"),
    row<&R::icmp_msgs_burst>(kIpv4, "icmp_msgs_burst", 0, 0x7fffffff, "ICMP errors at once to all peers together"),
    row<&R::ip_forward_use_pmtu>(kIpv4, "ip_forward_use_pmtu", 0, 1, "forwarding believes path MTUs that were learned"),
    row<&R::ipfrag_time>(kIpv4, "ipfrag_time", 0, 3600, "seconds that a fragment waits for the others"),
    row<&R::ipfrag_high_thresh>(kIpv4, "ipfrag_high_thresh", 0, kAny, "bytes of fragments that may wait"),
    row<&R::ipfrag_low_thresh>(kIpv4, "ipfrag_low_thresh", 0, kAny, "taken and shown as in Linux, which has not used it since 4.17"),
    row<&R::ipfrag_max_dist>(kIpv4, "ipfrag_max_dist", 0, kAny, "fragments of other datagrams of a sender that may come in between; 0: any number"),
    row<&R::fib_multipath_hash_policy>(kIpv4, "fib_multipath_hash_policy", 0, 2,
                                       "what tells flows apart where there are several next hops: addresses (0), also ports (1), those inside a tunnel (2)"),
    row<&R::fib_multipath_use_neigh>(kIpv4, "fib_multipath_use_neigh", 0, 1, "of several next hops none that does not answer ARP is used"),
    row<&R::fib_multipath_hash_seed>(kIpv4, "fib_multipath_hash_seed", 0, kAny, "what the hash of flows is keyed with, so that all routers with it agree; 0: a secret"),
    row<&R::ip_no_pmtu_disc>(kIpv4, "ip_no_pmtu_disc", 0, 3, "path MTUs are learned (0), as min_pmtu (1), or not (2, 3)"),
    row<&R::min_pmtu>(kRoute, "min_pmtu", 68, 65535, "smallest path MTU that is believed"),
    row<&R::mtu_expires_s>(kRoute, "mtu_expires", 1, 0x7fffffff / 1000, "seconds that a path MTU is remembered"),
    row<&R::gc_timeout_s>(kRoute, "gc_timeout", 1, 0x7fffffff / 1000, "seconds that a redirect is remembered"),
    row<&R::redirect_load_ms>(kRoute, "redirect_load", 0, kAny, "ms to the second redirect to a host; doubled for each further one"),
    row<&R::redirect_number>(kRoute, "redirect_number", 0, kAny, "redirects to a host that does not listen"),
    row<&R::redirect_silence_ms>(kRoute, "redirect_silence", 0, kAny, "ms after which a host gets redirects again"),
    row<&R::error_cost_ms>(kRoute, "error_cost", 0, kAny, "ms between two unreachable messages to a peer"),
    row<&R::error_burst_ms>(kRoute, "error_burst", 0, kAny, "ms of such messages that may be sent at once"),
    row<&R::gc_thresh1>(kGc, "gc_thresh1", 0, kAny, "neighbours that are always kept"),
    row<&R::gc_thresh2>(kGc, "gc_thresh2", 0, kAny, "neighbours that are kept for 5 seconds more"),
    row<&R::gc_thresh3>(kGc, "gc_thresh3", 0, 60000, "neighbours that there may be"),

    row<&I::forwarding>(kConf, "forwarding", 0, 1, "packets that come in here are forwarded"),
    row<&I::rp_filter>(kConf, "rp_filter", 0, 2, "drop packets whose source is not routed back here (1), or nowhere (2)", Combine::Max),
    row<&I::send_redirects>(kConf, "send_redirects", 0, 1, "tell senders of a better next router", Combine::Or),
    row<&I::accept_local>(kConf, "accept_local", 0, 1, "take packets from the router's own addresses", Combine::Or),
    row<&I::accept_source_route>(kConf, "accept_source_route", 0, 1, "take packets with a source route", Combine::And),
    row<&I::accept_redirects>(kConf, "accept_redirects", 0, 1, "believe a router that tells of a better one", Combine::AndWhereForwarding),
    row<&I::secure_redirects>(kConf, "secure_redirects", 0, 1, "only of one that has a route already, where shared_media is off", Combine::Or),
    row<&I::shared_media>(kConf, "shared_media", 0, 1, "several subnets share the wire: redirect between them", Combine::Or),
    row<&I::route_localnet>(kConf, "route_localnet", 0, 1, "127.0.0.0/8 is no martian", Combine::Or),
    row<&I::drop_unicast_in_l2_multicast>(kConf, "drop_unicast_in_l2_multicast", 0, 1, "drop unicast packets in multicast frames", Combine::Or),
    row<&I::bc_forwarding>(kConf, "bc_forwarding", 0, 1, "forward packets to another subnet's broadcast address", Combine::And),
    row<&I::proxy_arp>(kConf, "proxy_arp", 0, 1, "answer ARP for what is routed elsewhere", Combine::Or),
    row<&I::proxy_arp_pvlan>(kConf, "proxy_arp_pvlan", 0, 1, "answer ARP for what is routed back here too", Combine::Or),
    row<&I::arp_notify>(kConf, "arp_notify", 0, 1, "announce addresses when the interface comes up", Combine::Max),
    row<&I::arp_filter>(kConf, "arp_filter", 0, 1, "answer ARP only where packets to the asker would leave", Combine::Or),
    row<&I::drop_gratuitous_arp>(kConf, "drop_gratuitous_arp", 0, 1, "drop ARP packets that speak of their sender's own address", Combine::Or),
    row<&I::arp_ignore>(kConf, "arp_ignore", 0, 8, "which ARP requests are not answered", Combine::Max),
    row<&I::arp_announce>(kConf, "arp_announce", 0, 2, "which own address ARP requests carry", Combine::Max),
    row<&I::arp_accept>(kConf, "arp_accept", 0, 2, "gratuitous ARP makes new neighbours", Combine::Max),
    row<&I::ignore_routes_with_linkdown>(kConf, "ignore_routes_with_linkdown", 0, 1, "routes are not used while the interface has no carrier", Combine::Or),
    row<&I::log_martians>(kConf, "log_martians", 0, 1, "log packets from impossible addresses", Combine::Or),

    row<&N::base_reachable_time_ms>(kNeigh, "base_reachable_time_ms", 1, 0x7fffffff, "ms that a confirmation holds, half to one and a half times"),
    row<&N::base_reachable_time_ms>(kNeigh, "base_reachable_time", 1, 0x7fffffff, "the same in seconds", Combine::Own, 1000),
    row<&N::retrans_time_ms>(kNeigh, "retrans_time_ms", 1, 0x7fffffff, "ms between two ARP requests"),
    row<&N::delay_first_probe_time_ms>(kNeigh, "delay_first_probe_time", 0, 0x7fffffff, "seconds from use of a stale neighbour to its probe",
                                       Combine::Own, 1000),
    row<&N::gc_stale_time_ms>(kNeigh, "gc_stale_time", 0, 0x7fffffff, "seconds after which an unused neighbour may go", Combine::Own, 1000),
    row<&N::mcast_solicit>(kNeigh, "mcast_solicit", 0, 0x7fffffff, "broadcast ARP requests before giving up"),
    row<&N::ucast_solicit>(kNeigh, "ucast_solicit", 0, 0x7fffffff, "unicast ARP requests to a known neighbour before giving up"),
    row<&N::app_solicit>(kNeigh, "app_solicit", 0, 0x7fffffff, "requests that would go to a helper program, of which there is none"),
    row<&N::unres_qlen_bytes>(kNeigh, "unres_qlen_bytes", 0, 0x7fffffff, "bytes that may wait for one neighbour's answer"),
    row<&N::proxy_qlen>(kNeigh, "proxy_qlen", 0, 0x7fffffff, "ARP requests that may wait for a proxy answer"),
    row<&N::proxy_delay_ms>(kNeigh, "proxy_delay", 0, 0x7fffffff, "1/100 s at most before a proxy answer", Combine::Own, 10),
    row<&N::locktime_ms>(kNeigh, "locktime", 0, 0x7fffffff, "1/100 s in which a neighbour's MAC is not changed again", Combine::Own, 10),
    row<&N::anycast_delay_ms>(kNeigh, "anycast_delay", 0, 0x7fffffff, "1/100 s at most before an anycast answer", Combine::Own, 10),
});
// clang-format on

const Sysctl* by_name(std::string_view name, std::string_view prefix_end) {
  for (const Sysctl& s : kSysctls)
    if (s.name == name && s.prefix.ends_with(prefix_end)) return &s;
  return nullptr;
}

// net/ipv4/conf/eth0.5/rp_filter: slashes part it, a dot belongs to a name. Inside, '/' stands for that dot.
std::string with_dots(std::string_view name) {
  std::string dotted(name);
  const size_t first = dotted.find_first_of("./");
  if (first == std::string::npos || dotted[first] == '.') return dotted;
  for (char& c : dotted) c = c == '/' ? '.' : c == '.' ? '/' : c;
  return dotted;
}

tl::unexpected<Error> unknown(std::string_view name) {
  return wrong_usage(fmt::format("Setting \"{}\" is unknown, try \"flyover set show\".", name));
}

}  // namespace

std::span<const Sysctl> sysctls() { return kSysctls; }

std::string Sysctl::pattern() const { return full_name("NAME"); }
std::string Sysctl::full_name(std::string_view scope) const {
  if (home == Home::Router) return fmt::format("{}{}", prefix, name);
  return fmt::format("{}{}.{}", prefix, scope, name);
}

Result<SysctlName> find_sysctl(std::string_view written) {
  const std::string dotted = with_dots(written);
  std::string_view name = dotted;
  if (name == "net.ipv4.ip_forward" || name == "ip_forward") return SysctlName{by_name("forwarding", ".conf."), "all"};
  const size_t last = name.rfind('.');
  if (last == std::string_view::npos) {
    const Sysctl* found = by_name(name, ".");
    if (!found) return unknown(written);
    return SysctlName{found, found->home == Sysctl::Home::Router ? "" : "*"};
  }
  const std::string_view leaf = name.substr(last + 1);
  std::string_view path = name.substr(0, last);
  for (const Sysctl& s : kSysctls)
    if (s.home == Sysctl::Home::Router && s.name == leaf &&
        fmt::format(".{}", s.prefix).ends_with(fmt::format(".{}.", path)))
      return SysctlName{&s, ""};
  if (path.starts_with("net.ipv4.")) path.remove_prefix(9);
  std::string_view kind = ".";
  if (path.starts_with("conf.")) {
    kind = ".conf.";
    path.remove_prefix(5);
  } else if (path.starts_with("neigh.")) {
    kind = ".neigh.";
    path.remove_prefix(6);
  }
  const Sysctl* found = by_name(leaf, kind);
  if (!found || found->home == Sysctl::Home::Router || path.empty() || path == "conf" || path == "neigh")
    return unknown(written);
  std::string scope(path);
  std::replace(scope.begin(), scope.end(), '/', '.');
  return SysctlName{found, std::move(scope)};
}

Result<uint64_t> parse_sysctl(const Sysctl& sysctl, std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 10);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < sysctl.least ||
      value > sysctl.most)
    return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: \"{}\" is a number from {} to {}", text,
                                   sysctl.name, sysctl.least, sysctl.most));
  return value;
}

InterfaceSettings combined(const InterfaceSettings& all, const InterfaceSettings& own) {
  InterfaceSettings result = own;
  for (const Sysctl& s : kSysctls) {
    if (s.home != Sysctl::Home::Interface) continue;
    const uint64_t a = s.get(all), b = s.get(own);
    switch (s.combine) {
      case Combine::Own: break;
      case Combine::Max: s.set(result, std::max(a, b)); break;
      case Combine::Or: s.set(result, a || b); break;
      case Combine::And: s.set(result, a && b); break;
      case Combine::AndWhereForwarding: s.set(result, own.forwarding ? a && b : a || b); break;
    }
  }
  return result;
}

}  // namespace flyover::control
