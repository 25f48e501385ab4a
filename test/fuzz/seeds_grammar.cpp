// SPDX-License-Identifier: BSD-3-Clause
// Lines for grammar_fuzz from the grammar's own tables: every command with each of its keywords and with all of them; the
// commands of the packet cases; the words as a dictionary.
#include <set>

#include "case.hpp"
#include "control/grammar.hpp"
#include "control/sysctl.hpp"
#include "receive_script.hpp"
#include "seeds.hpp"

namespace flyover::fuzz {
namespace {

using namespace control;

std::string first(std::string_view words, char separator) {
  return std::string(words.substr(0, words.find(separator)));
}

// A value that this kind of keyword takes.
std::string value_of(const Keyword& keyword) {
  switch (keyword.kind) {
    case Kind::Flag: return "";
    case Kind::OneOf:
    case Kind::Choice:
    case Kind::LinkType: return first(keyword.choices, '|');
    case Kind::OnOff: return "on";
    case Kind::Number: return std::to_string(std::max<uint64_t>(keyword.least, 600));
    case Kind::Address: return "10.0.1.2";
    case Kind::Prefix: return "40.0.0.0/8";
    case Kind::Mac: return "02:00:00:00:00:42";
    case Kind::Device: return "p1";
    case Kind::Table: return "default";
    case Kind::Protocol: return "static";
    case Kind::Scope: return "link";
    case Kind::Tos: return "0x10";
    case Kind::Mark: return "1/0xff";
    case Kind::Ports: return "1-1000";
    case Kind::IpProtocol: return "udp";
    case Kind::File: return "f";
    case Kind::Setting: return "rp_filter";
    case Kind::Members: return "1,3/2";
    case Kind::NextHops: return "via 10.0.1.2 weight 3 nexthop dev p2";
    case Kind::Word: return keyword.word == "proto" ? "udp" : "1";
  }
  return "";
}

std::string written(const Keyword& keyword) {
  const bool bare = keyword.traits & (Keyword::kBare | Keyword::kUnnamed) || keyword.kind == Kind::OneOf;
  if (bare) return " " + value_of(keyword);
  return " " + std::string(keyword.word) + (keyword.kind == Kind::Flag ? "" : " " + value_of(keyword));
}

std::string head_of(const Object& object, const Command& command) {
  return std::string(object.name) + (command.verbs.empty() ? "" : " " + first(command.verbs, ' '));
}

void write_command(const Object& object, const Command& command, Writer& to) {
  std::string required = head_of(object, command), all = required, lines;
  for (const Keyword& k : command.keywords) {
    if (k.traits & Keyword::kRequired) required += written(k);
    if (k.refusal.empty()) all += written(k);
  }
  for (const Keyword& k : command.keywords)
    if (!(k.traits & Keyword::kRequired)) lines += required + written(k) + "\n";
  to.write(fmt::format("{}\n{}\n{}{} help\n-j {}\n-s -d {}\n", required, all, lines, head_of(object, command), required,
                       required));
}

void write_words(Writer& to) {
  std::set<std::string, std::less<>> words{"-j",   "-s",   "-d",         "-p",      "-br", "-o", "lock",
                                           "help", "show", "\\\n",       "p0",      "p1",  "lo", "10.0.0.1",
                                           "/24",  "0x",   "4294967295", "default", "'",   "\"", "#"};
  const auto add = [&](std::string_view text, char separator) {
    for_each_part(text, separator, [&](std::string_view part) { words.emplace(part); });
  };
  for (const Object& object : objects()) {
    add(object.words, ' ');
    for (const Command& command : object.commands) {
      add(command.verbs, ' ');
      for (const Keyword& k : command.keywords) {
        add(k.aliases, ' ');
        add(k.choices, '|');
        words.emplace(k.word);
        if (const std::string value = value_of(k); !value.empty()) words.insert(value);
      }
    }
  }
  for (const Sysctl& s : sysctls()) words.insert(s.full_name("p0"));
  for (const std::string& word : words) to.word(word);
}

}  // namespace

void write_grammar(Writer& to) {
  for (const Object& object : objects())
    for (const Command& command : object.commands) write_command(object, command, to);
  for (const std::string& line : command_lines()) to.write(line + "\n" + line + "\n");
  using namespace test;
  for (auto* rows : {receive_cases, route_cases, forward_cases, local_cases, neighbour_cases, overload_cases})
    for (const Case& c : rows()) {
      std::string lines;
      for (const std::string& text : c.script)
        if (text.starts_with("! ")) lines += text.substr(2) + "\n";
      if (!lines.empty()) to.write(lines);
    }
  write_words(to);
}

}  // namespace flyover::fuzz
