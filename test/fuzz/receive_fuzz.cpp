// SPDX-License-Identifier: BSD-3-Clause
// Fuzz target: frames from the wire, through a whole router in memory. After each input every packet is accounted for, every
// mbuf is back, and each frame that left was fit to leave. Half of the inputs are played twice, with other bytes in all fresh
// mbufs: what is sent must not depend on bytes that no frame had. With FUZZ_ALOUD in the environment it says what happens.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "receive_script.hpp"
#include "unseen.hpp"
#include "watched_pool.hpp"
#include "world.hpp"

using namespace flyover::fuzz;

namespace {

struct Street : World {
  std::map<const Profile*, House> houses;

  ~Street() {
    houses.clear();
    reached.print();
  }
  House& house(uint8_t number) {
    const Profile& profile = profiles()[number % profiles().size()];
    return houses.try_emplace(&profile, profile, pool, reached).first->second;
  }
};

std::vector<std::string> in_words(const std::vector<Sent>& sent) {
  std::vector<std::string> words;
  for (const Sent& s : sent) {
    std::string one = s.port + " > ";
    for (const uint8_t b : s.frame) one += fmt::format("{:02x}", b);
    words.push_back(std::move(one));
  }
  std::sort(words.begin(), words.end());  // timers that are due at the same moment may run in any order
  return words;
}

void compare(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  if (one == other) return;
  std::vector<std::string> only;
  std::set_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(only));
  fmt::print(stderr, "sent the first time only:\n{}\n", fmt::join(only, "\n"));
  only.clear();
  std::set_difference(other.begin(), other.end(), one.begin(), one.end(), std::back_inserter(only));
  fmt::print(stderr, "sent the second time only:\n{}\n", fmt::join(only, "\n"));
  flyover::check(false, "what is sent depends on bytes that were never received");
}

std::vector<Sent> play(House& house, const uint8_t* data, size_t size, uint8_t fill) {
  fill_with(fill);
  std::vector<Sent> sent = Script(house, {data, size}, std::getenv("FUZZ_ALOUD") != nullptr).play();
  const Unseen between_inputs;
  house.restore();
  return sent;
}

House& house_of(uint8_t number) {
  const Unseen construction;
  static Street street;
  return street.house(number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  House& house = house_of(data[0]);
  const auto once = play(house, data + 1, size - 1, 0);
  const bool again = data[0] & 0x80;
  if (again) compare(in_words(once), in_words(play(house, data + 1, size - 1, 0xff)));
  return 0;
}
