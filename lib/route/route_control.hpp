// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the routing tables and policy rules, as users, daemons, links and addresses change them
// Linux counterpart : fib_frontend, fib_semantics, fib_trie's aliases, fib_rules
// Expects           : one thread (control). Links and addresses are told when they have changed; the routes that Linux makes
//                     and purges with them are made and purged here.
// Guarantees        : operations are whole or not at all; refusals have the words that `ip` prints. Packets read table() while it
//                     changes: one object for life, whose Fibs and Dsts change in place, so that a route's change needs no
//                     new snapshot but for the generation in it. What would take longer than a few milliseconds packets see
//                     piece by piece (settle).
// Cost              : about a microsecond a route; a path (next hop and what goes with it) is kept once for all its routes
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "packet/published.hpp"
#include "route/exceptions.hpp"
#include "route/next_hop_group.hpp"
#include "route/next_hop_spec.hpp"
#include "route/path_table.hpp"
#include "route/resilient.hpp"
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
  bool ignore_linkdown = false;  // ignore_routes_with_linkdown
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
  // With routes; each takes some GiB of address space, of which there are 128 TiB.
  static constexpr size_t kMaxTables = 4096;

  RouteControl(Reclaimer& reclaimer, PinNeighbour pin, UnpinNeighbour unpin);

  const RouteTable* table() const { return &readers_; }  // valid and the same as long as this is

  // Works on for a millisecond or two on what operations have begun: a million routes that go with a link, a Fib that is filled.
  // True when packets find everything as it was said. Routes that go are not there any more for anybody but packets, and
  // what comes next may have to wait for them: who must not wait calls this until it is true before each operation.
  bool settle();
  bool settled() const { return !pass_ && !filling_ && !rules_stale_; }

  Result<> add(const RouteSpec& spec);      // ip route add: refused if (table, prefix, metric) is taken
  Result<> append(const RouteSpec& spec);   // behind those of the same prefix and metric
  Result<> prepend(const RouteSpec& spec);  // before them
  Result<> replace(const RouteSpec& spec);  // the first of them, or as a new one
  Result<> change(const RouteSpec& spec);   // the first of them, which must be there
  Result<> remove(const RouteSpec& spec);   // the first that fits what is said
  static TableId table_of(const RouteSpec& spec);
  // Fetches what adding or removing routes to some of these prefixes, at most kTogether, will touch: worth it in a large table.
  static constexpr size_t kTogether = Fib::kTogether;
  void prefetch(TableId id, std::span<const Ipv4Prefix> prefixes) const;

  // ---- next-hop objects and groups: `ip nexthop` ----
  Result<> add_next_hop(const NextHopSpec& spec);      // refused if the id is taken
  Result<> replace_next_hop(const NextHopSpec& spec);  // its routes follow at once
  Result<> remove_next_hop(uint32_t id);               // its routes go with it
  std::optional<NextHop> shown_next_hop(uint32_t id) const;
  std::vector<uint32_t> next_hop_ids() const;          // ascending
  std::vector<BucketView> buckets(uint32_t id) const;  // of a resilient group; none of others
  void tick(uint64_t now_ms);                          // time goes by: buckets may move

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

  // ---- exceptions: what routers behind a next hop have said of one destination ----
  struct ExceptionSettings {  // net.ipv4.route.*, net.ipv4.ip_forward_use_pmtu
    uint32_t min_pmtu = 552, mtu_expires_s = 600, gc_timeout_s = 300;
    bool forward_use_pmtu = false;
  };
  void configure(const ExceptionSettings& settings);
  // Packets to `to`, which take `taken` because the tables say `route` (it, or a group that has it), are too long for the way
  // behind it: `mtu` bytes pass (__ip_rt_update_pmtu). Gives for how many next hops that was looked at.
  size_t learn_mtu(const Dst& taken, const Dst& route, Ipv4Address to, uint32_t mtu);
  // There is a better router for them (__ip_do_redirect, whose conditions are the caller's).
  void learn_gateway(const Dst& taken, Ipv4Address to, Ipv4Address gateway);
  // Whether there is a route by this router (ip_fib_check_default).
  bool is_gateway(Ipv4Address gateway, InterfaceId out) const;
  std::optional<Exception> exception(DstId path, Ipv4Address to) const { return exceptions_.find(path.value(), to); }
  void visit_exceptions(const std::function<void(const Exception&, const Path&)>& visitor) const;
  void flush_exceptions() { exceptions_.clear(); }

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
  // What was published so far, for tests that count.
  struct Counts {
    uint64_t prefixes_published = 0, groups_published = 0;
  };
  const Counts& counts() const { return counts_; }
  std::vector<MemoryUse> memory() const;  // memory_use.cpp

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
  struct Way {
    InterfaceId out;
    Scope scope;
  };
  struct GroupLeg {
    Leg leg;
    uint32_t path = 0;     // of the leg alone
    bool dead = false;     // its interface is, or was when it last mattered
    bool skipped = false;  // by the hashes, since they were last divided
  };
  struct Group {
    std::vector<GroupLeg> legs;
    std::unique_ptr<const NextHopGroup> published;
    bool linkdown = false;  // fib_flags: all legs had no carrier to begin with, or lost it with one interface
  };

  // check.cpp: what Linux asks of a route before it takes it
  Result<Path> check(const RouteSpec& spec) const;
  Result<> find_ways(const RouteSpec& spec, Path& path) const;
  Result<> check_object(uint32_t nexthop_id, Scope scope) const;
  Result<std::vector<Leg>> check_legs(const RouteSpec& spec, const Path& path) const;
  Result<Way> check_next_hop(const RouteSpec& spec, const Path& path) const;
  Result<Way> check_onlink(const RouteSpec& spec, const Path& path) const;
  Result<Way> check_gateway(const RouteSpec& spec, const Path& path) const;
  Result<Way> check_device(const RouteSpec& spec) const;
  bool leads_to(const Path& path, InterfaceId out) const;
  bool is_local(Ipv4Address a, TableId table) const;
  const Path* path_to(const Flow& flow, const Table& first, const Table* second, Scope least) const;
  const Path* find_way(const Flow& flow, Scope least) const;
  // Linux's table local includes main until somebody touches the rules.
  const Table* one_with_local() const { return custom_rules_ ? nullptr : main_; }

  // settle.cpp
  struct Pass {  // over all routes: as far as it has come
    size_t table = 0;
    RouteSet::Index from = 1;
  };
  void begin_pass() { pass_ = Pass(); }
  void finish_pass();
  void go_over_routes(size_t& left);
  bool is_gone(RouteSet::Entry entry) const { return paths_.marked(entry.path) == PathTable::Mark::Dead; }
  bool is_unmeasured(const Table& table, const RouteSet::Entry& entry) const;
  bool is_concerned(const Table& table, RouteSet::Index i) const;
  void follow_path(Table& table, RouteSet::Index i);
  void fill(size_t& left);

  // route_control.cpp: the tables
  Result<> insert(const RouteSpec& spec, Mode mode);
  Result<> place(Table& table, const RouteSpec& spec, Mode mode, uint32_t path);
  void erase(Table& table, RouteSet::Index i);
  Table* find_table(TableId id) const;
  bool make_room(TableId id);
  Table& make_table(TableId id);
  void make_fibs(Table& table);
  bool publish(Table& table, const Ipv4Prefix& prefix);
  Route described(const Path& path, const Ipv4Prefix& prefix) const;
  Route shown(const Table& table, RouteSet::Index i) const;
  void lead(Route& route, uint32_t number, InterfaceId out) const;

  // apply_rules.cpp: the rules, as packets see them
  void publish_rules();
  bool is_named(TableId table) const;
  std::vector<RuleTable::Source> compiled();
  InterfaceId interface_named(const std::string& name) const;
  std::optional<size_t> special_rules(const std::vector<RuleTable::Source>& sources) const;
  bool local_is_first() const;
  bool main_lies_inside_local() const;
  bool nests(const Table& table, const Ipv4Prefix& prefix) const;
  bool main_has_longer(const Ipv4Prefix& prefix) const;
  TableFibs* fibs_for(const Rule& rule, bool after_local);
  TableId free_table();
  int longest_suppressed(TableId table) const;
  Result<> measure(Table& table, int most);
  bool reads_tos() const;
  struct Object {
    NextHop shape;
    std::unique_ptr<ResilientTable> resilient;
  };

  // groups.cpp: several next hops
  std::vector<Leg> legs_of(const Path& path) const;
  uint32_t mtu_of(InterfaceId id) const;
  uint32_t take(const Path& path);  // a path's number, with its legs; 0: there is no room
  bool release(uint32_t number);
  void drop(uint32_t number);
  bool regroup(uint32_t number);
  void rebalance(uint32_t number);
  void publish_group(uint32_t number);
  bool passes_over(InterfaceId id) const;
  bool has_carrier(InterfaceId id) const;
  bool usable(uint32_t number) const;
  void show_legs(Route& route, const Path& path) const;
  static bool has_leg(const Group& group, InterfaceId id);
  void kill_legs(InterfaceId id, bool all);
  void inherit_dead(uint32_t number, uint32_t old);
  void revive_legs(InterfaceId id);
  void follow_paths(PathTable::Mark mark, const std::set<uint32_t>& paths);
  void follow_carrier_of_legs(const LinkState& state);
  void follow_carrier(InterfaceId id);

  // next_hops.cpp: next-hop objects
  const NextHop* next_hop(uint32_t id) const;
  Result<NextHop> check_next_hop_spec(const NextHopSpec& spec) const;
  Result<NextHop> check_single(const NextHopSpec& spec) const;
  Result<> check_members(const NextHopSpec& spec) const;
  Result<> fits_scope(const NextHop& object, Scope scope) const;
  Result<> check_users(const NextHop& old, const NextHop& next) const;
  static Result<> check_kind(const Object& old, const NextHop& next, const NextHopSpec& spec);
  Result<> make_object(NextHop shape, const NextHopSpec& spec);
  void remove_objects(std::set<uint32_t> gone);
  void leave_group(Object& group, uint32_t member) const;
  void follow_object(uint32_t id);
  std::vector<Leg> legs_of(uint32_t nexthop_id) const;
  void flush_objects(InterfaceId id);
  std::shared_ptr<const Buckets> buckets_of(uint32_t nexthop_id) const;

  // follow_links.cpp: what links and addresses make and take away
  Link& link(InterfaceId id);
  const Link* known_link(InterfaceId id) const;
  void purge(const std::function<bool(const Path&)>& gone);
  static std::vector<RouteSpec> routes_of(const Link& link, const AddressFacts& address);

  Reclaimer& reclaimer_;
  PathTable paths_;
  Exceptions exceptions_;
  ExceptionSettings exception_settings_;
  RuleList rules_;
  bool custom_rules_ = false;
  std::unordered_map<uint32_t, Table*> by_id_;
  std::vector<std::unique_ptr<Table>> tables_;  // in the order in which Linux shows them
  Table* main_;
  Table* local_;
  std::vector<Link> links_;                     // by InterfaceId
  std::unordered_map<uint32_t, Group> groups_;  // by path
  TableFibs merged_;                            // local and main as one
  RouteTable readers_;
  Counts counts_;
  std::optional<Pass> pass_;            // there are marked paths, or routes without a path that knows their length
  bool filling_ = true;                 // some Fibs are not ready
  bool rules_stale_ = false;            // packets see those of before
  std::map<uint32_t, Object> objects_;  // next-hop objects by id
  uint32_t last_id_ = 0;                // given without being asked for
  size_t resilient_ = 0;                // how many of them are
  uint64_t now_ms_ = 0;
  bool had_custom_local_ = false;
  bool had_custom_broadcast_ = false;
  bool local_throws_ = false;  // there has been a throw route in local
  bool nested_ = false;        // main has routes inside a prefix of local, or had when the rules were published
  bool reads_tos_ = false;     // what packets see was published for routes by type of service
};

}  // namespace flyover::route
