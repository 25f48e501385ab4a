// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : values as text: what `show` gives, in the layout of `ip`
// Linux counterpart : iproute2's print_linkinfo, print_addrinfo, print_route, print_rule, print_neigh
// Expects           : rows with the keys of `ip -j`; keys that are not there are left out of the text
// Guarantees        : from the JSON of the real `ip` it makes the text of the real `ip`, space for space
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "control/grammar.hpp"

namespace flyover::control {

using Json = nlohmann::ordered_json;  // keys stay in the order in which `ip` prints them

std::string print_link(const Json& row, const Style& style);
std::string print_addresses(const Json& row, const Style& style);  // a link with its addr_info
std::string print_route(const Json& row, const Style& style);      // of `route show` and `route get`
std::string print_rule(const Json& row, const Style& style);
std::string print_next_hop(const Json& row, const Style& style);
std::string print_bucket(const Json& row, const Style& style);
std::string print_neighbour(const Json& row, const Style& style);

// A row of JSON; bytes that are no UTF-8 are replaced.
std::string print_json(const Json& value, const Style& style);

}  // namespace flyover::control
