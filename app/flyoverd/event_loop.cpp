// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/event_loop.hpp"

#include <boost/asio/post.hpp>
#include <csignal>

namespace flyover::daemon {

EventLoop::EventLoop() : signals_(context_, SIGTERM, SIGINT, SIGHUP), idle_(context_) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever read our log may go; we stay
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    signal_ = number;
    stop();
  });
}

void EventLoop::every(std::chrono::milliseconds period, std::function<void()> task) {
  arm(periodic_.emplace_back(Periodic{boost::asio::steady_timer(context_), period, std::move(task)}));
}

void EventLoop::arm(Periodic& p) {
  p.timer.expires_after(p.period);
  p.timer.async_wait([this, &p](const boost::system::error_code& error) {
    if (error) return;
    p.task();
    arm(p);
  });
}

// Posted rather than called when there is more to do: clients and signals get their turn in between.
void EventLoop::turn() {
  if (work_ && work_()) return boost::asio::post(context_, [this] { turn(); });
  idle_.expires_after(std::chrono::milliseconds(1));
  idle_.async_wait([this](const boost::system::error_code& error) {
    if (!error) turn();
  });
}

int EventLoop::run() {
  turn();
  context_.run();
  return signal_;
}

}  // namespace flyover::daemon
