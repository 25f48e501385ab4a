// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the settings by the names, units and ranges of Linux's sysctls
// Linux counterpart : net/ipv4/sysctl_net_ipv4.c, devinet.c (conf.*), neighbour.c (neigh.*)
// Guarantees        : one row per setting; commands, help and the man page are made from it
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/result.hpp"
#include "packet/settings.hpp"

namespace flyover::control {

// How an interface's own value and that of conf.all make the one that counts (IN_DEV_MAXCONF, ORCONF, ANDCONF).
enum class Combine : uint8_t { Own, Max, Or, And, AndWhereForwarding };  // the last: else or

struct Sysctl {
  enum class Home : uint8_t { Router, Interface, Neighbour };

  std::string_view prefix;  // "net.ipv4."; of an interface's "net.ipv4.conf.", without the interface
  std::string_view name;    // the last part
  Home home;
  uint64_t least, most;  // as the user writes it
  uint64_t unit;         // stored = written * unit
  Combine combine;
  std::string_view help;
  uint64_t (*load)(const void*);
  void (*store)(void*, uint64_t);

  std::string pattern() const;  // "net.ipv4.conf.NAME.rp_filter"
  std::string full_name(
      std::string_view scope) const;  // "net.ipv4.conf.p0.rp_filter"; scope is ignored for the router's own

  // As the user reads and writes it. The struct has to be the one of `home`; the value in range.
  uint64_t get(const Settings& s) const { return get_from(&s, Home::Router); }
  uint64_t get(const InterfaceSettings& s) const { return get_from(&s, Home::Interface); }
  uint64_t get(const NeighbourSettings& s) const { return get_from(&s, Home::Neighbour); }
  void set(Settings& s, uint64_t value) const { set_in(&s, Home::Router, value); }
  void set(InterfaceSettings& s, uint64_t value) const { set_in(&s, Home::Interface, value); }
  void set(NeighbourSettings& s, uint64_t value) const { set_in(&s, Home::Neighbour, value); }

 private:
  uint64_t get_from(const void* s, Home h) const {
    check(h == home, "a setting was looked for in the wrong struct");
    return load(s) / unit;
  }
  void set_in(void* s, Home h, uint64_t value) const {
    check(h == home, "a setting was written to the wrong struct");
    store(s, value * unit);
  }
};

std::span<const Sysctl> sysctls();

// A setting as the user names it. `scope`: an interface, "all", "default", or "*" when the name was short: all of these.
struct SysctlName {
  const Sysctl* sysctl = nullptr;
  std::string scope;
};
// net.ipv4.conf.p0.rp_filter, net/ipv4/conf/p0/rp_filter, conf.p0.rp_filter, p0.rp_filter, rp_filter, net.ipv4.ip_forward.
Result<SysctlName> find_sysctl(std::string_view name);
// The value, in range.
Result<uint64_t> parse_sysctl(const Sysctl& sysctl, std::string_view text);

// What counts for an interface.
InterfaceSettings combined(const InterfaceSettings& all, const InterfaceSettings& own);

}  // namespace flyover::control
