// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what the fuzzer's bytes stand for: frames, time, answers to ARP, commands, one after the other
// Format     : one byte for the kind of router and whether the input is played twice, then operations: a byte for its kind and
//              what the kind needs. Every sequence of bytes is a script; behind the end there are zeroes.
#pragma once

#include "bytes.hpp"
#include "house.hpp"

namespace flyover::fuzz {

enum class Op : uint8_t {
  Frame,     // how, template, size, patches
  Raw,       // how, length (2 bytes), the frame's bytes
  Fragment,  // how, offset (2 bytes), size: a piece of the last frame's datagram
  Again,     // how, patches: the last frame once more
  Answer,    // which of the last ARP requests that were sent, spoilt how
  Echo,      // how, which: a frame that was sent comes back in
  Wait,      // which of the times
  Port,      // what happens to a port
  Command,   // which of the commands
  Line,      // length, text: a command
  Judge,     // what the reader of the hook queue says
  Starve,    // how many mbufs are left
  Count
};

class Script {
 public:
  // `aloud`: what happens is printed, in the words of the packet cases.
  Script(House& house, ByteSource bytes, bool aloud) : house_(house), in_(bytes), aloud_(aloud) {}
  std::vector<Sent> play();  // what was sent

 private:
  struct How;
  void step();
  void say(const std::string& line) const;
  void command(const std::string& line);
  void wait(uint64_t ms);
  void send(Bytes frame, const How& how);
  void flush();
  void patch(Bytes& frame);
  void frame();
  void raw();
  void fragment();
  void answer();
  void echo();
  void port_event();
  void judge();
  void collect();
  How read_how();
  std::string port_of(uint8_t number) const;

  House& house_;
  ByteSource in_;
  bool aloud_;
  Bytes last_;
  std::string burst_port_;
  std::vector<rte_mbuf*> burst_;
  std::vector<Sent> sent_;
};

// For those who write seeds.
const std::vector<std::string>& frame_templates();
const std::vector<std::string>& command_lines();
uint8_t time_at_least(uint64_t ms);  // of the times that Wait has

}  // namespace flyover::fuzz
