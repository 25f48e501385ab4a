// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the command language, as tables: objects, verbs, keywords. Parsing, messages, completion, help texts,
//                     man pages and docs/commands.md are all made from them
// Linux counterpart : iproute2's `ip`: its words, its abbreviations, its messages
// Guarantees        : what parse() accepts has every value checked for form and range; its errors name the word that was wrong
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/check.hpp"
#include "base/result.hpp"
#include "net/address.hpp"

namespace flyover::control {

// clang-format off
enum class CommandId : uint8_t {
  Help,
  LinkAdd, LinkSet, LinkDel, LinkShow,
  AddrAdd, AddrDel, AddrShow, AddrFlush,
  RouteAdd, RouteChange, RouteReplace, RoutePrepend, RouteAppend, RouteDel, RouteShow, RouteGet, RouteLoad, RouteFlush,
  RuleAdd, RuleDel, RuleShow, RuleFlush,
  NexthopAdd, NexthopReplace, NexthopDel, NexthopShow, NexthopGet, NexthopFlush, NexthopBucket,
  NeighAdd, NeighChange, NeighReplace, NeighDel, NeighShow, NeighFlush,
  Set, SetShow,
  StatsShow, DropsShow, WorkerShow, WorkerSet,
  TraceAdd, TraceShow, TraceStop, Ask,
  Capture, CaptureShow, CaptureStop, Doctor,
  Refused,  // a word of `ip` that stands for something that Flyover does not do
};
// clang-format on

// What follows a keyword.
enum class Kind : uint8_t {
  Flag,        // nothing
  OneOf,       // the keyword is one of `choices` itself and is never written: up, down, blackhole
  Choice,      // one of `choices`
  LinkType,    // one of `choices`, refused as the kernel refuses a type that it does not know
  OnOff,       // on or off; 1 or 0
  Number,      // least..most; 0x and 0 as in C
  Address,     // 10.0.0.1
  Prefix,      // 10.0.0.1/24, 10.0.0.1, default
  Mac,         // 02:00:00:00:00:01
  Device,      // an interface's name
  Table,       // a number or main, local, default, all
  Protocol,    // who made a route: a number or kernel, boot, static ...
  Scope,       // a number or global, link, host, nowhere
  Tos,         // a type of service: a number (0x10) or a name (EF)
  Mark,        // N or N/MASK
  Ports,       // a port or FIRST-LAST
  IpProtocol,  // a number or a name (udp)
  File,        // a path
  Setting,     // the name of a sysctl
  Word,        // any one word
  Members,     // 1,3/2: next-hop objects with weights
  NextHops,    // all that follows: via ADDRESS dev NAME weight N onlink, and so again behind each `nexthop`
};

// One of several next hops of a route, as it was written.
struct WrittenNextHop {
  Ipv4Address gateway;  // any: none
  std::string dev;      // empty: none
  uint16_t weight = 1;
  bool onlink = false;
};
struct WrittenMember {
  uint32_t id;
  uint16_t weight;
};

// An address as it was written with its length: the host bits are still there.
struct WrittenPrefix {
  Ipv4Address address;
  uint8_t length = 32;
  bool has_length = false;
  bool has_host_bits() const { return (address.host() & ~Ipv4Prefix::mask_of(length)) != 0; }
  Ipv4Prefix prefix() const { return Ipv4Prefix(address, length); }
};

struct WrittenMark {
  uint32_t mark = 0;
  std::optional<uint32_t> mask;
};
struct WrittenPorts {
  uint16_t first = 0, last = 0;
};

using Value = std::variant<std::monostate, uint64_t, bool, Ipv4Address, WrittenPrefix, WrittenMark, WrittenPorts,
                           MacAddress, std::string, std::vector<WrittenMember>, std::vector<WrittenNextHop>>;

struct Keyword {
  static constexpr uint8_t kRequired = 1;
  static constexpr uint8_t kBare = 2;         // the value may stand without the keyword
  static constexpr uint8_t kUnnamed = 4;      // the value always stands without the keyword
  static constexpr uint8_t kAbbreviated = 8;  // a prefix of the word is enough, as `ip` has it for this word
  static constexpr uint8_t kLock = 16;        // "lock" may stand before the value

  std::string_view word;
  Kind kind = Kind::Flag;
  std::string_view value;  // how help names the value
  std::string_view help;
  uint8_t traits = 0;
  std::string_view choices;  // parted by '|'
  std::string_view aliases;  // other words for this one, parted by ' '
  std::string_view
      wrong;  // the message for a wrong value, if it is not the usual one of its kind (of a prefix: its first word)
  std::string_view missing;  // the message when it is required and not there
  uint64_t least = 0, most = 0xffffffff;
  std::string_view refusal;  // why Flyover does not do what this word asks for
};

struct Command {
  CommandId id;
  std::string_view verbs;  // parted by ' ', the first is the usual one; empty: the object's name is the whole command
  std::span<const Keyword> keywords;
  std::string_view help;  // one sentence
  std::string_view more;  // further sentences for the man page
  std::string_view refusal;
};

struct Object {
  std::string_view name;   // as help writes it
  std::string_view words;  // what it is matched with, by prefix, parted by ' '
  std::span<const Command> commands;
  std::string_view help;
  std::string_view refusal;        // for objects of `ip` that Flyover does not have
  const Command* usual = nullptr;  // when no verb is given
};

// The tables, in the order in which abbreviations are tried.
std::span<const Object> objects();

// ---- options: words before the command ----
struct Style {
  bool json = false, pretty = false, details = false, brief = false, oneline = false;
  int statistics = 0;
};
struct Option {
  std::string_view word;   // the shortest spelling
  std::string_view full;   // the longest; all prefixes between the two are taken
  std::string_view value;  // how help names its value; empty: it has none
  std::string_view help;
  bool client;  // only the client knows it; not inside a batch or a prompt
};
std::span<const Option> options();
const Option* find_option(std::string_view word);
// Takes the leading options off `words`.
Result<Style> take_options(std::vector<std::string>& words, Style style = {});

// ---- a command that was understood ----
class Parsed {
 public:
  explicit Parsed(const Object& object, const Command& command) : object(&object), command(&command) {}
  const Object* object;
  const Command* command;

  bool has(std::string_view keyword) const { return find(keyword) != nullptr; }
  bool locked(std::string_view keyword) const;  // "lock" stood before its value
  // The keyword's value, if the keyword was there. T is the kind's type.
  template <class T>
  std::optional<T> get(std::string_view keyword) const {
    const Value* value = find(keyword);
    if (!value) return std::nullopt;
    const T* typed = std::get_if<T>(value);
    check(typed != nullptr, "a keyword was asked for a value of another kind");
    return *typed;
  }
  std::string text(std::string_view keyword) const { return get<std::string>(keyword).value_or(""); }

  void add(const Keyword& keyword, Value value, bool locked);

 private:
  struct Given {
    const Keyword* keyword;
    Value value;
    bool locked;
  };
  const Value* find(std::string_view keyword) const;
  std::vector<Given> given_;
};

// `words` without options.
Result<Parsed> parse(const std::vector<std::string>& words);

// A value as it is written on the command line; the error is the one that `ip` prints for it.
Result<Value> parse_value(const Keyword& keyword, std::string_view text);

// ---- names of numbers (rt_tables, rt_protos, rt_scopes ...) ----
std::optional<uint32_t> table_of(std::string_view text);
std::optional<uint8_t> protocol_of(std::string_view text);
std::optional<uint8_t> scope_of(std::string_view text);
std::string table_name(uint32_t table);
std::string protocol_name(uint8_t protocol);
std::string scope_name(uint8_t scope);
// ... and rt_dsfield, /etc/protocols
std::optional<uint8_t> tos_of(std::string_view text);
std::optional<uint8_t> ip_protocol_of(std::string_view text);
std::string tos_name(uint8_t tos);
std::string ip_protocol_name(uint8_t protocol);

// ---- what may follow ----
struct Suggestions {
  std::vector<std::string> words;                         // all that may stand here, not filtered
  bool devices = false, settings = false, files = false;  // ... and the names of these
};
// What may follow `words`; nothing after a mistake.
Suggestions suggest(const std::vector<std::string>& words);

// Helpers of the tables' texts: calls visit(part) for each part between separators.
template <class Visit>
void for_each_part(std::string_view text, char separator, Visit visit) {
  while (!text.empty()) {
    const size_t at = text.find(separator);
    if (at != 0) visit(text.substr(0, at));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + 1);
  }
}

}  // namespace flyover::control
