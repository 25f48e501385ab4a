// SPDX-License-Identifier: BSD-3-Clause
#include "control/sysctl.hpp"

#include <catch2/catch.hpp>

using namespace flyover;
using namespace flyover::control;

TEST_CASE("settings are found by the names that sysctl takes") {
  struct Row {
    std::string written, full, scope;
  };
  const Row row = GENERATE(values<Row>({
      {"net.ipv4.ip_default_ttl", "net.ipv4.ip_default_ttl", ""},
      {"ip_default_ttl", "net.ipv4.ip_default_ttl", ""},
      {"net/ipv4/icmp_ratelimit", "net.ipv4.icmp_ratelimit", ""},
      {"net.ipv4.route.min_pmtu", "net.ipv4.route.min_pmtu", ""},
      {"route.min_pmtu", "net.ipv4.route.min_pmtu", ""},
      {"net.ipv4.neigh.default.gc_thresh3", "net.ipv4.neigh.default.gc_thresh3", ""},
      {"gc_thresh3", "net.ipv4.neigh.default.gc_thresh3", ""},
      {"net.ipv4.conf.p0.rp_filter", "net.ipv4.conf.p0.rp_filter", "p0"},
      {"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.all.rp_filter", "all"},
      {"net/ipv4/conf/eth0.5/rp_filter", "net.ipv4.conf.eth0.5.rp_filter", "eth0.5"},
      {"net.ipv4.conf.eth0/5.rp_filter", "net.ipv4.conf.eth0.5.rp_filter", "eth0.5"},
      {"conf.p0.rp_filter", "net.ipv4.conf.p0.rp_filter", "p0"},
      {"p0.rp_filter", "net.ipv4.conf.p0.rp_filter", "p0"},
      {"rp_filter", "net.ipv4.conf.*.rp_filter", "*"},
      {"retrans_time_ms", "net.ipv4.neigh.*.retrans_time_ms", "*"},
      {"net.ipv4.neigh.default.retrans_time_ms", "net.ipv4.neigh.default.retrans_time_ms", "default"},
      {"net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "all"},
      {"ip_forward", "net.ipv4.conf.all.forwarding", "all"},
  }));
  const auto found = find_sysctl(row.written);
  INFO(row.written);
  REQUIRE(found);
  CHECK(found->scope == row.scope);
  CHECK(found->sysctl->full_name(found->scope) == row.full);
}

TEST_CASE("unknown settings are named") {
  for (const char* name :
       {"", "foo", "net.ipv4.foo", "net.ipv4.conf.p0.foo", "net.ipv6.conf.p0.rp_filter.", "net.ipv4.conf.rp_filter",
        "net.ipv4.neigh.p0.rp_filter", "net.ipv4.conf.p0.ip_default_ttl"}) {
    const auto found = find_sysctl(name);
    INFO(name);
    REQUIRE(!found);
    CHECK(found.error().message == "Setting \"" + std::string(name) + "\" is unknown, try \"flyover set show\".");
    CHECK(found.error().kind == ErrorKind::Usage);
  }
}

TEST_CASE("values of settings have ranges and units") {
  const auto ttl = *find_sysctl("ip_default_ttl");
  CHECK(*parse_sysctl(*ttl.sysctl, "1") == 1);
  for (const char* wrong : {"0", "256", "-1", "x", "", "1x", "99999999999999999999"}) {
    INFO(wrong);
    CHECK_FALSE(parse_sysctl(*ttl.sysctl, wrong));
  }
  CHECK(parse_sysctl(*ttl.sysctl, "0").error().message ==
        "Error: argument \"0\" is wrong: \"ip_default_ttl\" is a number from 1 to 255");

  NeighbourSettings n;
  const auto stale = *find_sysctl("gc_stale_time");
  CHECK(stale.sysctl->get(n) == 60);
  stale.sysctl->set(n, 5);
  CHECK(n.gc_stale_time_ms == 5000);
  CHECK(find_sysctl("locktime")->sysctl->get(n) == 100);
}

TEST_CASE("the whole range of a setting is kept as it was written") {
  for (const Sysctl& s : sysctls()) {
    INFO(s.pattern());
    CHECK(s.least <= s.most);
    Settings r;
    InterfaceSettings i;
    NeighbourSettings n;
    for (const uint64_t value : {s.least, s.most}) {
      const auto kept = [&](auto& settings) {
        s.set(settings, value);
        return s.get(settings);
      };
      const uint64_t now = s.home == Sysctl::Home::Router      ? kept(r)
                           : s.home == Sysctl::Home::Interface ? kept(i)
                                                               : kept(n);
      CHECK(now == value);
    }
  }
}

TEST_CASE("conf.all and an interface's own setting make the one that counts, as the kernel combines them") {
  InterfaceSettings all, own;
  all.forwarding = false, own.forwarding = true;
  all.rp_filter = 2, own.rp_filter = 1;
  all.send_redirects = true, own.send_redirects = false;
  all.accept_source_route = false, own.accept_source_route = true;
  const InterfaceSettings result = combined(all, own);
  CHECK(result.forwarding);
  CHECK(result.rp_filter == 2);
  CHECK(result.send_redirects);
  CHECK_FALSE(result.accept_source_route);
}
