// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <histedit.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "control/words.hpp"
#include "flyover/client.hpp"

namespace flyover {
namespace {

char* prompt_text(EditLine*) {
  static char text[] = "flyover> ";
  return text;
}

std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words)
    while (!word.starts_with(common)) common.pop_back();
  return common;
}

void print_choice(const std::vector<std::string>& words) {
  std::string line;
  std::puts("");
  for (const std::string& word : words) {
    if (line.size() + word.size() > 76) {
      std::puts(line.c_str());
      line.clear();
    }
    line += fmt::format("{}{}", line.empty() ? "" : "  ", word);
  }
  std::puts(line.c_str());
}

// The tab key: what all candidates have in common is written, or they are shown.
unsigned char complete(EditLine* editor, int) {
  Client* client = nullptr;
  el_get(editor, EL_CLIENTDATA, &client);
  const LineInfo* line = el_line(editor);
  const std::string before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
  auto words = control::split_words(before);
  if (!words) return CC_ERROR;
  if (words->empty() || before.back() == ' ') words->emplace_back();
  const std::string begun = words->back();
  const auto found = client->completions(*words);
  if (found.empty() || found.front() == "@file") return CC_ERROR;
  std::string more = common_beginning(found).substr(begun.size());
  if (found.size() == 1) more += ' ';
  if (!more.empty()) return el_insertstr(editor, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  print_choice(found);
  return CC_REDISPLAY;
}

// Ctrl-C: the line is given up, as a shell does it.
unsigned char give_up(EditLine* editor, int) {
  const LineInfo* line = el_line(editor);
  const auto length = static_cast<int>(line->lastchar - line->buffer);
  el_cursor(editor, length);
  std::puts("^C");
  el_deletestr(editor, length);
  return CC_REDISPLAY;
}

std::string history_file() {
  const char* home = std::getenv("HOME");
  return home && *home ? fmt::format("{}/.flyover_history", home) : "";
}

// The line editor with its history, as long as the prompt lasts.
class Editor {
 public:
  explicit Editor(Client& client)
      : history_(history_init(), &history_end), line_(el_init("flyover", stdin, stdout, stderr), &el_end) {
    HistEvent event;
    history(history_.get(), &event, H_SETSIZE, 1000);
    history(history_.get(), &event, H_SETUNIQUE, 1);
    if (!file_.empty()) history(history_.get(), &event, H_LOAD, file_.c_str());
    el_set(line_.get(), EL_CLIENTDATA, &client);
    el_set(line_.get(), EL_PROMPT, &prompt_text);
    el_set(line_.get(), EL_EDITOR, "emacs");
    el_set(line_.get(), EL_SIGNAL, 1);
    el_set(line_.get(), EL_HIST, ::history, history_.get());
    el_set(line_.get(), EL_ADDFN, "flyover-complete", "complete the word", &complete);
    el_set(line_.get(), EL_BIND, "^I", "flyover-complete", nullptr);
    el_set(line_.get(), EL_ADDFN, "flyover-give-up", "give the line up", &give_up);
    el_set(line_.get(), EL_BIND, "^C", "flyover-give-up", nullptr);
    el_set(line_.get(), EL_SETTY, "-d", "-isig", nullptr);  // while a line is written ^C is a key, not a signal
    el_source(line_.get(), nullptr);                        // the user's ~/.editrc
  }

  // False at the end of input.
  bool next(std::string& text) {
    int length = 0;
    const char* typed = el_gets(line_.get(), &length);
    if (!typed || length <= 0) return false;
    text.assign(typed, static_cast<size_t>(length));
    while (text.ends_with('\n')) text.pop_back();
    return true;
  }
  void remember(const std::string& text) {
    HistEvent event;
    history(history_.get(), &event, H_ENTER, text.c_str());
    if (!file_.empty()) history(history_.get(), &event, H_SAVE, file_.c_str());
  }

 private:
  std::string file_ = history_file();
  std::unique_ptr<History, decltype(&history_end)> history_;
  std::unique_ptr<EditLine, decltype(&el_end)> line_;
};

}  // namespace

int Client::prompt() {
  Editor editor(*this);
  for (std::string line; editor.next(line);) {
    const auto words = control::split_words(line);
    if (!words) {
      std::fprintf(stderr, "%s\n", words.error().message.c_str());
      continue;
    }
    if (words->empty()) continue;
    editor.remember(line);
    if (words->front() == "exit" || words->front() == "quit") return 0;
    run(words->front() == "?" ? std::vector<std::string>{"help"} : *words);
  }
  std::puts("");
  return 0;
}

}  // namespace flyover
