// SPDX-License-Identifier: BSD-3-Clause
#include "control/grammar_help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "control/sysctl.hpp"
#include "packet/reasons.hpp"

namespace flyover::control {
namespace {

std::string_view first_word(std::string_view words) { return words.substr(0, words.find(' ')); }

std::string name_of(const Object& object, const Command& command) {
  if (command.verbs.empty()) return std::string(object.name);
  return fmt::format("{} {}", object.name, first_word(command.verbs));
}

// As `nstat` prints them.
constexpr std::array<std::string_view, index_of(Mib::Count)> kMibNames{"",
                                                                       "IpInHdrErrors",
                                                                       "IpExtInTruncatedPkts",
                                                                       "IpExtInCsumErrors",
                                                                       "IpInAddrErrors",
                                                                       "IpExtInNoRoutes",
                                                                       "IpInDiscards",
                                                                       "IpInUnknownProtos",
                                                                       "IpOutDiscards",
                                                                       "IpOutNoRoutes",
                                                                       "IpFragFails",
                                                                       "IpReasmFails",
                                                                       "IpReasmTimeout",
                                                                       "IcmpInErrors",
                                                                       "IcmpInCsumErrors",
                                                                       "UdpNoPorts",
                                                                       "UdpInErrors",
                                                                       "UdpInCsumErrors",
                                                                       "TcpInErrs",
                                                                       "TcpInCsumErrors",
                                                                       "TcpExtIPReversePathFilter"};

// One keyword as usage lines write it, without brackets.
std::string form_of(const Keyword& keyword) {
  if (keyword.kind == Kind::OneOf) return std::string(keyword.choices);
  if (keyword.kind == Kind::Flag) return std::string(keyword.word);
  if (keyword.traits & Keyword::kUnnamed) return std::string(keyword.value);
  const std::string_view lock = keyword.traits & Keyword::kLock ? "[lock] " : "";
  if (keyword.traits & Keyword::kBare)
    return fmt::format(
        "{}{}",
        keyword.word == "to" || keyword.word == "dev" || keyword.word == "name" || keyword.word == "local"
            ? std::string()
            : fmt::format("[{}] ", keyword.word),
        keyword.value);
  return fmt::format("{} {}{}", keyword.word, lock, keyword.value);
}

bool is_shown(const Keyword& keyword) { return keyword.refusal.empty(); }
bool is_shown(const Command& command) { return command.refusal.empty(); }
bool is_shown(const Object& object) { return object.refusal.empty(); }

// `text` behind `begin`, broken at spaces so that no line is longer than 79; later lines begin with `indent` spaces.
std::string wrapped(const std::string& begin, std::string_view text, size_t indent) {
  std::string result, line = begin;
  bool fresh = true;  // the line has nothing of the text yet
  for_each_part(text, ' ', [&](std::string_view word) {
    if (!fresh && line.size() + 1 + word.size() > 79) {
      result += line + "\n";
      line = std::string(indent, ' ');
      fresh = true;
    }
    if (!fresh) line += ' ';
    line += word;
    fresh = false;
  });
  return result + line + "\n";
}

// Usage lines break between keywords, never inside brackets.
std::string wrapped_usage(const Object& object, const Command& command) {
  std::string text = usage_of(object, command);
  for (size_t depth = 0; char& c : text) {
    depth += c == '[' ? 1 : 0;
    depth -= c == ']' ? 1 : 0;
    if (c == ' ' && depth) c = '\x01';
  }
  text = wrapped("", text, 8);
  text.pop_back();
  std::replace(text.begin(), text.end(), '\x01', ' ');
  return text;
}

std::string help_of(const Object& object, const Command& command) {
  std::string text = wrapped_usage(object, command) + "\n" + wrapped("    ", command.help, 4);
  if (!command.more.empty()) text += wrapped("    ", command.more, 4);
  for (const Keyword& keyword : command.keywords) {
    if (!is_shown(keyword)) continue;
    const std::string form = form_of(keyword);
    if (form.size() > 22) text += "      " + form + "\n";
    text += wrapped(fmt::format("      {:<22} ", form.size() > 22 ? "" : form), keyword.help, 29);
  }
  return text + "\n";
}

std::string overview() {
  std::string text =
      "Usage: flyover [OPTIONS] OBJECT { COMMAND | help }\n"
      "       flyover [-force] -batch FILE\n"
      "       flyover\n"
      "where OBJECT is\n";
  for (const Object& object : objects())
    if (is_shown(object)) text += fmt::format("    {:<10} {}\n", object.name, object.help);
  text += "and OPTIONS are\n";
  for (const Option& option : options())
    text += fmt::format("    {:<24} {}\n",
                        fmt::format("{}{}{}", first_word(option.full), option.value.empty() ? "" : " ", option.value),
                        option.help);
  return text + "Words may be shortened as with `ip`: flyover a, flyover r s, flyover -s l.\n";
}

// ---------------------------------------------------------------------------------------------------------------- roff

std::string roff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '`') {
      out += "\\(oq";
    } else {
      if (c == '.' && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string roff_command(const Object& object, const Command& command) {
  std::string text = fmt::format(".SS {}\n.nf\n.B {}\n.fi\n.PP\n{}", roff(name_of(object, command)),
                                 roff(wrapped_usage(object, command)), roff(command.help));
  // Every line of a broken usage is bold.
  for (size_t at = text.find("\n        "); at != std::string::npos; at = text.find("\n        ", at + 4))
    text.replace(at, 9, "\n.B \"      ");
  if (!command.more.empty()) text += fmt::format("\n{}", roff(command.more));
  text += "\n";
  for (const Keyword& keyword : command.keywords)
    if (is_shown(keyword)) text += fmt::format(".TP\n.B {}\n{}\n", roff(form_of(keyword)), roff(keyword.help));
  return text;
}

}  // namespace

std::string usage_of(const Object& object, const Command& command) {
  std::string text = "flyover " + name_of(object, command);
  for (const Keyword& keyword : command.keywords) {
    if (!is_shown(keyword)) continue;
    const bool required = keyword.traits & Keyword::kRequired;
    text += fmt::format(" {}{}{}", required ? "" : "[", form_of(keyword), required ? "" : "]");
  }
  return text;
}

Result<std::string> help_text(std::string_view name, std::string_view verb) {
  if (name.empty()) return overview();
  std::string text;
  for (const Object& object : objects()) {
    bool named = false;
    for_each_part(object.words, ' ', [&](std::string_view word) { named |= word.starts_with(name); });
    if (!named && object.name != name) continue;
    if (!is_shown(object)) return refused(fmt::format("Error: \"{}\" is not supported: {}.", name, object.refusal));
    for (const Command& command : object.commands) {
      bool wanted = verb.empty();
      for_each_part(command.verbs, ' ', [&](std::string_view word) { wanted |= word.starts_with(verb); });
      if (wanted && is_shown(command)) text += help_of(object, command);
    }
    if (!text.empty()) return text;
    return wrong_usage(fmt::format("Command \"{}\" is unknown, try \"flyover {} help\".", verb, object.name));
  }
  return wrong_usage(fmt::format("Object \"{}\" is unknown, try \"flyover help\".", name));
}

std::string client_man_page() {
  std::string text =
      ".\\\" made from the command tables\n"
      ".TH FLYOVER 8 \"\" \"Flyover\" \"System administration\"\n"
      ".SH NAME\nflyover \\- show and change the Flyover router\n"
      ".SH SYNOPSIS\n.nf\n"
      "\\fBflyover\\fR [OPTIONS] OBJECT { COMMAND | help }\n"
      "\\fBflyover\\fR [\\-force] \\-batch FILE\n"
      "\\fBflyover\\fR\n.fi\n"
      ".SH DESCRIPTION\n"
      "The words are those of\n.BR ip (8).\n"
      "A command acts on the running\n.BR flyoverd (8),\nover its control socket. Without a command there is a "
      "prompt.\n"
      "Objects and commands may be shortened, and\n.B show\nmay come first or be left out.\n"
      ".SH OPTIONS\n";
  for (const Option& option : options())
    text += fmt::format(".TP\n.BR {}{}{}\n{}\n", roff(option.word),
                        option.full == option.word ? "" : fmt::format(" \", \" {}", roff(first_word(option.full))),
                        option.value.empty() ? "" : fmt::format(" \" \" {}", option.value), roff(option.help));
  text += ".SH COMMANDS\n";
  for (const Object& object : objects())
    for (const Command& command : object.commands)
      if (is_shown(object) && is_shown(command)) text += roff_command(object, command);
  text += ".SH SETTINGS\n";
  for (const Sysctl& s : sysctls())
    text += fmt::format(".TP\n.B {}\n{} ({} to {})\n", roff(s.pattern()), roff(s.help), s.least, s.most);
  text +=
      ".SH EXIT STATUS\n0: done. 1: the command was wrong, or a batch ended at a command that failed. 2: the router "
      "refused the command.\n"
      ".SH FILES\n.TP\n.I /run/flyover/flyover.sock\nthe daemon's control socket\n.TP\n.I ~/.flyover_history\nthe "
      "prompt's history\n"
      ".SH SEE ALSO\n.BR flyoverd (8),\n.BR ip (8)\n";
  return text;
}

std::string commands_markdown() {
  std::string text =
      "# Commands\n\n<!-- printed from the command tables in lib/control/grammar_tables.cpp: flyover --generate "
      "commands.md -->\n\n"
      "`flyover COMMAND`, `flyover -b FILE`, the prompt (`flyover` alone) and the daemon's init file take the same "
      "lines.\n"
      "Words may be shortened as with `ip` (`flyover a`, `flyover r s`); `show` may come first or be left out.\n";
  for (const Object& object : objects()) {
    if (!is_shown(object)) continue;
    text += fmt::format("\n## {}: {}\n", object.name, object.help);
    for (const Command& command : object.commands) {
      if (!is_shown(command)) continue;
      text += fmt::format("\n### {}\n\n{}{}{}\n\n```\n{}\n```\n", name_of(object, command), command.help,
                          command.more.empty() ? "" : " ", command.more, wrapped_usage(object, command));
      for (const Keyword& keyword : command.keywords)
        if (is_shown(keyword)) text += fmt::format("- `{}`: {}\n", form_of(keyword), keyword.help);
    }
  }
  text += "\n## Options\n\n";
  for (const Option& option : options())
    text += fmt::format("- `{}{}{}`: {}\n", first_word(option.full), option.value.empty() ? "" : " ", option.value,
                        option.help);
  text += "\n## Settings\n\n| name | range | |\n|---|---|---|\n";
  for (const Sysctl& s : sysctls())
    text += fmt::format("| `{}` | {} to {} | {} |\n", s.pattern(), s.least, s.most, s.help);
  return text;
}

std::string drop_reasons_markdown() {
  constexpr std::string_view kSeverities[] = {"info", "warning", "error"};
  std::string text =
      "# Drop reasons\n\n<!-- printed by flyover-docs drop-reasons, from kDropReasons -->\n\n"
      "A packet that is not sent, delivered or used up is counted under one of these. `flyover drops show` prints the "
      "counters.\n"
      "The last column is Linux's name for the same (`SKB_DROP_REASON_...`); a counter of Linux's `nstat` is named "
      "where there is one.\n\n"
      "| reason | what it says | severity | counter | Linux |\n|---|---|---|---|---|\n";
  for (const DropInfo& info : kDropReasons)
    text += fmt::format("| `{}` | {} | {} | {} | `{}` |\n", info.name, info.sentence,
                        kSeverities[index_of(info.severity)], kMibNames[index_of(info.mib)], info.linux_name);
  return text;
}

std::string bash_completion() {
  return R"(# bash completion for flyover: the client knows its own grammar, and asks the daemon for names
_flyover() {
  local words
  local IFS=$'\n'
  words=($(flyover --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [ "${words[0]}" = @file ]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
  else
    COMPREPLY=("${words[@]}")
  fi
}
complete -F _flyover flyover
)";
}

}  // namespace flyover::control
