// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the router-wide settings, by the names and defaults of Linux's sysctls
// Guarantees : a plain value inside the published snapshot; control checks ranges before it publishes
#pragma once

#include <cstdint>

namespace flyover {

struct Settings {
  // net.ipv4.*
  uint8_t ip_default_ttl = 64;
  bool icmp_echo_ignore_all = false;
  bool icmp_echo_ignore_broadcasts = true;
  bool icmp_errors_use_inbound_ifaddr = false;
  uint32_t icmp_ratelimit = 1000;     // ms between ICMP errors to one peer; 0: no limit
  uint32_t icmp_ratemask = 6168;      // bit n: the limits count ICMP type n (3, 4, 11, 12)
  uint32_t icmp_msgs_per_sec = 1000;  // all peers together
  uint32_t icmp_msgs_burst = 50;
  bool ip_forward_use_pmtu = false;
  uint8_t ip_no_pmtu_disc = 0;  // 0: path MTUs are learned, 1: as the least that is believed, 2 and 3: not
  uint32_t ipfrag_time = 30;    // seconds
  uint32_t ipfrag_high_thresh = 4194304, ipfrag_low_thresh = 3145728;  // bytes
  uint32_t ipfrag_max_dist = 64;
  uint32_t min_pmtu = 552, mtu_expires_s = 600, gc_timeout_s = 300;
  uint8_t fib_multipath_hash_policy = 0;  // 0 addresses, 1 with ports, 2 of the packet inside a tunnel
  bool fib_multipath_use_neigh = false;
  uint32_t fib_multipath_hash_seed = 0;  // 0: a secret
  // net.ipv4.route.*: redirects and the errors of error routes
  uint32_t redirect_load_ms = 20, redirect_number = 9, redirect_silence_ms = 20480;
  uint32_t error_cost_ms = 1000, error_burst_ms = 5000;
  // net.ipv4.neigh.default.gc_thresh*
  uint32_t gc_thresh1 = 128, gc_thresh2 = 512, gc_thresh3 = 1024;
};

// How the source of a packet is looked at where nothing else (rp_filter) asks for more.
enum class SourceLookup : uint8_t {
  Never,     // it must not be an own address
  Suspects,  // there are policy rules: if it may be an own address, or the broadcast address of a subnet, by a lookup
  Always,    // by a lookup, each one: routes of the user's say who is ours
};

// net.ipv4.conf.NAME.*, already combined with conf.all as each setting's rule says (max, or, and).
struct InterfaceSettings {
  bool forwarding = true;  // Flyover is a router: on by default (Linux: off)
  bool send_redirects = true;
  bool accept_local = false;
  bool accept_source_route = false;
  bool accept_redirects = true, secure_redirects = true;
  bool shared_media = true;
  bool route_localnet = false;
  bool drop_unicast_in_l2_multicast = false;
  bool bc_forwarding = false;
  bool proxy_arp = false, proxy_arp_pvlan = false;
  bool arp_notify = false, arp_filter = false, drop_gratuitous_arp = false;
  uint8_t rp_filter = 0;  // 0 off, 1 strict, 2 loose
  uint8_t arp_ignore = 0, arp_announce = 0, arp_accept = 0;
  bool log_martians = false;
  bool ignore_routes_with_linkdown = false;
  SourceLookup source_lookup = SourceLookup::Never;  // no sysctl: follows from the routes and rules
};

// net.ipv4.neigh.NAME.*
struct NeighbourSettings {
  uint32_t base_reachable_time_ms = 30000, retrans_time_ms = 1000, delay_first_probe_time_ms = 5000,
           gc_stale_time_ms = 60000;
  uint32_t mcast_solicit = 3, ucast_solicit = 3, app_solicit = 0;
  uint32_t unres_qlen_bytes = 212992, proxy_qlen = 64, proxy_delay_ms = 800, locktime_ms = 1000,
           anycast_delay_ms = 1000;
};

}  // namespace flyover
