// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the exceptions that control keeps: made by ICMP errors, gone when their time is up or their path goes
// Linux counterpart : update_or_create_fnhe, fnhe_remove_oldest, fib_nhc_update_mtu, ip_del_fnhe
// Expects           : one thread (control); a path is told (forget) before its number is given back
// Guarantees        : bounded: ExceptionTable::kRoom in all, of a full line the one whose time is up first gives way
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "packet/published.hpp"
#include "route/exception_table.hpp"
#include "route/memory.hpp"
#include "route/path_table.hpp"

namespace flyover::route {

struct Exception {
  uint32_t path = 0;    // behind which next hop
  Ipv4Address to;       // for which destination
  Ipv4Address gateway;  // any: the path's
  uint16_t mtu = 0;     // 0: the path's
  bool mtu_locked =
      false;  // less than is believed was said: the least that is counts for packets that are forwarded too
  uint64_t expires_ms = 0;  // on the clock of tick()
};

class Exceptions {
 public:
  Exceptions(Reclaimer& reclaimer, PathTable& paths);
  ~Exceptions() { clear(); }

  const ExceptionTable& table() const { return table_; }
  size_t size() const { return size_; }
  Memory memory() const;
  std::optional<Exception> find(uint32_t path, Ipv4Address to) const;
  // In the place of the one that is there, if there is one.
  void set(const Exception& exception);
  void forget(uint32_t path);
  void clear();
  void visit(const std::function<void(const Exception&)>& visitor) const;

  void interface_mtu_changed(InterfaceId id, uint32_t old, uint32_t mtu);
  void believe_in_forwarding(bool on);  // ip_forward_use_pmtu
  void expire(uint64_t now_ms);

 private:
  struct Count {
    uint32_t all = 0, forward = 0;
    uint32_t first = 0;  // slot: the path's own are linked, so that it may go without a look at those of others
  };
  struct Record {
    Exception exception;
    NeighbourId neighbour;            // pinned for a gateway of its own
    uint32_t previous = 0, next = 0;  // slots of the same path
  };
  bool concerns_forwarding(const Exception& e) const { return !e.gateway.is_any() || believes(e); }
  bool believes(const Exception& e) const { return e.mtu && (e.mtu_locked || believe_); }
  uint32_t slot_at(uint32_t word) const;
  std::optional<uint32_t> word_of(uint32_t path, Ipv4Address to) const;
  uint32_t free_word(uint32_t path, Ipv4Address to) const;
  uint32_t take_slot();
  void build(uint32_t slot);
  void set_mtus(uint32_t slot);
  void remove(uint32_t word);
  void retire(uint32_t slot);
  void count(const Exception& e, int by);
  void link(uint32_t slot);
  void unlink(uint32_t slot);
  void mark(uint32_t path, const Count& count);
  void recount();
  void remove_if(const std::function<bool(const Exception&)>& gone);

  Reclaimer& reclaimer_;
  PathTable& paths_;
  ExceptionTable table_;
  std::vector<Record> records_;                  // by slot
  std::shared_ptr<std::vector<uint32_t>> free_;  // shared with what waits in the reclaimer, which may outlive this
  std::unordered_map<uint32_t, Count> counts_;   // by path
  size_t size_ = 0;
  bool believe_ = false;
  uint64_t next_expiry_ms_ = ~uint64_t{0}, next_look_ms_ = 0;
};

}  // namespace flyover::route
