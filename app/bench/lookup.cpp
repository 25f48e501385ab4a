// SPDX-License-Identifier: BSD-3-Clause
#include "lookup.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "lookup_peers.hpp"
#include "route/synthetic_table.hpp"

namespace flyover::bench {
namespace {

constexpr size_t kKeys = size_t{1} << 20, kCompared = kKeys;
constexpr unsigned kBatchesPerSample = 16384;
constexpr unsigned kLinesPerKey = 4;  // of a packet: two of its mbuf, its header, what is kept of its flow or next hop

using Peers = std::vector<std::unique_ptr<LookupPeer>>;
using Keys = std::vector<uint32_t>;

struct Random {  // an LCG's upper half: the same keys everywhere
  uint64_t state = 88172645463325252ULL;
  uint32_t next() {
    return static_cast<uint32_t>((state = state * 6364136223846793005ULL + 1442695040888963407ULL) >> 32);
  }
};

struct Row {
  std::string keys, other;  // which keys; how much other memory is in use
  unsigned batch;
  std::vector<double> rates;  // by peer, lookups per second
};

struct Update {
  std::string name;
  std::vector<double> microseconds;  // by peer
};

flyover::Result<std::vector<TableRoute>> read_table(std::istream& in, const LookupChoice& choice) {
  std::vector<TableRoute> table;
  std::unordered_map<std::string, uint32_t> words;
  std::string prefix, word;
  while (in >> prefix >> word) {
    const auto p = Ipv4Prefix::parse(prefix);
    if (!p) return wrong_usage(fmt::format("\"{}\" is no prefix", prefix));
    const auto number = static_cast<uint32_t>(words.size());
    const uint32_t hop = words.try_emplace(word, number).first->second % choice.next_hops;
    if (p->length() != 0) table.push_back({*p, hop + 1});
  }
  if (table.empty()) return wrong_usage(fmt::format("{}: no line \"PREFIX WORD\"", choice.table));
  return table;
}

flyover::Result<std::vector<TableRoute>> make_table(const LookupChoice& choice) {
  if (choice.table == "-") return read_table(std::cin, choice);
  if (!choice.table.empty()) {
    std::ifstream file(choice.table);
    if (!file) return wrong_usage(fmt::format("Cannot open \"{}\"", choice.table));
    return read_table(file, choice);
  }
  std::vector<TableRoute> table;
  for (const auto& [prefix, hop] : route::synthetic_table(choice.routes, choice.next_hops, 1))
    table.push_back({prefix, hop + 1});
  return table;
}

// Addresses in random prefixes of the table.
Keys random_keys(const std::vector<TableRoute>& table, size_t count) {
  Random random;
  Keys keys(count);
  for (uint32_t& key : keys) {
    const Ipv4Prefix& p = table[uint64_t{random.next()} * table.size() >> 32].prefix;
    key = p.network().host() | (random.next() & ~p.mask());
  }
  return keys;
}

// Any addresses at all, routed or not, but for those that no packet is forwarded to.
Keys uniform_keys(size_t count) {
  Random random{2};
  Keys keys(count);
  for (uint32_t& key : keys) key = static_cast<uint32_t>(uint64_t{random.next()} * 0xdf000000 >> 32) + 0x01000000;
  return keys;
}

// The n-th of a million of them comes 1/n as often as the first.
Keys zipf_keys(const std::vector<TableRoute>& table) {
  const Keys ranked = random_keys(table, 1000000);
  Random random{1};
  Keys keys(kKeys);
  const double log_size = std::log(static_cast<double>(ranked.size()));
  for (uint32_t& key : keys)
    key = ranked[std::min(ranked.size() - 1, static_cast<size_t>(std::exp(random.next() / 0x1p32 * log_size)) - 1)];
  return keys;
}

bool all_agree(const Peers& peers, const Keys& keys) {
  uint64_t answers[64], others[64];
  for (size_t at = 0; at + 64 <= kCompared; at += 64) {
    peers[0]->lookup(&keys[at], answers, 64);
    for (size_t p = 1; p < peers.size(); ++p) {
      peers[p]->lookup(&keys[at], others, 64);
      for (unsigned i = 0; i < 64; ++i)
        if (peers[0]->value(answers, i) != peers[p]->value(others, i)) return false;
    }
  }
  return true;
}

// What else a forwarder does between two batches: it touches a few lines for each packet, of a stretch of memory in turn.
class OtherMemory {
 public:
  explicit OtherMemory(size_t bytes) : lines_(bytes / 64), memory_(bytes / 8) {}
  void touch(unsigned lines) {
    if (lines_ == 0) return;
    for (unsigned i = 0; i < lines; ++i) {
      memory_[at_ * 8] += 1;
      at_ = at_ + 1 == lines_ ? 0 : at_ + 1;
    }
  }

 private:
  size_t lines_, at_ = 0;
  std::vector<uint64_t> memory_;
};

uint64_t timer_cost() {
  uint64_t least = ~0ULL;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t a = rte_rdtsc_precise();
    least = std::min(least, rte_rdtsc_precise() - a);
  }
  return least;
}

// Cycles of one sample of batches, each timed by itself.
uint64_t sample(const LookupPeer& peer, const Keys& keys, unsigned batch, size_t& at, OtherMemory& other) {
  uint64_t answers[64], cycles = 0;
  for (unsigned i = 0; i < kBatchesPerSample; ++i) {
    if (at + batch > keys.size()) at = 0;
    other.touch(kLinesPerKey * batch);
    const uint64_t before = rte_rdtsc_precise();
    peer.lookup(&keys[at], answers, batch);
    cycles += rte_rdtsc_precise() - before;
    at += batch;
  }
  return cycles;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// The peers take turns.
Row measure(const Peers& peers, const Keys& keys, Row row, size_t other_bytes, int samples) {
  OtherMemory other(other_bytes);
  std::vector<std::vector<double>> rates(peers.size());
  const uint64_t timer = timer_cost() * kBatchesPerSample;
  size_t at = 0;
  for (int s = -1; s < samples; ++s) {
    for (size_t p = 0; p < peers.size(); ++p) {
      const uint64_t cycles = sample(*peers[p], keys, row.batch, at, other) - timer;
      const double lookups = double{kBatchesPerSample} * row.batch;
      if (s >= 0)  // the first one warms up
        rates[p].push_back(lookups * static_cast<double>(rte_get_tsc_hz()) / static_cast<double>(cycles));
    }
  }
  for (auto& r : rates) row.rates.push_back(median(std::move(r)));
  return row;
}

double microseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

// One by one, each published before the next.
std::vector<Update> measure_updates(const Peers& peers, const std::vector<TableRoute>& table) {
  constexpr size_t kChanges = 100000;
  const std::unordered_set<Ipv4Prefix> taken = [&] {
    std::unordered_set<Ipv4Prefix> all;
    for (const TableRoute& r : table) all.insert(r.prefix);
    return all;
  }();
  std::vector<Ipv4Prefix> free;
  for (const uint32_t key : random_keys(table, 2 * kChanges))
    if (const Ipv4Prefix p(Ipv4Address(key), 24); free.size() < kChanges && !taken.contains(p)) free.push_back(p);
  std::vector<Update> updates{{"another next hop", {}},
                              {"a /24 comes, and goes again", {}},
                              {"a /9 comes, and goes again", {}},
                              {"half of all addresses come", {}},
                              {"half of all addresses go", {}}};
  for (const auto& peer : peers) {
    Random random;
    updates[0].microseconds.push_back(microseconds([&] {
                                        for (size_t i = 0; i < kChanges; ++i) {
                                          const TableRoute& r = table[uint64_t{random.next()} * table.size() >> 32];
                                          peer->set(r.prefix, 1 + random.next() % 512);
                                        }
                                      }) /
                                      kChanges);
    updates[1].microseconds.push_back(microseconds([&] {
                                        for (const Ipv4Prefix& p : free) peer->set(p, 7), peer->clear(p);
                                      }) /
                                      static_cast<double>(2 * free.size()));
    const Ipv4Prefix wide(Ipv4Address(free[0].network().host()), 9), half(Ipv4Address(0, 0, 0, 0), 1);
    updates[2].microseconds.push_back(microseconds([&] {
                                        for (int i = 0; i < 50; ++i) peer->set(wide, 7), peer->clear(wide);
                                      }) /
                                      100);
    updates[3].microseconds.push_back(microseconds([&] { peer->set(half, 7); }));
    updates[4].microseconds.push_back(microseconds([&] { peer->clear(half); }));
  }
  return updates;
}

struct Replayed {
  size_t updates = 0;
  std::vector<double> microseconds;  // by peer
};

// Lines "TIME a|w PREFIX NEXT-HOP": what a router was told by its neighbours.
flyover::Result<Replayed> replay(const Peers& peers, const LookupChoice& choice) {
  std::ifstream file(choice.updates);
  if (!file) return wrong_usage(fmt::format("Cannot open \"{}\"", choice.updates));
  std::vector<TableRoute> updates;  // value 0: withdrawn
  std::unordered_map<std::string, uint32_t> hops;
  std::string line, time, what, prefix, hop;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    words >> time >> what >> prefix;
    const auto p = Ipv4Prefix::parse(prefix);
    if (!p || (what != "a" && what != "w")) return wrong_usage(fmt::format("\"{}\" is no update", line));
    hop.clear(), words >> hop;
    const auto number = static_cast<uint32_t>(hops.size());
    const uint32_t value = 1 + hops.try_emplace(hop, number).first->second % choice.next_hops;
    if (p->length() != 0) updates.push_back({*p, what == "a" ? value : 0});
  }
  Replayed done{updates.size(), {}};
  for (const auto& peer : peers)
    done.microseconds.push_back(microseconds([&] {
                                  for (const TableRoute& u : updates)
                                    u.value ? peer->set(u.prefix, u.value) : peer->clear(u.prefix);
                                }) /
                                static_cast<double>(updates.size()));
  return done;
}

std::string as_text(const Peers& peers, const std::vector<Row>& rows, const std::vector<Update>& updates) {
  std::string text = fmt::format("{:<8} {:>7} {:>6}", "keys", "other", "batch");
  for (const auto& p : peers) text += fmt::format(" {:>16}", p->name());
  text += "   (million lookups a second, and against the second)\n";
  for (const Row& r : rows) {
    text += fmt::format("{:<8} {:>7} {:>6}", r.keys, r.other, r.batch);
    for (const double rate : r.rates) text += fmt::format(" {:>8.1f} {:>7.2f}", rate / 1e6, rate / r.rates[1]);
    text += "\n";
  }
  text += "\nmicroseconds an update, published one by one\n";
  for (const Update& u : updates) {
    text += fmt::format("{:<30}", u.name);
    for (const double us : u.microseconds) text += fmt::format(" {:>12.2f}", us);
    text += "\n";
  }
  return text;
}

}  // namespace

flyover::Result<> run_lookup(const LookupChoice& choice) {
  const auto table = make_table(choice);
  if (!table) return tl::unexpected(table.error());
  std::unordered_set<uint32_t> large;
  for (const TableRoute& r : *table)
    if (r.prefix.length() > 24) large.insert(r.prefix.network().host() >> 8);
  const size_t routes = table->size() + 1000;
  const auto blocks = static_cast<uint32_t>(large.size() + 256);
  Peers peers;
  peers.push_back(make_flyover());
  peers.push_back(make_rte_fib(routes, blocks));
  if (choice.lpm) peers.push_back(make_rte_lpm(routes, blocks));
  fmt::print("{} routes\n", table->size());
  for (const auto& peer : peers) {
    const double us = microseconds([&] {
      for (const TableRoute& r : *table) peer->set(r.prefix, r.value);
    });
    fmt::print("{:<16} {:>8.2f} MiB {:>8.2f} s to build\n", peer->name(), static_cast<double>(peer->memory()) / 0x1p20,
               us / 1e6);
  }
  const Keys uniform = uniform_keys(kKeys), random = random_keys(*table, kKeys), zipf = zipf_keys(*table);
  if (!all_agree(peers, uniform) || !all_agree(peers, random) || !all_agree(peers, zipf))
    return refused("the tables do not agree");
  std::vector<Row> rows;
  for (const unsigned batch : {32U, 64U})
    for (const auto& [keys, name] :
         {std::pair(&uniform, "uniform"), std::pair(&random, "routed"), std::pair(&zipf, "zipf")})
      for (const auto& [bytes, other] :
           {std::pair(0UL, "none"), std::pair(1UL << 20, "1 MiB"), std::pair(16UL << 20, "16 MiB")})
        rows.push_back(measure(peers, *keys, {name, other, batch, {}}, bytes, choice.samples));
  auto updates = measure_updates(peers, *table);
  if (!choice.updates.empty()) {
    const auto replayed = replay(peers, choice);
    if (!replayed) return tl::unexpected(replayed.error());
    updates.push_back({fmt::format("{} updates replayed", replayed->updates), replayed->microseconds});
  }
  if (!all_agree(peers, uniform) || !all_agree(peers, random))
    return refused("the tables do not agree after the updates");
  fmt::print("\n{}", as_text(peers, rows, updates));
  return {};
}

}  // namespace flyover::bench
