// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what people read about the grammar, printed from its tables
// Guarantees : nothing here knows a command by name: a new row in the tables appears in all of these
#pragma once

#include <string>
#include <string_view>

#include "control/grammar.hpp"

namespace flyover::control {

// "flyover route get ADDRESS [from ADDRESS] [iif NAME]"
std::string usage_of(const Object& object, const Command& command);

// `flyover help`, `flyover route help`, `flyover route add help`; an error if there is no such object or command.
Result<std::string> help_text(std::string_view object, std::string_view verb);

std::string client_man_page();        // flyover.8, roff
std::string commands_markdown();      // docs/commands.md
std::string drop_reasons_markdown();  // docs/drop-reasons.md
std::string bash_completion();        // a script for bash-completion; it asks the client itself

}  // namespace flyover::control
