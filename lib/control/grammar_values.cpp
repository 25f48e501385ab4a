// SPDX-License-Identifier: BSD-3-Clause
// Purpose : the values behind keywords, and the names of numbers (rt_tables, rt_protos, rt_scopes)
#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>

#include "control/grammar.hpp"
#include "control/grammar_next_hops.hpp"

namespace flyover::control {
namespace {

struct NamedNumber {
  std::string_view name;
  uint32_t number;
};

constexpr std::array kTables =
    std::to_array<NamedNumber>({{"main", 254}, {"local", 255}, {"default", 253}, {"all", 0}, {"unspec", 0}});
constexpr std::array kProtocols = std::to_array<NamedNumber>({
    {"unspec", 0}, {"redirect", 1}, {"kernel", 2},      {"boot", 3},    {"static", 4},    {"gated", 8},
    {"ra", 9},     {"mrt", 10},     {"zebra", 11},      {"bird", 12},   {"dnrouted", 13}, {"xorp", 14},
    {"ntk", 15},   {"dhcp", 16},    {"keepalived", 18}, {"babel", 42},  {"openr", 99},    {"bgp", 186},
    {"isis", 187}, {"ospf", 188},   {"rip", 189},       {"eigrp", 192},
});
constexpr std::array kScopes =
    std::to_array<NamedNumber>({{"global", 0}, {"nowhere", 255}, {"host", 254}, {"link", 253}, {"site", 200}});

constexpr std::array kTypesOfService = std::to_array<NamedNumber>({
    {"AF11", 0x28}, {"AF12", 0x30}, {"AF13", 0x38}, {"AF21", 0x48}, {"AF22", 0x50}, {"AF23", 0x58}, {"AF31", 0x68},
    {"AF32", 0x70}, {"AF33", 0x78}, {"AF41", 0x88}, {"AF42", 0x90}, {"AF43", 0x98}, {"CS1", 0x20},  {"CS2", 0x40},
    {"CS3", 0x60},  {"CS4", 0x80},  {"CS5", 0xa0},  {"CS6", 0xc0},  {"CS7", 0xe0},  {"EF", 0xb8},   {"default", 0},
});
constexpr std::array kIpProtocols = std::to_array<NamedNumber>({
    {"icmp", 1},  {"igmp", 2},  {"ipencap", 4}, {"tcp", 6},    {"egp", 8},    {"udp", 17},   {"dccp", 33},
    {"ipv6", 41}, {"rsvp", 46}, {"gre", 47},    {"esp", 50},   {"ah", 51},    {"eigrp", 88}, {"ospf", 89},
    {"ipip", 94}, {"pim", 103}, {"vrrp", 112},  {"l2tp", 115}, {"isis", 124}, {"sctp", 132}, {"udplite", 136},
});

// A number as strtoul(text, 0) takes it: decimal, 0x..., 0...
std::optional<uint64_t> number_of(std::string_view text, uint64_t most) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::optional<uint32_t> named(std::span<const NamedNumber> names, std::string_view text, uint64_t most) {
  for (const NamedNumber& n : names)
    if (n.name == text) return n.number;
  if (const auto number = number_of(text, most)) return static_cast<uint32_t>(*number);
  return std::nullopt;
}

std::string name_in(std::span<const NamedNumber> names, uint32_t number) {
  for (const NamedNumber& n : names)
    if (n.number == number) return std::string(n.name);
  return std::to_string(number);
}

// A netmask written as an address, 255.255.255.0; none if its ones do not stand together.
std::optional<uint8_t> length_of_mask(std::string_view text) {
  const auto mask = text.find('.') == std::string_view::npos ? std::nullopt : Ipv4Address::parse(text);
  if (!mask) return std::nullopt;
  const int length = std::countl_one(mask->host());
  if (Ipv4Prefix::mask_of(static_cast<uint8_t>(length)) != mask->host()) return std::nullopt;
  return static_cast<uint8_t>(length);
}

std::optional<WrittenPrefix> prefix_of(std::string_view text) {
  if (text == "default" || text == "any" || text == "all") return WrittenPrefix{{}, 0, true};
  const size_t slash = text.find('/');
  const auto address = Ipv4Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return WrittenPrefix{*address, 32, false};
  const std::string_view behind = text.substr(slash + 1);
  if (const auto length = number_of(behind, 32)) return WrittenPrefix{*address, static_cast<uint8_t>(*length), true};
  if (const auto length = length_of_mask(behind)) return WrittenPrefix{*address, *length, true};
  return std::nullopt;
}

bool is_choice(std::string_view choices, std::string_view text) {
  bool found = false;
  for_each_part(choices, '|', [&](std::string_view choice) { found |= choice == text; });
  return found;
}

// Interface names as the kernel takes them: 1 to 15 letters without '/', white space and ':'.
bool is_device_name(std::string_view text) {
  if (text.empty() || text.size() > 15 || text == "." || text == "..") return false;
  for (char c : text)
    if (c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f') return false;
  return true;
}

std::optional<WrittenPorts> ports_of(std::string_view text) {
  const auto port_of = [](std::string_view word) -> std::optional<uint16_t> {  // decimal, whatever it begins with
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
    return error == std::errc{} && end == word.data() + word.size() ? std::optional(port) : std::nullopt;
  };
  const size_t dash = text.find('-');
  const auto first = port_of(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port_of(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  return WrittenPorts{*first, *last};
}

tl::unexpected<Error> wrong_value(const Keyword& keyword, std::string_view text) {
  if (!keyword.wrong.empty())
    return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: {}", text, keyword.wrong));
  if (keyword.kind == Kind::Number && keyword.most != Keyword().most)
    return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: \"{}\" is a number from {} to {}", text,
                                   keyword.word, keyword.least, keyword.most));
  return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: \"{}\" value is invalid", text, keyword.word));
}

Result<Value> mark_of(std::string_view text) {
  const auto wrong = [](std::string_view word, const char* what) {
    return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: {} value is invalid", word, what));
  };
  const size_t slash = text.find('/');
  const auto mark = number_of(text.substr(0, slash), 0xffffffff);
  if (!mark) return wrong(text.substr(0, slash), "fwmark");
  WrittenMark written{.mark = static_cast<uint32_t>(*mark), .mask = {}};
  if (slash == std::string_view::npos) return Value{written};
  const auto mask = number_of(text.substr(slash + 1), 0xffffffff);
  if (!mask) return wrong(text.substr(slash + 1), "fwmask");
  written.mask = static_cast<uint32_t>(*mask);
  return Value{written};
}

}  // namespace

std::optional<uint32_t> table_of(std::string_view text) { return named(kTables, text, 0xffffffff); }
std::optional<uint8_t> protocol_of(std::string_view text) { return named(kProtocols, text, 255); }
std::optional<uint8_t> scope_of(std::string_view text) { return named(kScopes, text, 255); }
std::string table_name(uint32_t table) { return name_in(kTables, table); }
std::string protocol_name(uint8_t protocol) { return name_in(kProtocols, protocol); }
std::string scope_name(uint8_t scope) { return name_in(kScopes, scope); }

std::optional<uint8_t> tos_of(std::string_view text) {
  for (const NamedNumber& n : kTypesOfService)
    if (n.name == text) return static_cast<uint8_t>(n.number);
  const auto number = number_of(text.starts_with("0x") ? text : fmt::format("0x{}", text), 255);  // always base 16
  return number ? std::optional(static_cast<uint8_t>(*number)) : std::nullopt;
}
std::optional<uint8_t> ip_protocol_of(std::string_view text) { return named(kIpProtocols, text, 255); }
std::string tos_name(uint8_t tos) {
  for (const NamedNumber& n : kTypesOfService)
    if (n.number == tos) return std::string(n.name);
  return fmt::format("0x{:02x}", tos);
}
std::string ip_protocol_name(uint8_t protocol) {
  const std::string name = name_in(kIpProtocols, protocol);
  return name == std::to_string(protocol) ? fmt::format("ipproto-{}", name) : name;
}

Result<Value> parse_value(const Keyword& keyword, std::string_view text) {
  switch (keyword.kind) {
    case Kind::Flag:
    case Kind::NextHops: return Value{};
    case Kind::Members: return parse_members(text);
    case Kind::OneOf:
    case Kind::Choice:
      if (!is_choice(keyword.choices, text)) return wrong_value(keyword, text);
      return Value{std::string(text)};
    case Kind::LinkType:
      if (is_choice(keyword.choices, text)) return Value{std::string(text)};
      if (is_choice("ipip|gre|gretap|vxlan", text))
        return refused(fmt::format("Error: \"{}\" is not supported: Flyover has no tunnels.", text));
      return refused("Error: Unknown device type.");
    case Kind::OnOff:
      if (text == "on" || text == "1") return Value{true};
      if (text == "off" || text == "0") return Value{false};
      return wrong_usage(
          fmt::format("Error: argument of \"{}\" must be \"on\" or \"off\", not \"{}\"", keyword.word, text));
    case Kind::Number:
      if (const auto number = number_of(text, keyword.most); number && *number >= keyword.least) return Value{*number};
      return wrong_value(keyword, text);
    case Kind::Address:
      if (const auto address = Ipv4Address::parse(text)) return Value{*address};
      return wrong_usage(fmt::format("Error: inet address is expected rather than \"{}\".", text));
    case Kind::Prefix:
      if (const auto prefix = prefix_of(text)) return Value{*prefix};
      return wrong_usage(fmt::format("Error: {} prefix is expected rather than \"{}\".",
                                     keyword.wrong.empty() ? "any valid" : keyword.wrong, text));
    case Kind::Mac:
      if (const auto mac = MacAddress::parse(text)) return Value{*mac};
      return wrong_usage(fmt::format("\"{}\" is invalid lladdr.", text));
    case Kind::Device:
      if (is_device_name(text)) return Value{std::string(text)};
      if (!keyword.wrong.empty()) return wrong_value(keyword, text);
      return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: \"{}\" not a valid ifname", text, keyword.word));
    case Kind::Table:
      if (const auto table = table_of(text)) return Value{uint64_t{*table}};
      return wrong_value(keyword, text);
    case Kind::Protocol:
      if (const auto protocol = protocol_of(text)) return Value{uint64_t{*protocol}};
      return wrong_value(keyword, text);
    case Kind::Scope:
      if (const auto scope = scope_of(text)) return Value{uint64_t{*scope}};
      return wrong_value(keyword, text);
    case Kind::Tos:
      if (const auto tos = tos_of(text)) return Value{uint64_t{*tos}};
      return wrong_value(keyword, text);
    case Kind::Mark: return mark_of(text);
    case Kind::Ports:
      if (const auto ports = ports_of(text)) return Value{*ports};
      return wrong_value(keyword, text);
    case Kind::IpProtocol:
      if (const auto protocol = ip_protocol_of(text)) return Value{uint64_t{*protocol}};
      return wrong_value(keyword, text);
    case Kind::File:
    case Kind::Setting:
    case Kind::Word:
      if (text.empty()) return wrong_value(keyword, text);
      return Value{std::string(text)};
  }
  return wrong_value(keyword, text);
}

}  // namespace flyover::control
