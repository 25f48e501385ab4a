// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "control/commands.hpp"

namespace flyover::control {
namespace {

Json capture_row(const std::string& name, const iface::CaptureView& view) {
  const iface::CaptureState& state = view.state;
  Json row{{"ifname", name}, {"file", view.file}, {"state", "running"}};
  if (state.ended) row["state"] = state.error.empty() ? "ended" : "failed";
  row["frames"] = state.written;
  if (view.count) row["count"] = view.count;
  row["lost"] = state.lost;
  if (!state.error.empty()) row["error"] = state.error;
  return row;
}

std::string print_capture(const Json& row, const Style&) {
  std::string text =
      fmt::format("{}: {} {} frames {}", row.at("ifname").get<std::string>(), row.at("file").get<std::string>(),
                  row.at("state").get<std::string>(), row.at("frames").get<uint64_t>());
  if (row.contains("count")) text += fmt::format(" of {}", row.at("count").get<uint64_t>());
  text += fmt::format(" lost {}", row.at("lost").get<uint64_t>());
  if (row.contains("error")) text += fmt::format(" ({})", row.at("error").get<std::string>());
  return text + "\n";
}

}  // namespace

Result<> Commands::begin_capture(const Parsed& p) {
  const auto id = device(p, "dev");
  if (!id) return tl::unexpected(id.error());
  const auto open = [asker = asker_](const std::string& name, int flags, uint32_t mode) {
    return asker.open(name, flags, mode);
  };
  return router_.interfaces().begin_capture(*id, p.text("file"), p.get<uint64_t>("count").value_or(0), open);
}

Result<> Commands::end_captures(const Parsed& p) {
  iface::InterfaceControl& all = router_.interfaces();
  if (p.has("dev")) {
    const auto id = device(p, "dev");
    if (!id) return tl::unexpected(id.error());
    return all.end_capture(*id);
  }
  for (const InterfaceId id : all.ids()) {
    const auto view = all.capture(id);
    if (!view || view->state.ended) continue;
    if (auto done = all.end_capture(id); !done) return done;
  }
  return {};
}

Reply Commands::show_captures(const Parsed&, const Style& style) {
  std::vector<Json> rows;
  for (const InterfaceId id : router_.interfaces().ids())
    if (const auto view = router_.interfaces().capture(id))
      rows.push_back(capture_row(router_.interfaces().name(id), *view));
  return rows_reply(style, print_capture, std::move(rows));
}

}  // namespace flyover::control
