// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the states of a neighbour, their sets and names
// Linux counterpart : NUD_* of neighbour.h, same values
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace flyover::neighbour {

enum class State : uint8_t {
  None = 0,
  Incomplete = 1,   // asked by broadcast, no answer yet; packets wait
  Reachable = 2,    // confirmed not long ago
  Stale = 4,        // known, not confirmed lately, not used since
  Delay = 8,        // used while stale; a confirmation may still come by itself
  Probe = 16,       // asked by unicast
  Failed = 32,      // did not answer
  Noarp = 64,       // needs no ARP; never asked
  Permanent = 128,  // set by the administrator; never asked, never evicted
};

constexpr uint8_t bits(State s) { return static_cast<uint8_t>(s); }

inline constexpr uint8_t kConnected = bits(State::Permanent) | bits(State::Noarp) | bits(State::Reachable);
inline constexpr uint8_t kValid = kConnected | bits(State::Stale) | bits(State::Delay) | bits(State::Probe);
inline constexpr uint8_t kInTimer =
    bits(State::Incomplete) | bits(State::Reachable) | bits(State::Delay) | bits(State::Probe);

constexpr bool is_in(State s, uint8_t set) { return bits(s) & set; }
constexpr bool is_valid(State s) { return is_in(s, kValid); }  // its MAC may be used

struct StateName {
  State state;
  std::string_view name;  // as `ip neigh show` prints it
  std::string_view word;  // as `nud` takes it
};
inline constexpr std::array kStateNames = std::to_array<StateName>({
    {State::None, "NONE", "none"},
    {State::Incomplete, "INCOMPLETE", "incomplete"},
    {State::Reachable, "REACHABLE", "reachable"},
    {State::Stale, "STALE", "stale"},
    {State::Delay, "DELAY", "delay"},
    {State::Probe, "PROBE", "probe"},
    {State::Failed, "FAILED", "failed"},
    {State::Noarp, "NOARP", "noarp"},
    {State::Permanent, "PERMANENT", "permanent"},
});

constexpr std::string_view name_of(State s) {
  for (const StateName& n : kStateNames)
    if (n.state == s) return n.name;
  return "?";
}
constexpr std::optional<State> state_of(std::string_view word) {
  for (const StateName& n : kStateNames)
    if (n.word == word) return n.state;
  return std::nullopt;
}

}  // namespace flyover::neighbour
