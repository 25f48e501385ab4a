// SPDX-License-Identifier: BSD-3-Clause
// Addresses: what Linux answers and in which order it lists them (checked against ip on 6.18).
#include <catch2/catch.hpp>

#include "recorder.hpp"

using namespace flyover;
using namespace flyover::iface;
using Words = std::vector<std::string>;

namespace {

struct Addresses : Fixture {
  InterfaceId p0 = add("p0");
  Addresses() { recorder.read(); }

  std::string add_to(const char* prefix, AddressSpec spec = {}) {
    spec.local = *Ipv4Address::parse(std::string(prefix).substr(0, std::string(prefix).find('/')));
    spec.prefix_length = Ipv4Prefix::parse(prefix)->length();
    const auto done = control.add_address(p0, spec);
    return done ? "" : done.error().message;
  }
  std::string remove(const char* address, std::optional<uint8_t> length) {
    const auto done = control.remove_address(p0, {.local = *Ipv4Address::parse(address), .prefix_length = length});
    return done ? "" : done.error().message;
  }
  Words list() const {
    Words out;
    for (const auto& a : control.addresses(p0))
      out.push_back(a.local.to_string() + "/" + std::to_string(a.prefix_length) + (a.secondary ? " secondary" : ""));
    return out;
  }
};

}  // namespace

TEST_CASE_METHOD(Addresses, "a second address of a subnet is secondary and goes last") {
  CHECK(add_to("10.0.0.1/24").empty());
  CHECK(add_to("10.0.0.2/24").empty());
  CHECK(add_to("10.0.0.1/25").empty());
  CHECK(add_to("10.5.5.5/24").empty());
  CHECK(list() == Words{"10.0.0.1/24", "10.0.0.1/25", "10.5.5.5/24", "10.0.0.2/24 secondary"});
  CHECK(recorder.read() == Words{"+10.0.0.1", "+10.0.0.2", "+10.0.0.1", "+10.5.5.5"});
}

TEST_CASE_METHOD(Addresses, "a loopback address has host scope and stands before wider ones") {
  add_to("10.0.0.1/24");
  add_to("127.0.0.5/8");
  CHECK(list() == Words{"127.0.0.5/8", "10.0.0.1/24"});
  CHECK(control.addresses(p0)[0].scope == Scope::Host);
}

TEST_CASE_METHOD(Addresses, "the same address twice and another scope in a subnet are refused") {
  add_to("10.0.0.1/24");
  CHECK(add_to("10.0.0.1/24") == "Error: ipv4: Address already assigned.");
  CHECK(add_to("10.0.0.3/24", {.scope = Scope::Link}) == "Error: ipv4: Invalid scope value.");
  CHECK(list() == Words{"10.0.0.1/24"});
}

TEST_CASE_METHOD(Addresses, "0.0.0.0 is taken and forgotten") {
  CHECK(add_to("0.0.0.0/24").empty());
  CHECK(list().empty());
  CHECK(recorder.read().empty());
}

TEST_CASE_METHOD(Addresses, "a primary address takes its secondary ones with it") {
  for (const char* a : {"10.0.0.1/24", "10.0.0.2/24", "10.9.0.1/24", "10.0.0.3/24"}) add_to(a);
  recorder.read();
  CHECK(remove("10.0.0.1", 24).empty());
  CHECK(list() == Words{"10.9.0.1/24"});
  CHECK(recorder.read() == Words{"-10.0.0.2", "-10.0.0.3", "-10.0.0.1"});
}

TEST_CASE_METHOD(Addresses, "a secondary address goes alone") {
  add_to("10.0.0.1/24");
  add_to("10.0.0.2/24");
  CHECK(remove("10.0.0.2", {}).empty());
  CHECK(list() == Words{"10.0.0.1/24"});
}

TEST_CASE_METHOD(Addresses, "an address that is not there is not found") {
  add_to("10.0.0.1/24");
  CHECK(remove("10.0.0.9", 24) == "Error: ipv4: Address not found.");
  CHECK(remove("10.0.0.1", 25) == "Error: ipv4: Address not found.");
}

TEST_CASE_METHOD(Addresses, "packets see addresses, peers, broadcast addresses and groups") {
  add_to("10.7.7.1/32", {.peer = Ipv4Address(10, 7, 7, 2)});
  add_to("10.8.0.1/24", {.broadcast = Ipv4Address(10, 8, 0, 255)});
  const InterfaceTable table = control.build();
  CHECK(table.is_local({10, 7, 7, 1}));
  CHECK_FALSE(table.is_local({10, 7, 7, 2}));
  CHECK(table.on_link(p0, {10, 7, 7, 2}));
  CHECK(table.addresses(p0)[1].broadcast == Ipv4Address(10, 8, 0, 255));
  CHECK(table.joined(p0, {224, 0, 0, 1}));
  CHECK(table[p0].has_addresses);
  CHECK(table.owner_of({127, 0, 0, 1}) == kLoopback);
}
