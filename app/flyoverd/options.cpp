// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

namespace po = boost::program_options;

namespace flyover::daemon {
namespace {

// Sets what `text` says; returns what would be right instead, or nothing.
using Apply = std::string (*)(Config&, const std::string& text);

struct Option {
  const char* name;
  const char* argument;
  const char* help;
  Apply apply;
};

template <auto Member, uint64_t Least, uint64_t Most>
std::string number(Config& config, const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < Least || value > Most)
    return fmt::format("a number from {} to {}", Least, Most);
  config.*Member = static_cast<std::remove_reference_t<decltype(config.*Member)>>(value);
  return "";
}

template <auto Member>
std::string path(Config& config, const std::string& text) {
  if (text.empty()) return "a path";
  config.*Member = text;
  return "";
}

template <auto Member, class Value>
std::string one_of(Config& config, const std::string& text, const std::vector<std::pair<const char*, Value>>& words) {
  std::string known;
  for (const auto& [word, value] : words) {
    if (text == word) return config.*Member = value, "";
    known += known.empty() ? word : fmt::format(", {}", word);
  }
  return "one of " + known;
}

std::string cores(Config& config, const std::string& text) {
  const auto list = parse_cores(text);
  if (!list) return "a list of cores like 0,2-4";
  config.cores = *list;
  return "";
}

std::string huge(Config& config, const std::string& text) {
  return one_of<&Config::huge, HugePages>(config, text,
                                          {{"auto", HugePages::Auto}, {"on", HugePages::On}, {"off", HugePages::Off}});
}

std::string log_level(Config& config, const std::string& text) {
  return one_of<&Config::log_level, LogLevel>(config, text,
                                              {{"error", LogLevel::Error},
                                               {"warning", LogLevel::Warning},
                                               {"info", LogLevel::Info},
                                               {"debug", LogLevel::Debug}});
}

std::string pin(Config& config, const std::string& text) {
  return one_of<&Config::pin, bool>(config, text, {{"on", true}, {"off", false}});
}

const Option kOptions[] = {
    {"init", "FILE", "commands to execute first, one per line, as `flyover -b` takes them", path<&Config::init>},
    {"socket", "PATH", "where `flyover` finds the daemon (/run/flyover/flyover.sock)", path<&Config::socket>},
    {"log-level", "WORD", "error, warning, info or debug (info)", log_level},
    {"workers", "N", "threads that forward packets (one per core but the first)", number<&Config::workers, 1, 127>},
    {"cores", "LIST", "cores of the control thread and then of each worker, like 0,2-4", cores},
    {"pin", "on|off", "keep each thread on its core (on)", pin},
    {"idle-sleep-us", "N", "microseconds that a worker sleeps when it is idle; 0: it polls on (0)",
     number<&Config::idle_sleep_us, 0, 100000>},
    {"hang-seconds", "N", "report a worker that stands still for so long (5)", number<&Config::hang_s, 1, 3600>},
    {"huge", "auto|on|off", "take memory from hugepages; auto: if there are enough (auto)", huge},
    {"memory", "MB", "memory to take when there are no hugepages (512)", number<&Config::memory_mb, 64, 1048576>},
    {"mbufs", "N", "packet buffers of a pool; one pool per NUMA node (16383)", number<&Config::mbufs, 1023, 16777215>},
    {"jumbo-mbufs", "N", "buffers for long frames on ports that take them in one piece (4095)",
     number<&Config::jumbo_mbufs, 255, 16777215>},
    {"descriptors", "N", "packets that a port's queue holds; 0: what its driver prefers (0)",
     number<&Config::descriptors, 0, 32768>},
    {"exit-when-idle", "MS", "end when no packet has moved for so long; for ports that read files",
     number<&Config::exit_when_idle_ms, 1, 3600000>},
};

const Option* find(const std::string& name) {
  const auto at =
      std::find_if(std::begin(kOptions), std::end(kOptions), [&](const Option& o) { return name == o.name; });
  return at == std::end(kOptions) ? nullptr : at;
}

po::options_description description(bool command_line) {
  po::options_description d("Options", 110);
  for (const Option& o : kOptions) d.add_options()(o.name, po::value<std::string>()->value_name(o.argument), o.help);
  if (command_line) {
    d.add_options()("config", po::value<std::string>()->value_name("FILE"),
                    "configuration (/etc/flyover/flyover.conf)");
    d.add_options()("help,h", "print this and end")("version,V", "print the version and end");
  }
  return d;
}

// A value, and how to call the place that it comes from.
struct Given {
  std::string place, value;
};
using Values = std::map<std::string, Given>;

// In the order in which they were written, so that errors come in that order too.
void give(Values& values, const std::string& name, Given given, Start& start) {
  const auto [at, fresh] = values.emplace(name, given);
  if (!fresh) {
    start.errors.push_back(fmt::format("{}: given before, by {}", given.place, at->second.place));
  } else if (const Option* option = find(name)) {
    const std::string right = option->apply(start.config, given.value);
    if (!right.empty()) start.errors.push_back(fmt::format("{}: \"{}\" is not {}", given.place, given.value, right));
  }
}

Values read_command_line(const std::vector<std::string>& words, Start& start) {
  Values values;
  using Style = po::command_line_style::style_t;
  const int style = (po::command_line_style::default_style | Style::allow_long) & ~Style::allow_guessing;
  try {
    const auto all = description(true);
    const auto parsed = po::command_line_parser(words).options(all).style(style).allow_unregistered().run();
    for (const auto& option : parsed.options) {
      if (option.unregistered || option.position_key >= 0) {
        start.errors.push_back(
            fmt::format("\"{}\": there is no such option; see flyoverd --help", option.original_tokens[0]));
      } else if (option.string_key == "help") {
        start.help = true;
      } else if (option.string_key == "version") {
        start.version = true;
      } else {
        give(values, option.string_key, {"--" + option.string_key, option.value.at(0)}, start);
      }
    }
  } catch (const po::error& e) {
    start.errors.emplace_back(e.what());
  }
  return values;
}

// Line by line, so that each error can name its line. What the command line says goes before the file.
void read_file(const std::string& name, const Values& command_line, Start& start) {
  std::vector<std::string>& errors = start.errors;
  std::ifstream file(name);
  if (!file) {
    errors.push_back(name + ": cannot be read");
    return;
  }
  Values values;
  const auto all = description(false);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string place = fmt::format("{}:{}", name, number);
    try {
      std::istringstream one(line);
      for (const auto& option : po::parse_config_file(one, all, true).options) {
        if (option.unregistered)
          errors.push_back(fmt::format("{}: there is no key \"{}\"", place, option.string_key));
        else if (!command_line.contains(option.string_key))
          give(values, option.string_key, {place + ": " + option.string_key, option.value.at(0)}, start);
      }
    } catch (const po::error&) {
      errors.push_back(fmt::format("{}: \"{}\" is not KEY = VALUE", place, line));
    }
  }
  if (file.bad()) errors.push_back(name + ": cannot be read");  // a folder, perhaps
}

void check_together(Start& start) {
  const Config& c = start.config;
  if (c.cores.empty()) return;
  const size_t threads = c.workers + 1U;
  if (c.workers && c.cores.size() > 1 && c.cores.size() != threads)
    start.errors.push_back(
        fmt::format("cores: {} cores for the control thread and {} worker(s); give {}, or one for all", c.cores.size(),
                    c.workers, threads));
}

}  // namespace

std::optional<std::vector<unsigned>> parse_cores(std::string_view text) {
  std::vector<unsigned> out;
  const char* at = text.data();
  const char* end = at + text.size();
  const auto read = [&](unsigned& value) {
    const auto [next, error] = std::from_chars(at, end, value);
    at = next;
    return error == std::errc() && value < 1024;
  };
  while (true) {
    unsigned first = 0, last = 0;
    if (!read(first)) return {};
    last = first;
    if (at != end && *at == '-' && (++at, !read(last))) return {};
    if (last < first) return {};
    for (unsigned core = first; core <= last; ++core) out.push_back(core);
    if (at == end) return out;
    if (*at++ != ',') return {};
  }
}

Start read_options(const std::vector<std::string>& arguments, const std::string& usual_file) {
  Start start;
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  if (separator != arguments.end()) start.config.eal.assign(separator + 1, arguments.end());

  const Values line = read_command_line({arguments.begin(), separator}, start);
  if (const auto config = line.find("config"); config != line.end())
    read_file(config->second.value, line, start);
  else if (std::ifstream(usual_file))
    read_file(usual_file, line, start);
  check_together(start);
  return start;
}

std::string options_help() {
  std::ostringstream out;
  out << "usage: flyoverd [--config FILE] [--init FILE] [OPTION...] [-- EAL-OPTION...]\n\n"
         "Every option is a key of the configuration file too: KEY = VALUE.\n\n"
      << description(true) << "\nAfter -- DPDK's own options: -l, --vdev, -a, -d, --file-prefix ...\n";
  return out.str();
}

std::string options_man_page() {
  std::string page =
      ".TH FLYOVERD 8\n.SH NAME\nflyoverd \\- IPv4 router on DPDK that behaves like Linux\n"
      ".SH SYNOPSIS\n.B flyoverd\n[\\-\\-config FILE] [\\-\\-init FILE] [OPTION...] [\\-\\- EAL-OPTION...]\n"
      ".SH DESCRIPTION\nForwards packets between the devices that\n.BR flyover (8)\nmakes its ports. "
      "Without an option it starts with no ports and waits for commands.\n.PP\n"
      "Every option is a key of the configuration file too (KEY = VALUE); the command line goes before it. "
      "What stands behind \\-\\- is given to DPDK's EAL and wins.\n.SH OPTIONS\n"
      ".TP\n.BI \\-\\-config \" FILE\"\nthe configuration file (/etc/flyover/flyover.conf, if it is there)\n";
  for (const Option& o : kOptions) page += fmt::format(".TP\n.BI \\-\\-{} \" {}\"\n{}\n", o.name, o.argument, o.help);
  return page +
         ".SH SIGNALS\nSIGTERM, SIGINT and SIGHUP end it, after a check that every packet is accounted for.\n"
         ".SH EXIT STATUS\n0 after a signal, 1 when it could not start or something was missing at the end.\n"
         ".SH FILES\n.TP\n.I /etc/flyover/flyover.conf\n.TP\n.I /run/flyover/flyover.sock\nthe control socket\n"
         ".SH SEE ALSO\n.BR flyover (8)\n";
}

}  // namespace flyover::daemon
