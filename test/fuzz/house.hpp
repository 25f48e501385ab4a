// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a router that lives through many inputs of the fuzzer, and is as new before each of them
// Guarantees : after restore(): nothing is held, every mbuf is back, tables, settings, links, clock, random numbers and limits
//              are as they were at the beginning. What of that cannot be restored by commands is: the router is made anew.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "frame_check.hpp"
#include "test_router.hpp"

namespace flyover::fuzz {

using test::Bytes;
using test::Sent;
using test::TestRouter;

// A kind of router: what it is set up with beyond the base of the packet cases.
struct Profile {
  const char* name;
  std::vector<std::string> lines;
  bool hooks = false;   // a function at each hook, which judges by the packet's bytes
  bool checked = true;  // packets from own addresses were made by the router: not so with accept_local
};
const std::vector<Profile>& profiles();

// Which stages, lanes, reasons ... were ever reached, by name.
struct Reached {
  std::map<std::string, uint64_t> count;
  void add(const TestRouter& router);
  void print() const;  // a summary, and what was never reached
};

class House {
 public:
  House(const Profile& profile, rte_mempool* pool, Reached& reached, iface::PortDriver* driver = nullptr);
  ~House();

  TestRouter& router() { return *router_; }
  void command(const std::string& line);
  void note(const std::string& line);  // this command was carried out
  void carrier(const std::string& port, bool up);
  void restore();
  // Takes what was sent since the last call; ends the program if a frame is wrong.
  std::vector<Sent> take_sent();
  void check_balance();

 private:
  struct Settings;
  void build();
  void set_up();
  void restore_tables();
  void begin_anew();
  void forget_neighbours();
  void make_predictable();
  std::string dump();

  const Profile& profile_;
  rte_mempool* pool_;
  iface::PortDriver* driver_;
  Reached& reached_;
  std::unique_ptr<TestRouter> router_;
  std::unique_ptr<Settings> settings_;
  std::string pristine_;
  std::set<std::pair<uint32_t, Ipv4Prefix>> prefixes_;  // by table: those that a new router has routes to
  bool touched_ = false;                                // a command may have changed something
  bool changed_ = false;                                // ... that is no setting
  bool wild_ = false;                                   // ... a route's MTU perhaps, which may be more than the port's
  std::set<std::string> unplugged_;
  uint32_t longest_ = 0;  // MTU since when nothing was held: a packet that waits keeps the length that was right
};

}  // namespace flyover::fuzz
