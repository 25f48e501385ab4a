// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the value that counts, of net.ipv4.conf.all.X and net.ipv4.conf.NAME.X
// Linux counterpart : IN_DEV_ANDCONF, IN_DEV_ORCONF, IN_DEV_MAXCONF, and the settings that conf.all does not touch (inetdevice.h)
#pragma once

#include <algorithm>

#include "packet/settings.hpp"

namespace flyover::control {

inline InterfaceSettings combine_settings(const InterfaceSettings& all, const InterfaceSettings& own) {
  InterfaceSettings s = own;  // forwarding and arp_notify's kin: the interface's own value, or both as below
  s.accept_source_route = all.accept_source_route && own.accept_source_route;
  s.send_redirects = all.send_redirects || own.send_redirects;
  s.accept_local = all.accept_local || own.accept_local;
  s.shared_media = all.shared_media || own.shared_media;
  s.route_localnet = all.route_localnet || own.route_localnet;
  s.drop_unicast_in_l2_multicast = all.drop_unicast_in_l2_multicast || own.drop_unicast_in_l2_multicast;
  s.bc_forwarding = all.bc_forwarding && own.bc_forwarding;
  s.proxy_arp = all.proxy_arp || own.proxy_arp;
  s.arp_notify = all.arp_notify || own.arp_notify;
  s.log_martians = all.log_martians || own.log_martians;
  s.rp_filter = std::max(all.rp_filter, own.rp_filter);
  s.arp_ignore = std::max(all.arp_ignore, own.arp_ignore);
  s.arp_announce = std::max(all.arp_announce, own.arp_announce);
  s.arp_accept = std::max(all.arp_accept, own.arp_accept);
  return s;
}

}  // namespace flyover::control
