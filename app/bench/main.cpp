// SPDX-License-Identifier: BSD-3-Clause
// flyover-bench: what the pipeline costs on this machine, without a NIC.
#include <fmt/core.h>
#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "cases.hpp"
#include "dpdk/eal.hpp"
#include "lookup.hpp"
#include "report.hpp"
#include "storm.hpp"

namespace {

constexpr const char* kUsage =
    "usage: flyover-bench [lookup|storm] [--quick] [--routes N] [--rounds N] [--only TEXT] [--json FILE] [--svg FILE]\n"
    "  Cycles are TSC cycles per packet, median over single bursts, each timed by itself, so that an\n"
    "  interruption spoils one burst only; the driver is not in them.\n"
    "  --quick     few rounds and 100,000 routes: a check that it runs, no figures\n"
    "  --routes N  routes of the big table (default 1000000)\n"
    "  --rounds N  of 64k packets each, whose bursts are taken together (default 31)\n"
    "  --only TEXT cases whose name contains TEXT\n"
    "  --json FILE, --svg FILE  the same as JSON, as a plot ('-': standard output)\n";

constexpr const char* kLookupUsage =
    "usage: flyover-bench lookup [--table FILE] [--updates FILE] [--routes N] [--next-hops N] [--samples N] [--lpm]\n"
    "  Lookups and updates of the routing table beside DPDK's rte_fib.\n"
    "  --table FILE   lines \"PREFIX WORD\", equal words being equal next hops ('-': standard input)\n"
    "  --updates FILE lines \"TIME a|w PREFIX WORD\" (announced, withdrawn), replayed\n"
    "  --routes N     of a made table, without a file (default 1000000)\n"
    "  --next-hops N  words are dealt out to so many (default 512)\n"
    "  --samples N    whose median counts (default 11)\n"
    "  --lpm          rte_lpm too, which takes minutes to take in a full table\n";

constexpr const char* kStormUsage =
    "usage: flyover-bench storm [--quick] [--routes N] [--changes N] [--rounds N]\n"
    "  The journey while another thread changes routes; fails if a packet is lost or goes astray.\n"
    "  --quick      few rounds and 20,000 routes: a check, no figures\n"
    "  --routes N   of the table (default 1000000)\n"
    "  --changes N  a second (default 100000)\n"
    "  --rounds N   of 64k packets each (default 31)\n";

unsigned long free_hugepages_mib() {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  unsigned long pages = 0;
  file >> pages;
  return 2 * pages;
}

bool write_file(const std::string& name, const std::string& text) {
  if (name == "-") return std::fputs(text.c_str(), stdout) >= 0;
  std::FILE* file = std::fopen(name.c_str(), "w");
  if (!file) return std::perror(name.c_str()), false;
  const bool good = std::fputs(text.c_str(), file) >= 0;
  return std::fclose(file) == 0 && good;
}

int journey_main(int argc, char** argv) {
  const option options[] = {{"quick", 0, nullptr, 'q'}, {"routes", 1, nullptr, 'r'}, {"rounds", 1, nullptr, 'n'},
                            {"only", 1, nullptr, 'o'},  {"json", 1, nullptr, 'j'},   {"svg", 1, nullptr, 's'},
                            {"help", 0, nullptr, 'h'},  {nullptr, 0, nullptr, 0}};
  flyover::bench::Choice choice;
  std::string json, svg;
  for (int c; (c = getopt_long(argc, argv, "h", options, nullptr)) != -1;) {
    switch (c) {
      case 'q': choice.routes = 100000, choice.rounds = 5; break;
      case 'r': choice.routes = static_cast<uint32_t>(std::atol(optarg)); break;
      case 'n': choice.rounds = std::max(1, std::atoi(optarg)); break;
      case 'o': choice.only = optarg; break;
      case 'j': json = optarg; break;
      case 's': svg = optarg; break;
      default: return std::fputs(kUsage, c == 'h' ? stdout : stderr), c == 'h' ? 0 : 1;
    }
  }
  auto eal = flyover::dpdk::Eal::start("flyover-bench", {"--no-huge", "--no-shconf", "--no-pci", "-m", "256", "-l", "0",
                                                         "--log-level=error", "--no-telemetry"});
  if (!eal) return std::fprintf(stderr, "flyover-bench: %s\n", eal.error().message.c_str()), 1;
  const auto results = flyover::bench::run_cases(choice);
  if (json != "-" && svg != "-") std::fputs(flyover::bench::as_text(results).c_str(), stdout);
  if (!json.empty() && !write_file(json, flyover::bench::as_json(results))) return 1;
  if (!svg.empty() && !write_file(svg, flyover::bench::as_svg(results))) return 1;
  return results.empty() ? 1 : 0;
}

// EAL with so many MiB, in hugepages if there are enough.
flyover::Result<flyover::dpdk::Eal> start_eal(unsigned mib) {
  std::vector<std::string> arguments{"--no-pci",
                                     "-m",
                                     std::to_string(mib),
                                     "-l",
                                     "0",
                                     "--log-level=error",
                                     "--no-telemetry",
                                     "--force-max-simd-bitwidth=512"};
  const bool huge = free_hugepages_mib() >= mib;
  if (huge)
    arguments.push_back("--in-memory");
  else
    arguments.insert(arguments.end(), {"--no-huge", "--no-shconf"});
  return flyover::dpdk::Eal::start("flyover-bench", arguments);
}

int lookup_main(int argc, char** argv) {
  const option options[] = {{"table", 1, nullptr, 't'}, {"routes", 1, nullptr, 'r'},  {"next-hops", 1, nullptr, 'n'},
                            {"lpm", 0, nullptr, 'l'},   {"updates", 1, nullptr, 'u'}, {"samples", 1, nullptr, 's'},
                            {"help", 0, nullptr, 'h'},  {nullptr, 0, nullptr, 0}};
  flyover::bench::LookupChoice choice;
  for (int c; (c = getopt_long(argc, argv, "h", options, nullptr)) != -1;) {
    switch (c) {
      case 't': choice.table = optarg; break;
      case 'r': choice.routes = static_cast<uint32_t>(std::atol(optarg)); break;
      case 'n': choice.next_hops = static_cast<uint32_t>(std::max(1, std::atoi(optarg))); break;
      case 'u': choice.updates = optarg; break;
      case 'l': choice.lpm = true; break;
      case 's': choice.samples = std::max(1, std::atoi(optarg)); break;
      default: return std::fputs(kLookupUsage, c == 'h' ? stdout : stderr), c == 'h' ? 0 : 1;
    }
  }
  // rte_fib's own prefixes take most of it.
  auto eal = start_eal(choice.table.empty() ? 256 + choice.routes / 1000 : 1536);
  if (!eal) return std::fprintf(stderr, "flyover-bench: %s\n", eal.error().message.c_str()), 1;
  const auto done = flyover::bench::run_lookup(choice);
  if (!done) std::fprintf(stderr, "flyover-bench: %s\n", done.error().message.c_str());
  return done ? 0 : 1;
}

int storm_main(int argc, char** argv) {
  const option options[] = {{"quick", 0, nullptr, 'q'},  {"routes", 1, nullptr, 'r'}, {"changes", 1, nullptr, 'c'},
                            {"rounds", 1, nullptr, 'n'}, {"help", 0, nullptr, 'h'},   {nullptr, 0, nullptr, 0}};
  flyover::bench::StormChoice choice;
  for (int c; (c = getopt_long(argc, argv, "h", options, nullptr)) != -1;) {
    switch (c) {
      case 'q': choice.routes = 20000, choice.rounds = 3; break;
      case 'r': choice.routes = static_cast<uint32_t>(std::max(1L, std::atol(optarg))); break;
      case 'c': choice.changes = static_cast<uint32_t>(std::max(1L, std::atol(optarg))); break;
      case 'n': choice.rounds = std::max(1, std::atoi(optarg)); break;
      default: return std::fputs(kStormUsage, c == 'h' ? stdout : stderr), c == 'h' ? 0 : 1;
    }
  }
  auto eal = start_eal(256);
  if (!eal) return std::fprintf(stderr, "flyover-bench: %s\n", eal.error().message.c_str()), 1;
  const auto done = flyover::bench::run_storm(choice);
  if (!done) std::fprintf(stderr, "flyover-bench: %s\n", done.error().message.c_str());
  return done ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "lookup") return lookup_main(argc - 1, argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == "storm") return storm_main(argc - 1, argv + 1);
  return journey_main(argc, argv);
}
