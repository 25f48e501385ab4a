// SPDX-License-Identifier: BSD-3-Clause
// Inputs of start_fuzz and socket_fuzz: few, for both read little.
#include "control/request.hpp"
#include "flyoverd/options.hpp"
#include "seeds.hpp"

namespace flyover::fuzz {

void write_start(Writer& to) {
  to.write("--workers=2\n--cores\n0,2-3\n--huge\noff\n--\n--vdev=net_null0\n-a\n0000:03:00.0\n%%\n%%\n%%\n0-3,7\n");
  to.write("%%\n# a comment\nworkers = 2\n[section]\nmemory=256\nmemory = many\n\nbad line\n%%\n%%\nnet_null0\n");
  to.write(
      "%%\n%%\nlink add p0 type port \\\n  dev net_null0 # comment\n\nbad 'quo ted'\nroute show\n%%\n0000:03:00.0\n");
  to.write("%%\n%%\n%%\nnet_af_packet0,iface=eth1,qpairs=2,framesz=4096,blocksz=8192\n");
  // Every option that there is, from the help that names it.
  const std::string help = daemon::options_help();
  for (size_t at = help.find("--"); at != std::string::npos; at = help.find("--", at + 2)) {
    const std::string option = help.substr(at, help.find_first_of(" ,\n", at) - at);
    if (option.size() < 4 || option == "--config") continue;
    to.word(option);
    to.word(option.substr(2));
    to.write(option + "\n1\n%%\n" + option.substr(2) + " = 1000\n");
  }
  for (const char* word : {"%%\n", "=", "\n--\n", "--config\n/", "auto", "info", ",", "-l", "--lcores", "--no-huge",
                           "-m", "\\\n", "net_af_packet", "framesz=", "qpairs="})
    to.word(word);
}

void write_socket(Writer& to) {
  const auto asked = [](const std::string& lines, char what) {
    return std::string{what, static_cast<char>(lines.size())} + lines;
  };
  const auto raw = [](const std::string& bytes) { return std::string{0, static_cast<char>(bytes.size())} + bytes; };
  const std::string turn(1, 6);
  const std::string request = control::encode(control::Request{{"route show"}, {}, true});
  to.write(asked("one\ntwo", 2) + turn + turn);
  to.write(asked("one\nbad\ntwo", 9) + turn + asked("!\xff\x01", 2) + turn + asked(">\x60x\nmore", 2) + turn);
  to.write(raw(request.substr(0, 7)) + turn + raw(request.substr(7)) + turn);
  to.write(raw(request + request) + std::string(1, 4) + turn + turn);
  to.write(raw(request) + asked(">\x60y", 0x12) + turn + std::string(1, 5) + turn);
  to.write(raw(std::string("\xff\xff\xff\xff", 4)) + turn + asked("[]", 1) + asked("{\"lines\": [1]}", 1));
  to.write(asked("{\"lines\": [\"a\", \"b\"], \"force\": true, \"json\": 1, \"statistics\": 99999999999}", 1) + turn);
  for (const char* word :
       {"{\"lines\": [\"", "\"]}", "\"force\"", "\"statistics\"", "true", "\\u0000", "[[[[", "{\"out\": \"", "bad"})
    to.word(word);
  to.word(std::string_view("\x00\x00\x00\x10", 4));
}

}  // namespace flyover::fuzz
