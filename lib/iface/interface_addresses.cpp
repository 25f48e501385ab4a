// SPDX-License-Identifier: BSD-3-Clause
// The addresses of InterfaceControl: Linux's order and rules (devinet.c).
#include <algorithm>

#include "iface/interface_control.hpp"

namespace flyover::iface {
namespace {

bool same_subnet(const InterfaceAddress& a, const InterfaceAddress& b) {
  return a.prefix_length == b.prefix_length && a.subnet() == b.subnet();
}

}  // namespace

// __inet_insert_ifa(): a further address of a subnet is secondary and goes last; a primary one goes behind those whose scope
// is as narrow as its own or narrower.
Result<> InterfaceControl::add_address(InterfaceId id, const AddressSpec& spec) {
  if (spec.prefix_length > 32) return refused("RTNETLINK answers: Invalid argument");
  if (!slot(id).used) return refused("RTNETLINK answers: No such device");
  if (spec.local.is_any()) return {};  // taken and forgotten, as there
  const Scope usual = spec.local.is_loopback() ? Scope::Host : Scope::Universe;
  InterfaceAddress ifa{.local = spec.local,
                       .prefix_length = spec.prefix_length,
                       .broadcast = spec.broadcast.value_or(kAnyAddress),
                       .peer = spec.peer.value_or(spec.local),
                       .scope = spec.scope.value_or(usual)};
  auto& list = slot(id).view.addresses;
  size_t behind = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i].secondary && ifa.scope <= list[i].scope) behind = i + 1;
    if (!same_subnet(list[i], ifa)) continue;
    if (list[i].local == ifa.local) return refused("Error: ipv4: Address already assigned.");
    if (list[i].scope != ifa.scope) return refused("Error: ipv4: Invalid scope value.");
    ifa.secondary = true;
  }
  list.insert(ifa.secondary ? list.end() : list.begin() + static_cast<ptrdiff_t>(behind), ifa);
  events_.address_added(id, ifa);
  return {};
}

// inet_rtm_deladdr()
Result<> InterfaceControl::remove_address(InterfaceId id, const AddressMatch& match) {
  const auto& list = slot(id).view.addresses;
  const auto fits = [&](const InterfaceAddress& ifa) {
    if (ifa.local != match.local) return false;
    if (!match.prefix_length) return true;
    const Ipv4Address peer = match.peer.value_or(match.local);
    return ifa.prefix_length == *match.prefix_length && ifa.subnet().contains(peer);
  };
  const auto at = std::find_if(list.begin(), list.end(), fits);
  if (at == list.end()) return refused("Error: ipv4: Address not found.");
  erase_address(id, static_cast<size_t>(at - list.begin()));
  return {};
}

// __inet_del_ifa() without promote_secondaries: a primary address takes the secondary ones of its subnet with it.
void InterfaceControl::erase_address(InterfaceId id, size_t index) {
  auto& list = slot(id).view.addresses;
  const InterfaceAddress gone = list[index];
  while (!gone.secondary) {
    const auto at = std::find_if(list.begin(), list.end(),
                                 [&](const InterfaceAddress& ifa) { return ifa.secondary && same_subnet(ifa, gone); });
    if (at == list.end()) break;
    const InterfaceAddress follower = *at;
    list.erase(at);
    events_.address_removed(id, follower);
  }
  std::erase_if(list, [&](const InterfaceAddress& ifa) { return ifa.local == gone.local && same_subnet(ifa, gone); });
  events_.address_removed(id, gone);
}

void InterfaceControl::flush_addresses(InterfaceId id) {
  while (!slot(id).view.addresses.empty()) erase_address(id, 0);
}

}  // namespace flyover::iface
