// SPDX-License-Identifier: BSD-3-Clause
#include "control/grammar.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <initializer_list>

#include "control/grammar_next_hops.hpp"
#include "control/words.hpp"

namespace flyover::control {
namespace {

bool is_one_of(std::string_view parts, char separator, std::string_view word) {
  bool found = false;
  for_each_part(parts, separator, [&](std::string_view part) { found |= part == word; });
  return found;
}

bool begins_one_of(std::string_view parts, std::string_view word) {
  bool found = false;
  for_each_part(parts, ' ', [&](std::string_view part) { found |= !word.empty() && part.starts_with(word); });
  return found;
}

std::string duplicate_or_garbage(std::string_view keyword, std::string_view word) {
  return fmt::format("Error: either \"{}\" is duplicate, or \"{}\" is a garbage.", keyword, word);
}

constexpr std::string_view kIncomplete = "Command line is not complete. Try option \"help\"";

// Takes the words of one command one by one.
class Matcher {
 public:
  Matcher(const Object& object, const Command& command) : parsed_(object, command), keywords_(command.keywords) {}

  Result<> take(std::string_view word);
  Result<Parsed> finish();
  const Keyword* pending() const { return pending_; }
  const NextHopWords* next_hops() const { return next_hops_ ? &*next_hops_ : nullptr; }
  bool may_come(const Keyword& keyword) const { return keyword.refusal.empty() && !parsed_.has(keyword.word); }
  const Keyword* next_bare() const;
  bool only_unnamed_left() const;

 private:
  static bool is(const Keyword& keyword, std::string_view word);
  const Keyword* named(std::string_view word) const;
  Result<> begin(const Keyword& keyword, std::string_view word);
  Result<> set(const Keyword& keyword, std::string_view word);

  Parsed parsed_;
  std::span<const Keyword> keywords_;
  const Keyword* pending_ = nullptr;       // its value comes next
  bool lock_ = false;                      // "lock" stood before it
  std::optional<NextHopWords> next_hops_;  // all words from here on are theirs
};

bool Matcher::is(const Keyword& keyword, std::string_view word) {
  if (keyword.traits & Keyword::kUnnamed) return false;
  if (keyword.kind == Kind::OneOf) return is_one_of(keyword.choices, '|', word);
  if (keyword.word == word || is_one_of(keyword.aliases, ' ', word)) return true;
  return (keyword.traits & Keyword::kAbbreviated) &&
         (keyword.word.starts_with(word) || begins_one_of(keyword.aliases, word));
}

const Keyword* Matcher::named(std::string_view word) const {
  for (const Keyword& keyword : keywords_)
    if (is(keyword, word)) return &keyword;
  return nullptr;
}

const Keyword* Matcher::next_bare() const {
  for (const Keyword& keyword : keywords_)
    if ((keyword.traits & (Keyword::kBare | Keyword::kUnnamed)) && !parsed_.has(keyword.word)) return &keyword;
  return nullptr;
}

// A name may be any word: as long as an unnamed, required value is missing, no word is taken for a keyword.
bool Matcher::only_unnamed_left() const {
  const Keyword* bare = next_bare();
  return bare && (bare->traits & Keyword::kUnnamed) && (bare->traits & Keyword::kRequired) && bare == keywords_.data();
}

Result<> Matcher::begin(const Keyword& keyword, std::string_view word) {
  if (!keyword.refusal.empty())
    return refused(fmt::format("Error: \"{}\" is not supported: {}.", word, keyword.refusal));
  if (keyword.kind == Kind::OneOf) return set(keyword, word);
  if (keyword.kind == Kind::NextHops) {
    next_hops_.emplace();
    return {};
  }
  if (keyword.kind == Kind::Flag) {
    if (!parsed_.has(keyword.word)) parsed_.add(keyword, std::monostate{}, false);
    return {};
  }
  pending_ = &keyword;
  lock_ = false;
  return {};
}

Result<> Matcher::set(const Keyword& keyword, std::string_view word) {
  if (parsed_.has(keyword.word)) {
    if (keyword.kind == Kind::OneOf) return wrong_usage(duplicate_or_garbage(keyword.word, word));
    return wrong_usage(fmt::format("Error: duplicate \"{}\": \"{}\" is the second value.", keyword.word, word));
  }
  auto value = parse_value(keyword, word);
  if (!value) return tl::unexpected(value.error());
  parsed_.add(keyword, std::move(*value), lock_);
  pending_ = nullptr;
  lock_ = false;
  return {};
}

Result<> Matcher::take(std::string_view word) {
  if (next_hops_) return next_hops_->take(word);
  if (pending_) {
    if ((pending_->traits & Keyword::kLock) && word == "lock" && !lock_) {
      lock_ = true;
      return {};
    }
    return set(*pending_, word);
  }
  const Keyword* keyword = only_unnamed_left() ? nullptr : named(word);
  if (keyword) return begin(*keyword, word);
  if (const Keyword* bare = next_bare()) return set(*bare, word);
  std::string_view last = parsed_.object->name;
  for (const Keyword& k : keywords_)
    if (k.traits & (Keyword::kBare | Keyword::kUnnamed)) last = k.word;
  return wrong_usage(duplicate_or_garbage(last, word));
}

Result<Parsed> Matcher::finish() {
  if (pending_) return wrong_usage(std::string(kIncomplete));
  if (next_hops_) {
    auto written = next_hops_->finish();
    if (!written) return tl::unexpected(written.error());
    for (const Keyword& keyword : keywords_)
      if (keyword.kind == Kind::NextHops) parsed_.add(keyword, std::move(*written), false);
  }
  for (const Keyword& keyword : keywords_) {
    if (!(keyword.traits & Keyword::kRequired) || parsed_.has(keyword.word)) continue;
    if (!keyword.missing.empty()) return wrong_usage(std::string(keyword.missing));
    return wrong_usage(fmt::format("Not enough information: \"{}\" argument is required.", keyword.word));
  }
  return std::move(parsed_);
}

const Object* find_object(std::string_view word) {
  for (const Object& object : objects())
    if (begins_one_of(object.words, word)) return &object;
  return nullptr;
}

// The command that `verb` names; objects whose name is a whole command take their verbs in full only.
const Command* find_command(const Object& object, std::string_view verb) {
  const bool whole =
      std::any_of(object.commands.begin(), object.commands.end(), [](const Command& c) { return c.verbs.empty(); });
  for (const Command& command : object.commands)
    if (whole ? is_one_of(command.verbs, ' ', verb) : begins_one_of(command.verbs, verb)) return &command;
  return nullptr;
}

const Command* whole_command(const Object& object) {
  for (const Command& command : object.commands)
    if (command.verbs.empty()) return &command;
  return nullptr;
}

const Object& help_object() {
  for (const Object& object : objects())
    if (object.name == "help") return object;
  check(false, "the grammar has no help");
  return objects().front();
}

Parsed help_about(std::string_view object, std::string_view verb) {
  const Object& help = help_object();
  Parsed parsed(help, help.commands.front());
  if (!object.empty()) parsed.add(help.commands.front().keywords[0], std::string(object), false);
  if (!verb.empty()) parsed.add(help.commands.front().keywords[1], std::string(verb), false);
  return parsed;
}

struct Found {
  const Object* object;
  const Command* command;
  size_t taken;  // words
};

// The object and command that the first words name.
Result<Found> locate(const std::vector<std::string>& words) {
  const Object* object = find_object(words[0]);
  if (!object) return wrong_usage(fmt::format("Object \"{}\" is unknown, try \"flyover help\".", words[0]));
  if (!object->refusal.empty())
    return refused(fmt::format("Error: \"{}\" is not supported: {}.", words[0], object->refusal));
  if (words.size() == 1) {
    if (const Command* whole = whole_command(*object)) return Found{object, object->usual ? object->usual : whole, 1};
    if (object->usual) return Found{object, object->usual, 1};
    return wrong_usage(std::string(kIncomplete));
  }
  if (const Command* command = find_command(*object, words[1])) {
    if (!command->refusal.empty())
      return refused(fmt::format("Error: \"{} {}\" is not supported: {}.", object->name, words[1], command->refusal));
    return Found{object, command, 2};
  }
  if (const Command* whole = whole_command(*object)) return Found{object, whole, 1};
  return wrong_usage(fmt::format("Command \"{}\" is unknown, try \"flyover {} help\".", words[1], object->name));
}

// `show X` is `X show`, a question in quotes is its words, and `set KEY=VALUE` is as with sysctl.
std::vector<std::string> in_usual_order(const std::vector<std::string>& words) {
  std::vector<std::string> usual = words;
  if (words.size() >= 2 && words[0] == "show") std::swap(usual[0], usual[1]);
  if (words.size() == 2 && words[0] == "ask")
    if (auto inner = split_words(words[1])) {
      usual.resize(1);
      usual.insert(usual.end(), inner->begin(), inner->end());
    }
  if (words.size() == 2 && words[0] == "set")
    if (const size_t equals = words[1].find('='); equals != std::string::npos)
      usual = {words[0], words[1].substr(0, equals), words[1].substr(equals + 1)};
  return usual;
}

bool has_show(const Object& object) {
  return std::any_of(object.commands.begin(), object.commands.end(),
                     [](const Command& c) { return is_one_of(c.verbs, ' ', "show"); });
}

// What stands where `keyword`'s value is due.
void suggest_value(const Keyword& keyword, Suggestions& may) {
  const auto words = [&](std::initializer_list<const char*> list) {
    may.words.insert(may.words.end(), list.begin(), list.end());
  };
  for_each_part(keyword.choices, '|', [&](std::string_view choice) { may.words.emplace_back(choice); });
  if (keyword.kind == Kind::OnOff) words({"on", "off"});
  if (keyword.kind == Kind::Table) words({"main", "local", "default"});
  if (keyword.kind == Kind::Protocol) words({"kernel", "boot", "static"});
  if (keyword.kind == Kind::Scope) words({"global", "link", "host"});
  if (keyword.kind == Kind::IpProtocol) words({"icmp", "tcp", "udp"});
  may.devices |= keyword.kind == Kind::Device;
  may.settings |= keyword.kind == Kind::Setting;
  may.files |= keyword.kind == Kind::File;
}

void suggest_arguments(const Matcher& matcher, const Command& command, Suggestions& may) {
  if (const NextHopWords* next_hops = matcher.next_hops()) return next_hops->suggest(may);
  if (const Keyword* pending = matcher.pending()) return suggest_value(*pending, may);
  const Keyword* bare = matcher.next_bare();
  if (bare) suggest_value(*bare, may);
  if (matcher.only_unnamed_left()) return;
  for (const Keyword& keyword : command.keywords) {
    if (!matcher.may_come(keyword) || (keyword.traits & Keyword::kUnnamed) ||
        (&keyword == bare && keyword.kind == Kind::OneOf))
      continue;
    if (keyword.kind == Kind::OneOf) {
      suggest_value(keyword, may);
    } else {
      may.words.emplace_back(keyword.word);
    }
  }
}

}  // namespace

void Parsed::add(const Keyword& keyword, Value value, bool locked) {
  given_.push_back({&keyword, std::move(value), locked});
}

const Value* Parsed::find(std::string_view keyword) const {
  for (const Given& given : given_)
    if (given.keyword->word == keyword) return &given.value;
  return nullptr;
}

bool Parsed::locked(std::string_view keyword) const {
  return std::any_of(given_.begin(), given_.end(),
                     [&](const Given& g) { return g.keyword->word == keyword && g.locked; });
}

Result<Parsed> parse(const std::vector<std::string>& written) {
  if (written.empty()) return help_about({}, {});
  const std::vector<std::string> words = in_usual_order(written);
  if (words.size() >= 2 && (words.back() == "help" || words[1] == "help") && words[0] != "help")
    if (const Object* object = find_object(words[0]); object && object->refusal.empty())
      return help_about(object->name, words.size() > 2 ? words[words[1] == "help" ? 2 : 1] : std::string_view());
  const auto found = locate(words);
  if (!found) return tl::unexpected(found.error());
  Matcher matcher(*found->object, *found->command);
  for (size_t i = found->taken; i < words.size(); ++i)
    if (auto taken = matcher.take(words[i]); !taken) return tl::unexpected(taken.error());
  return matcher.finish();
}

Suggestions suggest(const std::vector<std::string>& written) {
  Suggestions may;
  if (written.empty() || (written.size() == 1 && written[0] == "show")) {
    for (const Object& object : objects())
      if (object.refusal.empty() && (written.empty() || has_show(object))) may.words.emplace_back(object.name);
    return may;
  }
  if (written.size() <= 2 && written[0] == "help")
    return suggest(std::vector<std::string>(written.begin() + 1, written.end()));
  const std::vector<std::string> words = in_usual_order(written);
  const Object* object = find_object(words[0]);
  if (!object || !object->refusal.empty()) return may;
  if (words.size() == 1)
    for (const Command& command : object->commands)
      if (command.refusal.empty() && !command.verbs.empty())
        may.words.emplace_back(command.verbs.substr(0, command.verbs.find(' ')));
  const auto found = words.size() == 1 ? Result<Found>(Found{object, whole_command(*object), 1}) : locate(words);
  if (!found || !found->command) return may;
  Matcher matcher(*object, *found->command);
  for (size_t i = found->taken; i < words.size(); ++i)
    if (!matcher.take(words[i])) return may;
  suggest_arguments(matcher, *found->command, may);
  return may;
}

const Option* find_option(std::string_view word) {
  if (word.starts_with("--")) word.remove_prefix(1);  // --json is -json
  for (const Option& option : options())
    if (word.size() >= option.word.size() && begins_one_of(option.full, word)) return &option;
  return nullptr;
}

Result<Style> take_options(std::vector<std::string>& words, Style style) {
  size_t at = 0;
  for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
    const Option* option = find_option(words[at]);
    if (!option || option->client)
      return wrong_usage(fmt::format("Option \"{}\" is unknown, try \"flyover help\".", words[at]));
    style.json |= option->word == "-j";
    style.pretty |= option->word == "-p";
    style.details |= option->word == "-d";
    style.brief |= option->word == "-br";
    style.oneline |= option->word == "-o";
    style.statistics += option->word == "-s";
    if (option->word == "-6") return refused("Error: \"-6\" is not supported: Flyover routes IPv4.");
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
  return style;
}

}  // namespace flyover::control
