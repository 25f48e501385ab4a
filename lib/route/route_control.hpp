// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the routing tables and policy rules, as users, daemons, links and addresses change them
// Linux counterpart : fib_frontend, fib_semantics, fib_trie's aliases, fib_rules
// Expects           : one thread (control). Links and addresses are told when they have changed; the routes that Linux makes
//                     and purges with them are made and purged here.
// Guarantees        : operations are whole or not at all; refusals have the words that `ip` prints. Packets read table() while it
//                     changes: one object for life, whose Fibs and Dsts change in place, so that a route's change needs no
//                     new snapshot but for the generation in it.
// Cost              : about a microsecond a route; a path (next hop and what goes with it) is kept once for all its routes
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "packet/published.hpp"
#include "route/path_table.hpp"
#include "route/route_set.hpp"
#include "route/route_spec.hpp"
#include "route/route_table.hpp"
#include "route/rule_list.hpp"
#include "route/table_fibs.hpp"

namespace flyover::route {

struct LinkState {
  InterfaceId id;
  bool up = false;       // administratively
  bool running = false;  // carrier
  uint32_t mtu = 1500;
  bool loopback = false;
  std::string name;
  bool operator==(const LinkState&) const = default;
};

struct AddressFacts {  // Linux's in_ifaddr, as far as it makes routes
  Ipv4Address local;
  Ipv4Address peer;       // == local unless point to point
  uint8_t length = 32;    // of the peer's subnet
  Ipv4Address broadcast;  // any: none given
  bool secondary = false;
  bool no_prefix_route = false;
  uint32_t metric = 0;
  Ipv4Prefix subnet() const { return Ipv4Prefix(peer, length); }
};

class RouteControl {
 public:
  RouteControl(Reclaimer& reclaimer, PinNeighbour pin, UnpinNeighbour unpin);

  const RouteTable* table() const { return &readers_; }  // valid and the same as long as this is

  Result<> add(const RouteSpec& spec);      // ip route add: refused if (table, prefix, metric) is taken
  Result<> append(const RouteSpec& spec);   // behind those of the same prefix and metric
  Result<> prepend(const RouteSpec& spec);  // before them
  Result<> replace(const RouteSpec& spec);  // the first of them, or as a new one
  Result<> change(const RouteSpec& spec);   // the first of them, which must be there
  Result<> remove(const RouteSpec& spec);   // the first that fits what is said
  // fib_has_custom_local_routes: there has been a route of type local that no address brought along.
  bool had_custom_local() const { return had_custom_local_; }

  Result<> add_rule(const RuleSpec& spec);
  Result<> remove_rule(const RuleSpec& spec);
  // All that `doomed` says but those of priority 0, as `ip rule flush` does.
  void flush_rules(const std::function<bool(const Rule&)>& doomed);
  const std::vector<Rule>& rules() const { return rules_.rules(); }
  // fib_has_custom_rules: somebody has added or deleted a rule. From then on local is asked by its rule, not as one with main.
  bool had_custom_rules() const { return custom_rules_; }
  // Whether a packet's source may be one of the router's own, or nobody's, by another table than local.
  bool own_elsewhere() const;

  void link_changed(const LinkState& state);
  void link_removed(InterfaceId id);
  void address_added(InterfaceId id, const AddressFacts& address);
  // A primary address goes after its secondaries, as Linux does it.
  void address_removed(InterfaceId id, const AddressFacts& address);

  // In the order of `ip route show`: visits until told to stop, but always to the last route of a prefix. Gives the place
  // to go on from, with routes changed meanwhile; none when all were visited.
  struct Place {
    TableId table;
    Ipv4Prefix prefix;
  };
  using Visitor = std::function<bool(const Route&)>;
  std::optional<Place> visit(std::optional<TableId> table, std::optional<Place> after, const Visitor& visitor) const;
  void visit_prefix(TableId table, const Ipv4Prefix& prefix, const Visitor& visitor) const;
  std::optional<Route> lookup(const Flow& flow) const;  // what such a packet takes: `ip route get`
  size_t size(TableId table) const;
  size_t paths() const { return paths_.size(); }

 private:
  enum class Mode : uint8_t { Add, Append, Prepend, Replace, Change };
  struct Table {
    TableId id;
    RouteSet routes;
    std::unique_ptr<TableFibs> fibs;  // of local and main: only where a rule asks them alone
    int measured = -1;                // paths of prefixes that are no longer than this know their length
  };
  struct Link {
    LinkState state;
    bool known = false;
    std::vector<AddressFacts> addresses;
  };
  struct NextHop {
    InterfaceId out;
    Scope scope;
  };

  // check.cpp: what Linux asks of a route before it takes it
  Result<Path> check(const RouteSpec& spec) const;
  Result<NextHop> check_next_hop(const RouteSpec& spec, const Path& path) const;
  Result<NextHop> check_onlink(const RouteSpec& spec, const Path& path) const;
  Result<NextHop> check_gateway(const RouteSpec& spec, const Path& path) const;
  Result<NextHop> check_device(const RouteSpec& spec) const;
  bool is_local(Ipv4Address a, TableId table) const;
  const Path* path_to(const Flow& flow, const Table& first, const Table* second, Scope least) const;
  const Path* find_way(const Flow& flow, Scope least) const;
  // Linux's table local includes main until somebody touches the rules.
  const Table* one_with_local() const { return custom_rules_ ? nullptr : main_; }

  // route_control.cpp: the tables
  Result<> insert(const RouteSpec& spec, Mode mode);
  Result<> place(Table& table, const RouteSpec& spec, Mode mode, uint32_t path);
  void erase(Table& table, RouteSet::Index i);
  static TableId table_of(const RouteSpec& spec);
  Table* find_table(TableId id) const;
  Table& make_table(TableId id);
  bool publish(Table& table, const Ipv4Prefix& prefix);
  Route described(const Path& path, const Ipv4Prefix& prefix) const;
  Route shown(const Table& table, RouteSet::Index i) const;

  // apply_rules.cpp: the rules, as packets see them
  void publish_rules();
  std::vector<RuleTable::Source> compiled();
  InterfaceId interface_named(const std::string& name) const;
  TableFibs* fibs_for(const Rule& rule, bool after_local);
  TableId free_table();
  int longest_suppressed(TableId table) const;
  Result<> measure(Table& table, int most);
  bool reads_tos() const;

  // follow_links.cpp: what links and addresses make and take away
  Link& link(InterfaceId id);
  const Link* known_link(InterfaceId id) const;
  void purge(const std::function<bool(const Path&)>& gone);
  static std::vector<RouteSpec> routes_of(const Link& link, const AddressFacts& address);

  Reclaimer& reclaimer_;
  PathTable paths_;
  RuleList rules_;
  bool custom_rules_ = false;
  std::vector<std::unique_ptr<Table>> tables_;  // in the order in which Linux shows them
  Table* main_;
  Table* local_;
  TableFibs merged_;  // local and main as one
  RouteTable readers_;
  std::vector<Link> links_;  // by InterfaceId
  bool had_custom_local_ = false;
  bool had_custom_broadcast_ = false;
  bool local_throws_ = false;  // there has been a throw route in local
  bool reads_tos_ = false;     // what packets see was published for routes by type of service
};

}  // namespace flyover::route
