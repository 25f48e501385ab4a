// SPDX-License-Identifier: BSD-3-Clause
#include "control/request.hpp"

#include <nlohmann/json.hpp>

#include "base/byte_order.hpp"

namespace flyover::control {
namespace {

using Json = nlohmann::json;

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

bool flag(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

int number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int>() : 0;
}

}  // namespace

void advance(Reply& reply, std::string& out) {
  if (reply.more(out)) return;
  reply.more = nullptr;
  const auto done = reply.outcome ? reply.outcome() : Result<>();
  if (done) return;
  reply.error = done.error().message;
  reply.code = static_cast<int>(done.error().kind);
}

void finish(Reply& reply) {
  while (reply.more) advance(reply, reply.out);
}

std::string frame(std::string_view body) {
  const auto length = std::bit_cast<std::array<char, kFrameHeader>>(Be32(static_cast<uint32_t>(body.size())));
  std::string whole(length.data(), length.size());
  return whole += body;
}

uint32_t frame_length(const char (&header)[kFrameHeader]) {
  std::array<char, kFrameHeader> bytes;
  std::copy(std::begin(header), std::end(header), bytes.begin());
  return std::bit_cast<Be32>(bytes).host();
}

std::string encode(const Request& request) {
  const Style& s = request.style;
  return frame(dump({{"lines", request.lines},
                     {"force", request.force},
                     {"json", s.json},
                     {"pretty", s.pretty},
                     {"details", s.details},
                     {"brief", s.brief},
                     {"oneline", s.oneline},
                     {"statistics", s.statistics}}));
}

std::string encode(const ReplyMessage& message) {
  switch (message.kind) {
    case ReplyMessage::Kind::Output: return frame(dump({{"out", message.text}}));
    case ReplyMessage::Kind::Failure:
      return frame(dump({{"line", message.line}, {"error", message.text}, {"code", message.code}}));
    case ReplyMessage::Kind::End: break;
  }
  return frame(dump({{"end", true}, {"code", message.code}}));
}

Result<Request> decode_request(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  const auto lines = json.is_object() ? json.find("lines") : json.end();
  if (!json.is_object() || lines == json.end() || !lines->is_array())
    return wrong_usage("Error: a request is an object with \"lines\".");
  Request request;
  for (const Json& line : *lines) {
    if (!line.is_string()) return wrong_usage("Error: a line is a string.");
    request.lines.push_back(line.get<std::string>());
  }
  request.force = flag(json, "force");
  request.style = {.json = flag(json, "json"),
                   .pretty = flag(json, "pretty"),
                   .details = flag(json, "details"),
                   .brief = flag(json, "brief"),
                   .oneline = flag(json, "oneline"),
                   .statistics = number(json, "statistics")};
  return request;
}

Result<ReplyMessage> decode_reply(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return refused("flyoverd sent something that is no answer.");
  ReplyMessage message;
  message.code = number(json, "code");
  if (flag(json, "end")) {
    message.kind = ReplyMessage::Kind::End;
  } else if (const auto out = json.find("out"); out != json.end() && out->is_string()) {
    message.text = out->get<std::string>();
  } else if (const auto error = json.find("error"); error != json.end() && error->is_string()) {
    message.kind = ReplyMessage::Kind::Failure;
    message.text = error->get<std::string>();
    message.line = static_cast<size_t>(number(json, "line"));
  } else {
    return refused("flyoverd sent something that is no answer.");
  }
  return message;
}

}  // namespace flyover::control
