// SPDX-License-Identifier: BSD-3-Clause
#include "iface/interface_control.hpp"

namespace flyover::iface {

Result<> InterfaceControl::begin_capture(InterfaceId id, const std::string& file, uint64_t count,
                                         const OpenFile& open) {
  Slot& s = slot(id);
  if (!s.port) return refused("Error: " + s.view.name + " has no device whose frames could be captured.");
  if (s.capture && !s.capture->state().ended)
    return refused("Error: " + s.view.name + " is being captured into " + s.captured->file + " already.");
  if (!stop_capture(s)) return refused("RTNETLINK answers: Device or resource busy");
  auto made = s.port->capture({.interface = s.view.name, .file = file, .count = count, .open = open});
  if (!made) return tl::unexpected(made.error());
  s.capture = std::move(*made);
  s.capture_stuck = false;
  s.captured = CaptureView{.file = file, .count = count, .state = {}};
  const auto attached = s.capture->attach();
  if (!attached) static_cast<void>(stop_capture(s));
  return attached;
}

Result<> InterfaceControl::end_capture(InterfaceId id) {
  poll_captures();
  Slot& s = slot(id);
  if (!s.capture) return refused("Error: " + s.view.name + " is not being captured.");
  if (!stop_capture(s)) return refused("RTNETLINK answers: Device or resource busy");
  return {};
}

std::optional<CaptureView> InterfaceControl::capture(InterfaceId id) const {
  const Slot& s = slot(id);
  std::optional<CaptureView> view = s.captured;
  if (s.capture) view->state = s.capture->state();
  return view;
}

void InterfaceControl::shut_down() {
  for (Slot& s : slots_) conclude_capture(s);
}

// Waits for a worker that stands still once, not at every look.
void InterfaceControl::poll_captures() {
  for (Slot& s : slots_)
    if (s.capture && !s.capture_stuck && s.capture->state().ended) s.capture_stuck = !stop_capture(s);
}

// False: a worker stands still and may be copying yet; the capture is kept.
bool InterfaceControl::stop_capture(Slot& s) {
  if (!s.capture) return true;
  s.capture->detach();
  if (!events_.settle()) return false;
  conclude_capture(s);
  return true;
}

// No worker touches the port, or none copies any more.
void InterfaceControl::conclude_capture(Slot& s) {
  if (!s.capture) return;
  s.capture->detach();
  const CaptureState& state = s.captured->state = s.capture->end();
  s.capture.reset();
  std::string line = s.view.name + ": captured " + std::to_string(state.written) + " frame(s) into " + s.captured->file;
  if (state.lost) line += ", lost " + std::to_string(state.lost);
  if (!state.error.empty()) line += ": " + state.error;
  events_.log(line);
}

}  // namespace flyover::iface
