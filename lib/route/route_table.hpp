// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what packets read of routes: from what a packet has to a Dst
// Linux counterpart : fib_lookup: local and main as one trie, then default, as long as nobody has touched the rules; else the rules
// Guarantees        : const, noexcept; every lookup gives a Dst (action None or Throw: no route)
#pragma once

#include <atomic>
#include <cstdint>

#include "packet/published.hpp"
#include "route/dst.hpp"
#include "route/exception_table.hpp"
#include "route/fib.hpp"
#include "route/flow.hpp"
#include "route/next_hop_group.hpp"
#include "route/rule_table.hpp"

namespace flyover::route {

class RouteTable {
 public:
  RouteTable(const Fib* main, const Dst* slab, const ExceptionTable* exceptions = nullptr)
      : main_(main), slab_(slab), exceptions_(exceptions) {}

  // For a loop over many addresses: the Dst by local and main alone, be it a group; its line not touched yet.
  class Reader {
   public:
    void prefetch(Ipv4Address a) const noexcept { main_.prefetch(a); }
    void prefetch_block(Ipv4Address a) const noexcept { main_.prefetch_block(a); }
    bool small() const noexcept { return main_.small(); }
    const Dst* find(Ipv4Address a) const noexcept { return slab_ + main_.lookup(a); }

   private:
    friend class RouteTable;
    Reader(const RouteTable& t) : main_(t.main_->reader()), slab_(t.slab_) {}
    Fib::Reader main_;
    const Dst* slab_;
  };
  Reader reader() const noexcept { return Reader(*this); }
  // Null: nobody has touched the rules, and no route of local, main and default is by type of service. What a Reader finds is
  // right then, but for default.
  const RuleTable* rules() const noexcept { return rules_.load(); }

  // Where several next hops are one of them counts: the first that is usable, as fib_lookup has it.
  const Dst& lookup(const Flow& flow) const noexcept {
    const Dst& dst = match(flow);
    return dst.action == Action::Group ? dst.group.load()->first() : dst;
  }
  // The same, but for such a group: a packet selects (ipv4/select_leg.hpp).
  const Dst& match(const Flow& flow) const noexcept {
    if (const RuleTable* rules = rules_.load()) [[unlikely]]
      return by_rules(*rules, flow);
    const Dst& dst = slab_[main_->lookup(flow.to)];
    if (is_no_answer(dst)) [[unlikely]]
      return by_default(flow.to, dst);
    return dst;
  }
  const Dst& by_rules(const RuleTable& rules, const Flow& flow) const noexcept;
  // What table local says of an address, whatever the rules say (inet_addr_type); other actions than Local, Broadcast: nothing.
  const Dst& local(Ipv4Address a) const noexcept;
  // Whether lookup() may find own addresses that are none to local().
  bool local_elsewhere() const noexcept { return default_.load(std::memory_order_acquire) || rules_.load(); }
  // Of a Dst that is no group: what holds for this destination.
  const Dst& except(const Dst& dst, Ipv4Address to, Use use) const noexcept {
    if (!dst.has_exceptions(use)) [[likely]]
      return dst;
    return exceptions_->find(dst, static_cast<uint32_t>(&dst - slab_), to, use);
  }
  const Dst& at(DstId id) const noexcept { return slab_[id.value()]; }
  // The slot of a Dst that a lookup gave, of an exception that of its base; none if a rule was the answer.
  DstId id_of(const Dst& dst) const noexcept;
  // Whether match() and Reader may give a group at all.
  bool has_groups() const noexcept { return has_groups_.load(std::memory_order_relaxed); }

  // Linux's rt_genid: an answer is right as long as this is what it was before the lookup.
  uint32_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

  // Control.
  void set_groups(bool any) noexcept { has_groups_.store(any, std::memory_order_relaxed); }
  void changed() noexcept { generation_.fetch_add(1, std::memory_order_release); }  // something that a lookup reads
  void set_default(const Fib* fib) noexcept {
    default_.store(fib, std::memory_order_release);
    changed();
  }
  void set_local(const TableFibs* fibs) noexcept {
    local_.store(fibs, std::memory_order_release);
    changed();
  }
  void publish(std::unique_ptr<const RuleTable> rules, Reclaimer& reclaimer) {
    rules_.publish(std::move(rules), reclaimer);
    changed();
  }

 private:
  static bool is_no_answer(const Dst& dst) noexcept {
    return dst.action == Action::None || dst.action == Action::Throw;
  }
  const Dst& by_default(Ipv4Address a, const Dst& dst) const noexcept {
    const Fib* fib = default_.load(std::memory_order_acquire);
    return fib ? slab_[fib->lookup(a)] : dst;
  }

  const Fib* main_;                   // tables local (255) and main (254) merged, as Linux has them without rules
  const Dst* slab_;                   // slab_[0] is "no route"
  const ExceptionTable* exceptions_;  // null: no Dst says that it has some
  std::atomic<const Fib*> default_{nullptr};      // table 253; null while it is empty
  std::atomic<const TableFibs*> local_{nullptr};  // table 255 alone; null while it is one with main
  Published<RuleTable> rules_{nullptr};
  std::atomic<bool> has_groups_{false};
  std::atomic<uint32_t> generation_{1};
};

}  // namespace flyover::route
