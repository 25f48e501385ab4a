// SPDX-License-Identifier: BSD-3-Clause
// Scripts of receive_fuzz from the rows of the packet cases and from its own tables.
#include <sstream>

#include "case.hpp"
#include "receive_script.hpp"
#include "seeds.hpp"

namespace flyover::fuzz {
namespace {

constexpr char kAsItIs = 4 | 8 | 16 | 32;  // Script::How: nothing is mended
constexpr char kTwice = static_cast<char>(0x80);
constexpr size_t kMostOfAFlood = 40;

char op(Op o) { return static_cast<char>(o); }
char port_number(const std::string& port) { return static_cast<char>(port.at(1) - '0'); }

std::string raw(const std::string& port, const std::string& words) {
  const auto number = static_cast<uint8_t>(port_number(port));
  const Bytes frame = test::frame_of(words, MacAddress({2, 0, 0, 0, 0, number}), MacAddress({2, 0, 0, 0, 1, number}));
  std::string out{op(Op::Raw), static_cast<char>(port_number(port) | kAsItIs), static_cast<char>(frame.size()),
                  static_cast<char>(frame.size() >> 8)};
  out.append(frame.begin(), frame.end());
  return out;
}

std::string flood(const std::string& port, const std::string& words) {
  size_t count = 0;
  std::istringstream in(words);
  in >> count;
  std::string rest;
  std::getline(in >> std::ws, rest);
  std::string out = raw(port, rest);
  for (size_t i = 1; i < std::min(count, kMostOfAFlood); ++i)
    out += {op(Op::Again), static_cast<char>(port_number(port) | kAsItIs | 64), 0};
  return out;
}

std::string port_event(const std::string& what, const std::string& port) {
  const int code = what == "full" ? 0 : what == "room" ? 1 : what == "down" ? 2 : 3;
  return {op(Op::Port), static_cast<char>(code << 2 | port_number(port))};
}

std::string line(const std::string& text) {
  const size_t space = text.find(' ');
  const std::string first = text.substr(0, space), rest = text.substr(space + 1);
  if (first == "!") return std::string{op(Op::Line), static_cast<char>(rest.size())} + rest;
  if (first == "wait") return {op(Op::Wait), static_cast<char>(time_at_least(std::stoul(rest)))};
  if (first == "full" || first == "room" || first == "down" || first == "back") return port_event(first, rest);
  if (rest.rfind("<< ", 0) == 0) return flood(first, rest.substr(3));
  if (rest.rfind("< ", 0) == 0) return raw(first, rest.substr(2));
  return {};  // what is to go out
}

// Every template into every port of every kind of router, whole and in pieces, with answers and time in between.
void write_templates(Writer& to) {
  for (size_t profile = 0; profile < profiles().size(); ++profile)
    for (int port = 0; port < 3; ++port) {
      std::string input{static_cast<char>(profile | static_cast<size_t>(kTwice))};
      for (size_t i = 0; i < frame_templates().size(); ++i) {
        const bool parted = i % 3 == 2;
        input += {op(Op::Frame), static_cast<char>(port | (parted ? 0x80 : 0))};
        if (parted) input += {1, 9, 30};
        const bool judged = profiles()[profile].hooks && i % 2;  // the low byte of the IP identification: see judge()
        input += {static_cast<char>(i), static_cast<char>(profile == 5 ? 90 : 20), judged ? '\1' : '\0'};
        if (judged) input += {19, static_cast<char>(10 + i / 2 % 4)};
        if (i % 12 == 11) input += {op(Op::Answer), 0, 0, op(Op::Judge), 1, op(Op::Judge), 1};
      }
      input += {op(Op::Wait), 7, op(Op::Fragment), 0, 0, 0x20, 3, op(Op::Fragment), 0, 4, 0, 3, op(Op::Echo), 1, 0};
      to.write(input);
    }
}

void write_commands(Writer& to) {
  for (size_t i = 0; i < command_lines().size(); ++i)
    to.write({static_cast<char>(kTwice | static_cast<char>(i % profiles().size())),
              op(Op::Frame),
              0,
              2,
              0,
              0,
              op(Op::Command),
              static_cast<char>(i),
              op(Op::Frame),
              0,
              0,
              0,
              0,
              op(Op::Frame),
              0,
              2,
              0,
              0,
              op(Op::Wait),
              5,
              op(Op::Frame),
              0,
              4,
              0,
              0});
}

}  // namespace

void write_receive(Writer& to) {
  using namespace test;
  for (auto* rows : {receive_cases, route_cases, forward_cases, local_cases, neighbour_cases, overload_cases})
    for (const Case& c : rows()) {
      std::string input{kTwice};
      for (const std::string& text : c.script) input += line(text);
      to.write(input);
    }
  write_templates(to);
  write_commands(to);
}

}  // namespace flyover::fuzz
