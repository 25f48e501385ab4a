// SPDX-License-Identifier: BSD-3-Clause
// Prints the documents that are made from the program's tables: flyover-docs drop-reasons|stages|commands|flyover.8
// `stages` also reads the contracts atop the stages' headers, below lib/ of the current folder.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "control/grammar_help.hpp"
#include "packet/reasons.hpp"

namespace {

namespace fs = std::filesystem;
using namespace flyover;

struct Contract {
  std::string header;                                       // the file
  std::vector<std::pair<std::string, std::string>> fields;  // "Purpose" ...
};

std::string trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

// The comment atop a header: "// Purpose : ...", and lines that continue the field before them.
Contract read_contract(const fs::path& path) {
  Contract contract{path.generic_string(), {}};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line) && line.starts_with("//");) {
    if (line.find("SPDX") != std::string::npos) continue;
    const size_t colon = line.find(" : ") != std::string::npos ? line.find(" : ") : line.find(": ");
    const std::string name = trimmed(std::string_view(line).substr(2, colon == std::string::npos ? 0 : colon - 2));
    const bool field = !name.empty() && line.size() > 3 && line[3] != ' ' && name.size() < 20;
    if (field) {
      contract.fields.emplace_back(name, trimmed(std::string_view(line).substr(line.find(':') + 1)));
    } else if (!contract.fields.empty()) {
      contract.fields.back().second.append(" ").append(trimmed(std::string_view(line).substr(2)));
    }
  }
  return contract;
}

// By enumerator, as the source names it: "Forward".
std::multimap<std::string, Contract> stage_contracts() {
  std::multimap<std::string, Contract> found;
  if (!fs::is_directory("lib")) return found;
  const std::string mark = "static constexpr auto id = StageId::";
  for (const auto& entry : fs::recursive_directory_iterator("lib")) {
    if (entry.path().extension() != ".hpp") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      if (const size_t at = line.find(mark); at != std::string::npos)
        found.emplace(line.substr(at + mark.size(), line.find(';', at) - at - mark.size()),
                      read_contract(entry.path()));
  }
  return found;
}

// Enumerators in the order of the table, from the header that has them.
std::vector<std::string> stage_enumerators() {
  std::ifstream file("lib/packet/reasons.hpp");
  std::vector<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.find("enum class StageId") != std::string::npos) {
      inside = true;
      continue;
    }
    if (inside && line.find("};") != std::string::npos) break;
    if (!inside) continue;
    control::for_each_part(line, ',', [&](std::string_view part) {
      const std::string name = trimmed(part);
      if (!name.empty() && name != "Count" && !name.starts_with("//")) names.push_back(name);
    });
  }
  return names;
}

std::string stages_markdown() {
  std::string text =
      "# Stages\n\n<!-- printed by flyover-docs stages, from kStages and the contracts in the stages' headers -->\n\n"
      "Every stop of a packet, with the function that does the same in Linux. `flyover stats show` and `flyover trace "
      "show` use these names.\n\n"
      "| stage | Linux |\n|---|---|\n";
  for (const NameInfo& stage : kStages) text += fmt::format("| `{}` | `{}` |\n", stage.name, stage.sentence);
  const auto contracts = stage_contracts();
  const auto enumerators = stage_enumerators();
  for (size_t i = 0; i < kStages.size() && i < enumerators.size(); ++i) {
    const auto contract = contracts.find(enumerators[i]);
    if (contract == contracts.end()) continue;
    text += fmt::format("\n## {}\n\n`{}`\n\n", kStages[i].name, contract->second.header);
    for (const auto& [name, says] : contract->second.fields) text += fmt::format("- {}: {}\n", name, says);
  }
  return text + "\n## Lanes\n\n| lane | packets that are |\n|---|---|\n" + [] {
    std::string rows;
    for (const NameInfo& lane : kLanes) rows += fmt::format("| `{}` | {} |\n", lane.name, lane.sentence);
    rows += "\n## Queues to the control thread\n\n| queue | |\n|---|---|\n";
    for (const NameInfo& punt : kPuntReasons) rows += fmt::format("| `{}` | {} |\n", punt.name, punt.sentence);
    return rows;
  }();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  std::string text;
  if (what == "drop-reasons") text = control::drop_reasons_markdown();
  if (what == "stages") text = stages_markdown();
  if (what == "commands") text = control::commands_markdown();
  if (what == "flyover.8") text = control::client_man_page();
  if (text.empty()) return std::fputs("flyover-docs: drop-reasons, stages, commands or flyover.8?\n", stderr), 1;
  return std::fputs(text.c_str(), stdout) < 0;
}
