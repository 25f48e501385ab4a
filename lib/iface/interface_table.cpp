// SPDX-License-Identifier: BSD-3-Clause
#include "iface/interface_table.hpp"

#include <algorithm>

#include "net/headers.hpp"

namespace flyover::iface {

InterfaceId InterfaceTable::owner_of(Ipv4Address a) const noexcept {
  const auto at =
      std::lower_bound(own_.begin(), own_.end(), a, [](const auto& row, Ipv4Address key) { return row.first < key; });
  return at != own_.end() && at->first == a ? at->second : kNoInterface;
}

bool InterfaceTable::on_link(InterfaceId id, Ipv4Address a, Ipv4Address b) const noexcept {
  for (const auto& ifa : addresses(id))
    if (ifa.subnet().contains(a) && (b.is_any() || ifa.subnet().contains(b))) return true;
  return false;
}

Ipv4Address InterfaceTable::select_source(InterfaceId id, Ipv4Address destination, Scope scope) const noexcept {
  // 127.0.0.1 may leave the host only where route_localnet says so.
  const Scope most = (*this)[id].settings.route_localnet ? Scope::Link : Scope::Host;
  Ipv4Address first;
  for (const auto& ifa : addresses(id)) {
    if (ifa.secondary || std::min(ifa.scope, most) > scope) continue;
    if (destination.is_any() || ifa.subnet().contains(destination)) return ifa.local;
    if (first.is_any()) first = ifa.local;
  }
  if (!first.is_any()) return first;
  // The router's other addresses, loopback's first: they are not Host scope ones unless asked for.
  for (uint16_t i = 1; i < kMaxInterfaces; ++i)
    for (const auto& ifa : addresses_[i])
      if (!ifa.secondary && ifa.scope != Scope::Link && ifa.scope <= scope) return ifa.local;
  return kAnyAddress;
}

bool InterfaceTable::joined(InterfaceId id, Ipv4Address group) const noexcept {
  const auto& groups = groups_[id.value() % kMaxInterfaces];
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

void InterfaceTable::set(InterfaceId id, const InterfaceEntry& entry, std::vector<InterfaceAddress> addresses,
                         std::vector<Ipv4Address> groups) {
  entries_[id.value()] = entry;
  InterfaceEntry& e = entries_[id.value()];
  e.plain = entry.settings.forwarding && entry.settings.rp_filter == 0 &&
            entry.settings.source_lookup != SourceLookup::Always;
  e.match_word = entry.up && e.plain ? entry.mac_word << 16 : 1;
  e.tail_word = entry.mac_word | uint64_t{ethertype::kIpv4.raw()} << 48;
  for (const auto& ifa : addresses) {
    for (const Ipv4Address a : {ifa.local, ifa.subnet().broadcast(), ifa.broadcast})
      if (!a.is_any()) maybe_own_[filter_hash(a)] = 1;
    const std::pair row{ifa.local, id};
    own_.insert(std::upper_bound(own_.begin(), own_.end(), row), row);
  }
  addresses_[id.value()] = std::move(addresses);
  groups_[id.value()] = std::move(groups);
}

}  // namespace flyover::iface
