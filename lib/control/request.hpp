// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what client and daemon say to each other over the control socket
// Guarantees : a message is its length (4 bytes, network order) and JSON; nothing longer than its limit is ever kept.
//              Request : {"lines": ["route show", ...], "force": false, "json": true, "statistics": 1, ...}
//              Replies : {"out": "..."} any number of, {"line": 0, "error": "...", "code": 2} for each line that failed,
//                        at last {"end": true, "code": 0}
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/asker.hpp"
#include "control/grammar.hpp"

namespace flyover::control {

inline constexpr size_t kMaxRequest = 1 << 20;  // bytes; a client parts a longer batch
inline constexpr size_t kMaxReply = 1 << 18;    // bytes of one message
inline constexpr size_t kChunk = 1 << 15;       // bytes of output that are made at a time, about
inline constexpr size_t kFrameHeader = 4;

// What a command answers. Long output is made piece by piece, as fast as it is taken: `more` appends the next piece
// and says whether there may be another one. Then `outcome`, if there is one, tells whether all went well.
struct Reply {
  std::string out;
  std::string error;  // without line feed at its end
  int code = 0;       // iproute2's: 0, 1 wrong usage, 2 refused
  std::function<bool(std::string&)> more;
  std::function<Result<>()> outcome;

  static Reply text(std::string out) { return {std::move(out), {}, 0, {}, {}}; }
  static Reply failure(const Error& e) { return {{}, e.message, static_cast<int>(e.kind), {}, {}}; }
};
// One piece more, into `out`; when it was the last one, `more` is empty, and error and code are what the outcome says.
void advance(Reply& reply, std::string& out);
// All that is left.
void finish(Reply& reply);
using Executor = std::function<Reply(const std::string& line, const Style& style, const Asker& asker)>;

struct Request {
  std::vector<std::string> lines;
  Style style;
  bool force = false;  // go on after a line that failed
};

struct ReplyMessage {
  enum class Kind : uint8_t { Output, Failure, End } kind = Kind::Output;
  std::string text;  // output, or the error
  size_t line = 0;   // Failure: which of the request's lines
  int code = 0;      // Failure, End
};

std::string frame(std::string_view body);
uint32_t frame_length(const char (&header)[kFrameHeader]);

// Whole frames.
std::string encode(const Request& request);
std::string encode(const ReplyMessage& message);
// Bodies of frames; an error when somebody sent anything else.
Result<Request> decode_request(std::string_view body);
Result<ReplyMessage> decode_reply(std::string_view body);

}  // namespace flyover::control
