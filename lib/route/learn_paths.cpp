// SPDX-License-Identifier: BSD-3-Clause
// What ICMP errors have said of single destinations (__ip_rt_update_pmtu, __ip_do_redirect).
#include <algorithm>

#include "route/route_control.hpp"

namespace flyover::route {

void RouteControl::configure(const ExceptionSettings& settings) {
  exception_settings_ = settings;
  exceptions_.believe_in_forwarding(settings.forward_use_pmtu);
}

size_t RouteControl::learn_mtu(const Dst& taken, const Dst& route, Ipv4Address to, uint32_t mtu) {
  if (taken.mtu_locked || taken.action != Action::Forward) return 0;
  const uint16_t old = taken.mtu;
  if (old < mtu) return 0;
  const bool locked = mtu < exception_settings_.min_pmtu;
  if (locked) mtu = std::min<uint32_t>(old, exception_settings_.min_pmtu);
  const uint64_t life_ms = uint64_t{exception_settings_.mtu_expires_s} * 1000;
  const uint32_t by = readers_.id_of(taken).value();
  const auto known = exceptions_.find(by, to);
  if (known && known->mtu == mtu && !locked && known->expires_ms > now_ms_ + life_ms / 2) return 1;
  const auto learn = [&](uint32_t path) {
    Exception e = exceptions_.find(path, to).value_or(Exception{.path = path, .to = to});
    e.mtu = static_cast<uint16_t>(mtu), e.mtu_locked = locked;
    e.expires_ms = now_ms_ + life_ms;
    exceptions_.set(e);
  };
  const auto group = groups_.find(readers_.id_of(route).value());
  if (group == groups_.end()) return learn(by), 1;
  for (const GroupLeg& leg : group->second.legs) learn(leg.path);  // the next packet may take another
  return group->second.legs.size();
}

void RouteControl::learn_gateway(const Dst& taken, Ipv4Address to, Ipv4Address gateway) {
  const uint32_t path = readers_.id_of(taken).value();
  Exception e = exceptions_.find(path, to).value_or(Exception{.path = path, .to = to});
  e.gateway = gateway;
  e.expires_ms = now_ms_ + uint64_t{exception_settings_.gc_timeout_s} * 1000;
  exceptions_.set(e);
}

bool RouteControl::is_gateway(Ipv4Address gateway, InterfaceId out) const {
  return paths_.any([&](const Path& p) { return p.gateway == gateway && p.out == out; });
}

void RouteControl::visit_exceptions(const std::function<void(const Exception&, const Path&)>& visitor) const {
  exceptions_.visit([&](const Exception& e) { visitor(e, paths_.at(e.path)); });
}

}  // namespace flyover::route
