// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what packets read of interfaces and their addresses
// Linux counterpart : net_device, in_device, inet_addr_hash
// Guarantees        : immutable, const, noexcept; made anew by control at every change
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/strong_id.hpp"
#include "net/address.hpp"
#include "packet/counters.hpp"
#include "packet/settings.hpp"

namespace flyover::iface {

enum class Scope : uint8_t { Universe = 0, Link = 253, Host = 254, Nowhere = 255 };  // rtnetlink's rt_scope_t

struct InterfaceAddress {  // Linux's in_ifaddr
  Ipv4Address local;
  uint8_t prefix_length = 32;
  Ipv4Address broadcast;  // any: none
  Ipv4Address peer;       // == local unless point to point
  Scope scope = Scope::Universe;
  bool secondary = false;  // another address of this subnet was there before
  Ipv4Prefix subnet() const { return Ipv4Prefix(peer, prefix_length); }
};

struct alignas(64) InterfaceEntry {
  uint64_t mac_word = 0;  // MacAddress::word()
  // set() fills these two. match_word: mac_word << 16, which is what a frame's first 8 bytes are when it is for us, if the interface
  // is up and plain; else 1, which no frame's are. tail_word: our MAC and IPv4's Ethernet type, as frames that we send have them.
  uint64_t match_word = 1;
  uint64_t tail_word = 0;
  uint16_t mtu = 1500;  // IP bytes
  bool present = false;
  bool up = false;       // administratively
  bool running = false;  // carrier
  bool loopback = false;
  bool plain = false;          // forwards, and looks no source up: set() fills it
  bool has_addresses = false;  // IPv4 is enabled: at least one address
  InterfaceSettings settings;
};
static_assert(sizeof(InterfaceEntry) == 64);

class InterfaceTable {
 public:
  const InterfaceEntry& operator[](InterfaceId id) const noexcept { return entries_[id.value() % kMaxInterfaces]; }
  const InterfaceEntry* entries() const noexcept { return entries_.data(); }  // kMaxInterfaces of them
  std::span<const InterfaceAddress> addresses(InterfaceId id) const noexcept {
    return addresses_[id.value() % kMaxInterfaces];
  }

  // False for certain when the filter says so; one load and one test in the usual case (__ip_dev_find).
  bool may_be_local(Ipv4Address a) const noexcept { return maybe_own_[filter_hash(a)]; }
  // Neither address needs a rule of its own (0/8, loopback, multicast and above), and the source is not ours, nor a subnet's
  // broadcast address; one test.
  bool ordinary(Ipv4Address source, Ipv4Address destination) const noexcept {
    return (special_[first_byte(source)] | special_[first_byte(destination)] | maybe_own_[filter_hash(source)]) == 0;
  }
  bool is_local(Ipv4Address a) const noexcept { return may_be_local(a) && owner_of(a) != kNoInterface; }
  InterfaceId owner_of(Ipv4Address a) const noexcept;  // whose own address it is; none if nobody's
  // inet_addr_onlink: is `a` inside a subnet of the interface (and `b`, unless any, in the same one)?
  bool on_link(InterfaceId id, Ipv4Address a, Ipv4Address b = kAnyAddress) const noexcept;
  // inet_select_addr: the address to speak from to `destination` out of `id`; another interface's if it has none; any if none at all.
  Ipv4Address select_source(InterfaceId id, Ipv4Address destination, Scope scope) const noexcept;
  bool joined(InterfaceId id, Ipv4Address group) const noexcept;  // 224.0.0.1, and what a listener has joined

  // Control, before publication.
  void set(InterfaceId id, const InterfaceEntry& entry, std::vector<InterfaceAddress> addresses,
           std::vector<Ipv4Address> groups);

 private:
  static uint32_t filter_hash(Ipv4Address a) noexcept { return a.raw() * 0x9e3779b1U >> 20; }  // 12 bits
  std::array<InterfaceEntry, kMaxInterfaces> entries_{};
  static uint8_t first_byte(Ipv4Address a) noexcept { return static_cast<uint8_t>(a.raw()); }  // as it is in memory
  static constexpr auto kSpecial = [] {
    std::array<uint8_t, 256> special{};
    special[0] = special[127] = 1;
    for (size_t i = 224; i < special.size(); ++i) special[i] = 1;
    return special;
  }();
  std::array<uint8_t, 256> special_ = kSpecial;  // by an address's first byte; beside maybe_own_, for one base register
  std::array<uint8_t, 4096> maybe_own_{};        // by hash: 1 if an own address or a subnet's broadcast address has it
  std::array<std::vector<InterfaceAddress>, kMaxInterfaces> addresses_;
  std::array<std::vector<Ipv4Address>, kMaxInterfaces> groups_;
  std::vector<std::pair<Ipv4Address, InterfaceId>> own_;  // sorted by address
};

}  // namespace flyover::iface
