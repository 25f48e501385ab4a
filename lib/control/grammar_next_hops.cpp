// SPDX-License-Identifier: BSD-3-Clause
#include "control/grammar_next_hops.hpp"

#include <fmt/format.h>

#include <charconv>

namespace flyover::control {
namespace {

std::optional<uint32_t> number_of(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<uint16_t> weight_of(std::string_view text) {
  const auto weight = number_of(text);
  if (!weight || *weight < 1 || *weight > 256)
    return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: \"weight\" is invalid", text));
  return static_cast<uint16_t>(*weight);
}

}  // namespace

Result<> NextHopWords::take(std::string_view word) {
  if (due_ == Due::Via && word == "inet") return {};
  if (due_ != Due::Nothing) return set(word);
  if (word == "nexthop") {
    next_hops_.emplace_back();
    begun_ = false;
    return {};
  }
  begun_ = true;
  if (word == "via") {
    due_ = Due::Via;
  } else if (word == "dev") {
    due_ = Due::Dev;
  } else if (word == "weight") {
    due_ = Due::Weight;
  } else if (word == "onlink") {
    next_hops_.back().onlink = true;
  } else {
    return wrong_usage(fmt::format("Error: \"nexthop\" or end of line is expected instead of \"{}\"", word));
  }
  return {};
}

Result<> NextHopWords::set(std::string_view word) {
  WrittenNextHop& hop = next_hops_.back();
  const Due due = std::exchange(due_, Due::Nothing);
  if (due == Due::Via) {
    const auto address = Ipv4Address::parse(word);
    if (!address) return wrong_usage(fmt::format("Error: inet address is expected rather than \"{}\".", word));
    hop.gateway = *address;
  } else if (due == Due::Dev) {
    hop.dev = word;
  } else {
    const auto weight = weight_of(word);
    if (!weight) return tl::unexpected(weight.error());
    hop.weight = *weight;
  }
  return {};
}

Result<std::vector<WrittenNextHop>> NextHopWords::finish() {
  if (due_ != Due::Nothing) return wrong_usage("Command line is not complete. Try option \"help\"");
  if (!begun_) return wrong_usage("Error: unexpected end of line after \"nexthop\"");
  return std::move(next_hops_);
}

void NextHopWords::suggest(Suggestions& may) const {
  may.devices |= due_ == Due::Dev;
  if (due_ != Due::Nothing) return;
  for (const char* word : {"via", "dev", "weight", "onlink"}) may.words.emplace_back(word);
  if (begun_) may.words.emplace_back("nexthop");
}

Result<Value> parse_members(std::string_view text) {
  std::vector<WrittenMember> members;
  for (std::string_view rest = text;;) {
    const size_t slash = rest.find('/');
    const std::string_view one = rest.substr(0, slash);
    const size_t comma = one.find(',');
    const auto id = number_of(one.substr(0, comma));
    if (!id) return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: \"group\" value is invalid", text));
    uint16_t weight = 1;
    if (comma != std::string_view::npos) {
      const auto said = weight_of(one.substr(comma + 1));
      if (!said) return tl::unexpected(said.error());
      weight = *said;
    }
    members.push_back({*id, weight});
    if (slash == std::string_view::npos) return Value{std::move(members)};
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace flyover::control
