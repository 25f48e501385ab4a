// SPDX-License-Identifier: BSD-3-Clause
#include "control/request.hpp"

#include <catch2/catch.hpp>

using namespace flyover::control;

namespace {
std::string_view body(const std::string& frame) { return std::string_view(frame).substr(kFrameHeader); }
}  // namespace

TEST_CASE("requests and replies arrive as they were sent") {
  Request request{{"route show", "ask 'x'"}, {}, true};
  request.style.json = true;
  request.style.statistics = 2;
  const std::string whole = encode(request);
  char header[kFrameHeader];
  whole.copy(header, kFrameHeader);
  CHECK(frame_length(header) == whole.size() - kFrameHeader);
  const auto read = decode_request(body(whole));
  REQUIRE(read);
  CHECK(read->lines == request.lines);
  CHECK(read->force);
  CHECK(read->style.json);
  CHECK_FALSE(read->style.brief);
  CHECK(read->style.statistics == 2);

  const auto failure = decode_reply(body(encode(ReplyMessage{ReplyMessage::Kind::Failure, "no", 3, 2})));
  CHECK(failure->kind == ReplyMessage::Kind::Failure);
  CHECK(failure->text == "no");
  CHECK(failure->line == 3);
  CHECK(failure->code == 2);
  CHECK(decode_reply(body(encode(ReplyMessage{ReplyMessage::Kind::Output, "a\n", 0, 0})))->text == "a\n");
  CHECK(decode_reply(body(encode(ReplyMessage{ReplyMessage::Kind::End, {}, 0, 1})))->kind == ReplyMessage::Kind::End);
}

TEST_CASE("text that is no UTF-8 is sent all the same") {
  CHECK_NOTHROW(encode(Request{{"link show \xff\xfe"}, {}, false}));
  CHECK(decode_request(body(encode(Request{{"\xff"}, {}, false}))));
}

TEST_CASE("what is no message is refused") {
  for (const char* text : {"", "x", "1", "[]", "{}", "{\"end\":1}", "{\"lines\":{}}", "{\"lines\":[null]}", "\"lines\"",
                           "{\"lines\":[\"\xff\"]}"}) {
    INFO(text);
    CHECK_FALSE(decode_request(text));
    CHECK_FALSE(decode_reply(text));
  }
}
