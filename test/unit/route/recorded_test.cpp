// SPDX-License-Identifier: BSD-3-Clause
// The cases of recorded/*.txt: what Linux did with these commands, word for word (see record.py).
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "route/route_control.hpp"

using namespace flyover;
using namespace flyover::route;

namespace {

using Words = std::vector<std::string>;

const std::map<std::string, uint16_t> kDevices = {{"lo", 1}, {"d0", 2}, {"d1", 3}, {"d2", 4}};
const std::map<std::string, RouteType> kTypes = {
    {"unicast", RouteType::Unicast},     {"local", RouteType::Local}, {"broadcast", RouteType::Broadcast},
    {"blackhole", RouteType::Blackhole}, {"throw", RouteType::Throw}, {"unreachable", RouteType::Unreachable},
    {"prohibit", RouteType::Prohibit}};
const std::map<std::string, Scope> kScopes = {{"global", Scope::Universe},
                                              {"site", Scope::Site},
                                              {"link", Scope::Link},
                                              {"host", Scope::Host},
                                              {"nowhere", Scope::Nowhere}};
const std::map<std::string, uint32_t> kTables = {{"default", 253}, {"main", 254}, {"local", 255}};
const std::map<std::string, uint32_t> kProtocols = {
    {"kernel", 2}, {"boot", 3}, {"static", 4}, {"openr", 99}, {"bgp", 186}};

template <class Value>
std::string name_of(const std::map<std::string, Value>& names, Value value) {
  for (const auto& [name, v] : names)
    if (v == value) return name;
  return std::to_string(static_cast<uint64_t>(value));
}

uint32_t number_of(const std::map<std::string, uint32_t>& names, const std::string& word) {
  const auto found = names.find(word);
  return found != names.end() ? found->second : static_cast<uint32_t>(std::stoul(word));
}

Ipv4Address address(const std::string& word) { return Ipv4Address::parse(word.substr(0, word.find('/'))).value(); }
uint8_t length(const std::string& word) { return word == "default" ? 0 : Ipv4Prefix::parse(word).value().length(); }

// "[TYPE] PREFIX [KEY VALUE]...", as a user of `ip` types it.
RouteSpec parse_route(Words words) {
  RouteSpec spec;
  if (const auto type = kTypes.find(words[0]); type != kTypes.end()) {
    spec.type = type->second;
    words.erase(words.begin());
  }
  if (words[0] != "default") spec.destination = address(words[0]);
  spec.length = length(words[0]);
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string& key = words[i];
    if (key == "onlink") {
      spec.onlink = true;
      continue;
    }
    const std::string& value = words[++i];
    if (key == "via") spec.gateway = address(value);
    if (key == "dev") spec.out = InterfaceId(kDevices.at(value));
    if (key == "src") spec.source = address(value);
    if (key == "metric") spec.metric = number_of({}, value);
    if (key == "table") spec.table = TableId(number_of(kTables, value));
    if (key == "scope") spec.scope = kScopes.at(value);
    if (key == "proto") spec.protocol = static_cast<Protocol>(number_of(kProtocols, value));
    if (key == "mtu") {
      spec.mtu_locked = value == "lock";
      spec.mtu = number_of({}, spec.mtu_locked ? words[++i] : value);
    }
  }
  return spec;
}

std::string host_or_prefix(const Ipv4Prefix& p) {
  if (p.length() == 0) return "default";
  return p.length() == 32 ? p.network().to_string() : p.to_string();
}

// As `ip -d route show` prints it; the table's name only where several are shown.
std::string line_of(const Route& r, bool with_table) {
  std::ostringstream line;
  line << name_of(kTypes, r.type) << ' ' << host_or_prefix(r.prefix);
  if (!r.gateway.is_any()) line << " via " << r.gateway.to_string();
  for (const auto& [name, id] : kDevices)
    if (r.out.value() == id) line << " dev " << name;
  if (with_table) line << " table " << name_of(kTables, r.table.value());
  line << " proto " << name_of(kProtocols, uint32_t(r.protocol)) << " scope " << name_of(kScopes, r.scope);
  if (!r.source.is_any()) line << " src " << r.source.to_string();
  if (r.metric) line << " metric " << r.metric;
  if (r.onlink) line << " onlink";
  if (r.linkdown) line << " linkdown";
  if (r.mtu) line << " mtu " << (r.mtu_locked ? "lock " : "") << r.mtu;
  return line.str();
}

// Links and addresses as Linux keeps them, as far as it takes to tell the routes.
class Router {
 public:
  Router() {
    set_link("lo", {.id = kLoopback, .up = false, .running = true, .mtu = 65536, .loopback = true});
    add_address("lo", {.local = Ipv4Address(127, 0, 0, 1), .peer = Ipv4Address(127, 0, 0, 1), .length = 8});
    set_up("lo", true);
    for (const auto& [name, up] : {std::pair("d0", true), std::pair("d1", true), std::pair("d2", false)})
      set_link(name, {.id = InterfaceId(kDevices.at(name)), .up = up, .running = up, .mtu = 1500});
  }

  Result<> run(const Words& words, std::vector<std::string>& shown) {
    const std::string what = words[0] + ' ' + words[1];
    const Words rest(words.begin() + 2, words.end());
    if (what == "addr add") return add_address(rest.back(), parse_address(rest)), Result<>{};
    if (what == "addr del") return remove_address(rest.back(), parse_address(rest)), Result<>{};
    if (what == "link set" && rest[1] == "mtu") return set_mtu(rest[0], number_of({}, rest[2])), Result<>{};
    if (what == "link set") return set_up(rest[0], rest[1] == "up"), Result<>{};
    if (words[0] == "carrier") return set_running(words[1], words[2] == "on"), Result<>{};
    if (what == "route show") return show(rest, shown), Result<>{};
    const RouteSpec spec = parse_route(rest);
    if (what == "route add") return routes_.add(spec);
    if (what == "route append") return routes_.append(spec);
    if (what == "route prepend") return routes_.prepend(spec);
    if (what == "route replace") return routes_.replace(spec);
    if (what == "route change") return routes_.change(spec);
    if (what == "route del") return routes_.remove(spec);
    return wrong_usage("what is " + what);
  }

 private:
  struct Device {
    LinkState state;
    std::vector<AddressFacts> addresses;
  };

  static AddressFacts parse_address(const Words& words) {
    AddressFacts facts;
    facts.local = facts.peer = address(words[0]);
    facts.length = length(words[0]);
    for (size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "peer") facts.peer = address(words[i + 1]), facts.length = length(words[i + 1]);
      if (words[i] == "brd" && words[i + 1] != "+") facts.broadcast = address(words[i + 1]);
      if (words[i] == "brd" && words[i + 1] == "+")
        facts.broadcast = Ipv4Address(facts.peer.host() | (facts.length < 31 ? ~facts.subnet().mask() : ~0U));
      if (words[i] == "metric") facts.metric = number_of({}, words[i + 1]);
      if (words[i] == "noprefixroute") facts.no_prefix_route = true;
    }
    return facts;
  }

  void set_link(const std::string& name, const LinkState& state) {
    devices_[name].state = state;
    routes_.link_changed(state);
  }
  void set_up(const std::string& name, bool up) {
    LinkState state = devices_[name].state;
    state.up = up, state.running = up || name == "lo";
    set_link(name, state);
  }
  void set_running(const std::string& name, bool running) {
    LinkState state = devices_[name].state;
    state.running = running;
    set_link(name, state);
  }
  void set_mtu(const std::string& name, uint32_t mtu) {
    LinkState state = devices_[name].state;
    state.mtu = mtu;
    set_link(name, state);
  }
  void add_address(const std::string& name, AddressFacts facts) {
    auto& addresses = devices_[name].addresses;
    facts.secondary =
        std::any_of(addresses.begin(), addresses.end(), [&](const auto& a) { return a.subnet() == facts.subnet(); });
    addresses.push_back(facts);
    routes_.address_added(InterfaceId(kDevices.at(name)), facts);
  }
  void remove_address(const std::string& name, const AddressFacts& facts) {
    auto& addresses = devices_[name].addresses;
    auto is_it = [&](const AddressFacts& a) { return a.local == facts.local && a.subnet() == facts.subnet(); };
    const AddressFacts going = *std::find_if(addresses.begin(), addresses.end(), is_it);
    if (!going.secondary)
      for (const AddressFacts& a : std::vector(addresses))
        if (a.secondary && a.subnet() == facts.subnet()) remove_address(name, a);
    addresses.erase(std::find_if(addresses.begin(), addresses.end(), is_it));
    routes_.address_removed(InterfaceId(kDevices.at(name)), going);
  }
  void show(const Words& words, std::vector<std::string>& shown) {
    const bool all = !words.empty() && words.back() == "all";
    const TableId table(words.empty() || all ? 254 : number_of(kTables, words.back()));
    routes_.visit(all ? std::nullopt : std::optional(table), {}, [&](const Route& r) {
      shown.push_back(line_of(r, all));
      return true;
    });
  }

  dpdk::Rcu rcu_{1};
  Reclaimer reclaimer_{rcu_};
  RouteControl routes_{reclaimer_, {}, {}};
  std::map<std::string, Device> devices_;
};

struct Step {
  std::string command;
  std::vector<std::string> refusal, shown;
};
struct Case {
  std::string name;
  std::vector<Step> steps;
};

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("== ")) cases.push_back({line.substr(3), {}});
    if (line.starts_with("$ ")) cases.back().steps.push_back({line.substr(2), {}, {}});
    if (line.starts_with("< ")) cases.back().steps.back().refusal.push_back(line.substr(2));
    if (line.starts_with("| ")) cases.back().steps.back().shown.push_back(line.substr(2));
  }
  return cases;
}

void replay(const Case& c) {
  Router router;
  for (const Step& step : c.steps) {
    std::istringstream stream(step.command);
    const Words words{std::istream_iterator<std::string>(stream), {}};
    std::vector<std::string> shown;
    const Result<> result = router.run(words, shown);
    INFO("case: " << c.name << "\ncommand: " << step.command);
    const std::vector<std::string> refusal =
        result ? std::vector<std::string>{}
               : std::vector{std::to_string(static_cast<int>(result.error().kind)), result.error().message};
    CHECK(refusal == step.refusal);
    CHECK(shown == step.shown);
  }
}

}  // namespace

TEST_CASE("routes are refused, shown, made and purged as Linux does", "[route_control][recorded]") {
  size_t cases = 0;
  for (const char* name : {"refusals.txt", "kernel_routes.txt", "order.txt"})
    for (const Case& c : read_cases(std::filesystem::path(RECORDED) / name)) {
      replay(c);
      ++cases;
    }
  CHECK(cases >= 37);
}
