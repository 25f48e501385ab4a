// SPDX-License-Identifier: BSD-3-Clause
#include "control/print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace flyover::control {
namespace {

std::string text_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

uint64_t number_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? found->get<uint64_t>() : 0;
}

std::string joined(const Json& list, char separator) {
  std::string text;
  for (const Json& word : list) {
    if (!text.empty()) text += separator;
    text += word.get<std::string>();
  }
  return text;
}

// " key value" for each key that is there.
std::string pairs(const Json& row, std::initializer_list<std::pair<const char*, const char*>> words) {
  std::string text;
  for (const auto& [key, word] : words)
    if (row.contains(key)) text += fmt::format("{} {} ", word, text_of(row, key));
  return text;
}

// -oneline: line feeds inside a record become backslashes.
std::string on_one_line(std::string text) {
  for (size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '\n') text[i] = '\\';
  return text;
}

std::string name_of(const Json& row) {
  const std::string name = text_of(row, "ifname");
  return row.contains("link") ? fmt::format("{}@{}", name, text_of(row, "link")) : name;
}

// ---- counters: columns that are as wide as their longest number ----

constexpr std::array<unsigned, 6> kColumns{10, 7, 6, 7, 7, 7};
using Numbers = std::vector<uint64_t>;

struct Counters {
  const Json& rx;
  const Json& tx;
  bool errors;
  Numbers received() const {
    return {number_of(rx, "bytes"),
            number_of(rx, "packets"),
            number_of(rx, "errors"),
            number_of(rx, "dropped"),
            number_of(rx, rx.contains("missed_errors") ? "missed_errors" : "over_errors"),
            number_of(rx, "multicast")};
  }
  Numbers sent() const {
    return {number_of(tx, "bytes"),   number_of(tx, "packets"),        number_of(tx, "errors"),
            number_of(tx, "dropped"), number_of(tx, "carrier_errors"), number_of(tx, "collisions")};
  }
  Numbers receive_errors() const {
    return {0,
            number_of(rx, "length_errors"),
            number_of(rx, "crc_errors"),
            number_of(rx, "frame_errors"),
            number_of(rx, "fifo_errors"),
            number_of(rx, "over_errors")};
  }
  Numbers send_errors() const {
    return {0,
            number_of(tx, "aborted_errors"),
            number_of(tx, "fifo_errors"),
            number_of(tx, "window_errors"),
            number_of(tx, "heartbeat_errors"),
            number_of(tx, "carrier_changes")};
  }
};

std::string header_line(const std::array<unsigned, 6>& width, const char* title, std::array<const char*, 6> words) {
  std::string text = fmt::format("    {}{:>{}}", title, words[0], width[0] - std::char_traits<char>::length(title));
  for (size_t i = 1; i < words.size(); ++i) text += fmt::format(" {:>{}}", words[i], width[i]);
  return text;
}

std::string number_line(const std::array<unsigned, 6>& width, const Numbers& numbers, bool first) {
  std::string text = "    ";
  text += first ? fmt::format("{:>{}} ", numbers[0], width[0]) : std::string(width[0] + 1, ' ');
  for (size_t i = 1; i < numbers.size(); ++i) text += fmt::format("{:>{}} ", numbers[i], width[i]);
  return text;
}

std::string print_counters(const Json& stats, const Style& style) {
  const Counters c{stats.at("rx"), stats.at("tx"), style.statistics > 1};
  std::array<unsigned, 6> width = kColumns;
  std::vector<Numbers> all{c.received(), c.sent()};
  if (c.errors) all.insert(all.end(), {c.receive_errors(), c.send_errors()});
  for (const Numbers& numbers : all)
    for (size_t i = 0; i < width.size(); ++i)
      width[i] = std::max(width[i], static_cast<unsigned>(fmt::formatted_size("{}", numbers[i])));
  const std::string blank(11, ' ');  // a column of `ip` that is empty
  std::string text;
  const auto lines = [&](const std::string& header, const std::string& numbers) {
    text.append("\n").append(header).append("\n").append(numbers);
  };
  lines(header_line(width, "RX:", {"bytes", "packets", "errors", "dropped", "missed", "mcast"}) + blank,
        number_line(width, c.received(), true));
  if (c.errors)
    lines(header_line(width, "RX errors:", {"", "length", "crc", "frame", "fifo", "overrun"}),
          number_line(width, c.receive_errors(), false));
  lines(header_line(width, "TX:", {"bytes", "packets", "errors", "dropped", "carrier", "collsns"}) + blank,
        number_line(width, c.sent(), true));
  if (c.errors)
    lines(header_line(width, "TX errors:", {"", "aborted", "fifo", "window", "heartbt", "transns"}),
          number_line(width, c.send_errors(), false));
  return text;
}

// ---- links and addresses ----

std::string first_line(const Json& row) {
  std::string text = fmt::format("{}: {}: <{}> mtu {} qdisc {} state {} ", number_of(row, "ifindex"), name_of(row),
                                 joined(row.at("flags"), ','), number_of(row, "mtu"), text_of(row, "qdisc"),
                                 text_of(row, "operstate"));
  text += pairs(row, {{"linkmode", "mode"}, {"group", "group"}, {"txqlen", "qlen"}});
  text.pop_back();
  return text;
}

std::string link_line(const Json& row) {
  if (!row.contains("link_type")) return {};
  std::string text = fmt::format("\n    link/{} {} brd {}", text_of(row, "link_type"), text_of(row, "address"),
                                 text_of(row, "broadcast"));
  std::string more = pairs(row, {{"promiscuity", "promiscuity"},
                                 {"min_mtu", "minmtu"},
                                 {"max_mtu", "maxmtu"},
                                 {"num_tx_queues", "numtxqueues"},
                                 {"num_rx_queues", "numrxqueues"},
                                 {"parentbus", "parentbus"},
                                 {"parentdev", "parentdev"},
                                 {"driver", "driver"},
                                 {"numa_node", "numa_node"},
                                 {"speed", "speed"}});
  if (const Json none = Json::array(); row.value("features", none) != none)
    more += fmt::format("features {} ", joined(row.at("features"), ','));
  return more.empty() ? text : text + " " + more;
}

std::string brief(const Json& row, const std::string& rest) {
  return fmt::format("{:<16} {:<14} {}\n", name_of(row), text_of(row, "operstate"), rest);
}

std::string address_with_length(const Json& address) {
  if (!address.contains("address"))
    return fmt::format("{}/{}", text_of(address, "local"), number_of(address, "prefixlen"));
  return fmt::format("{} peer {}/{}", text_of(address, "local"), text_of(address, "address"),
                     number_of(address, "prefixlen"));
}

std::string address_text(const Json& address) {
  std::string text = fmt::format("    {} {} ", text_of(address, "family"), address_with_length(address));
  text += pairs(address, {{"broadcast", "brd"}, {"scope", "scope"}});
  if (address.value("secondary", false)) text += "secondary ";
  return text + text_of(address, "label") + "\n       valid_lft forever preferred_lft forever";
}

// An address and, if it is there, its length.
std::string with_length(const Json& row, const char* address, const char* length) {
  const std::string text = text_of(row, address);
  return row.contains(length) ? fmt::format("{}/{}", text, number_of(row, length)) : text;
}

}  // namespace

std::string print_link(const Json& row, const Style& style) {
  if (style.brief) return brief(row, fmt::format("{} <{}> ", text_of(row, "address"), joined(row.at("flags"), ',')));
  std::string text = first_line(row) + link_line(row);
  if (row.contains("stats64")) text += print_counters(row.at("stats64"), style);
  text += "\n";
  return style.oneline ? on_one_line(std::move(text)) : text;
}

std::string print_addresses(const Json& row, const Style& style) {
  const Json none = Json::array();
  const Json& addresses = row.contains("addr_info") ? row.at("addr_info") : none;
  std::string text;
  if (style.brief) {
    for (const Json& address : addresses) text += address_with_length(address) + " ";
    return brief(row, text);
  }
  if (style.oneline) {
    for (const Json& address : addresses)
      text += on_one_line(
          fmt::format("{}: {}{}\n", number_of(row, "ifindex"), text_of(row, "ifname"), address_text(address)));
    return text;
  }
  text = first_line(row) + link_line(row);
  for (const Json& address : addresses) text.append("\n").append(address_text(address));
  if (row.contains("stats64")) text += print_counters(row.at("stats64"), style);
  return text + "\n";
}

namespace {

std::string flags_of(const Json& row) {
  std::string text;
  for (const Json& flag : row.value("flags", Json::array())) text += flag.get<std::string>() + " ";
  return text;
}

std::string next_hops_of(const Json& row) {
  std::string text;
  for (const Json& leg : row.value("nexthops", Json::array()))
    text.append("\n\tnexthop ")
        .append(pairs(leg, {{"gateway", "via"}, {"dev", "dev"}, {"weight", "weight"}}))
        .append(flags_of(leg));
  return text;
}

std::string members_of(const Json& row) {
  std::string text;
  for (const Json& member : row.value("group", Json::array())) {
    text += text.empty() ? "group " : "/";
    text += text_of(member, "id");
    if (member.contains("weight")) text.append(",").append(text_of(member, "weight"));
  }
  return text.empty() ? text : text + " ";
}

std::string next_hop_text(const Json& row) {
  std::string text = pairs(row, {{"id", "id"}}) + members_of(row) + pairs(row, {{"type", "type"}});
  if (row.contains("resilient_args"))
    text += pairs(row.at("resilient_args"), {{"buckets", "buckets"},
                                             {"idle_timer", "idle_timer"},
                                             {"unbalanced_timer", "unbalanced_timer"},
                                             {"unbalanced_time", "unbalanced_time"}});
  text += pairs(row, {{"gateway", "via"}, {"dev", "dev"}, {"scope", "scope"}});
  if (row.contains("blackhole")) text += "blackhole ";
  return text + pairs(row, {{"protocol", "proto"}}) + flags_of(row);
}

}  // namespace

std::string print_next_hop(const Json& row, const Style&) { return next_hop_text(row) + "\n"; }

std::string print_bucket(const Json& row, const Style&) {
  return pairs(row, {{"id", "id"}}) +
         pairs(row.at("bucket"), {{"index", "index"}, {"idle_time", "idle_time"}, {"nhid", "nhid"}}) + flags_of(row) +
         "\n";
}

std::string print_route(const Json& row, const Style& style) {
  std::string text;
  if (row.contains("type")) text += text_of(row, "type") + " ";
  text += text_of(row, "dst") + " ";
  text += pairs(row, {{"from", "from"},
                      {"nhid", "nhid"},
                      {"tos", "tos"},
                      {"gateway", "via"},
                      {"dev", "dev"},
                      {"table", "table"},
                      {"protocol", "proto"},
                      {"scope", "scope"},
                      {"prefsrc", "src"},
                      {"metric", "metric"}});
  text += flags_of(row);
  if (const uint64_t mark = number_of(row, "mark"))
    text += mark < 16 ? fmt::format("mark {} ", mark) : fmt::format("mark {:#x} ", mark);
  text += pairs(row, {{"uid", "uid"}});
  if (row.contains("cache")) {
    text += "\n    cache ";
    if (const std::string flags = joined(row.at("cache"), ','); !flags.empty()) text += fmt::format("<{}> ", flags);
  }
  if (row.contains("expires")) text += fmt::format("expires {}sec ", number_of(row, "expires"));
  for (const Json& metrics : row.value("metrics", Json::array()))
    if (metrics.contains("mtu"))
      text += fmt::format("mtu {}{} ", metrics.value("lock", false) ? "lock " : "", number_of(metrics, "mtu"));
  text += pairs(row, {{"iif", "iif"}});
  if (row.contains("nh_info")) text.append("\n\tnh_info ").append(next_hop_text(row.at("nh_info")));
  text += next_hops_of(row);
  text += "\n";
  return style.oneline ? on_one_line(std::move(text)) : text;
}

std::string print_rule(const Json& row, const Style&) {
  std::string text = fmt::format("{}:\t{}from {}", number_of(row, "priority"), row.contains("not") ? "not " : "",
                                 with_length(row, "src", "srclen"));
  const auto add = [&](const char* key, const char* word) {
    if (row.contains(key)) text += fmt::format(" {} {}", word, text_of(row, key));
  };
  const auto mark = [&](const char* key, const char* word) {
    if (row.contains(key)) text += word;
  };
  const auto ports = [&](const std::string& key) {
    add(key.c_str(), key.c_str());
    if (const std::string first = key + "_start"; row.contains(first))
      text += fmt::format(" {} {}-{}", key, number_of(row, first.c_str()), number_of(row, (key + "_end").c_str()));
  };
  if (row.contains("dst")) text += fmt::format(" to {}", with_length(row, "dst", "dstlen"));
  add("tos", "tos"), add("fwmark", "fwmark");
  if (row.contains("fwmask")) text += fmt::format("/{}", text_of(row, "fwmask"));
  add("iif", "iif"), mark("iif_detached", " [detached]");
  add("oif", "oif"), mark("oif_detached", " [detached]");
  add("ipproto", "ipproto");
  ports("sport"), ports("dport");
  add("table", "lookup"), add("suppress_prefixlen", "suppress_prefixlength");
  add("goto", "goto"), mark("unresolved", " [unresolved]"), mark("nop", " nop");
  if (row.contains("action")) text += fmt::format(" {}", text_of(row, "action"));
  add("protocol", "proto");
  return text + "\n";
}

std::string print_neighbour(const Json& row, const Style&) {
  std::string text = text_of(row, "dst") + " " + pairs(row, {{"dev", "dev"}, {"lladdr", "lladdr"}});
  if (row.contains("used")) {
    text.append(" ").append(pairs(row, {{"refcnt", "ref"}}));
    text += fmt::format("used {}/{}/{}probes {} ", number_of(row, "used"), number_of(row, "confirmed"),
                        number_of(row, "updated"), number_of(row, "probes"));
  }
  return text + joined(row.at("state"), ' ') + " \n";
}

std::string print_json(const Json& value, const Style& style) {
  return value.dump(style.pretty ? 4 : -1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace flyover::control
