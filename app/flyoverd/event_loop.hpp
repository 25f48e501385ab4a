// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the control thread's life: signals, timers, and work that comes in small pieces
// Guarantees : run() returns at SIGTERM, SIGINT, SIGHUP or stop(); work is asked for again at once while there is any, every
//              millisecond when there is none
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>

namespace flyover::daemon {

class EventLoop {
 public:
  EventLoop();

  boost::asio::io_context& context() { return context_; }
  // `work` returns true if it had something to do.
  void on_work(std::function<bool()> work) { work_ = std::move(work); }
  void every(std::chrono::milliseconds period, std::function<void()> task);
  int run();  // the signal that ended it; 0: stop()
  void stop() { context_.stop(); }

 private:
  struct Periodic {
    boost::asio::steady_timer timer;
    std::chrono::milliseconds period;
    std::function<void()> task;
  };
  void turn();
  void arm(Periodic& p);

  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer idle_;
  std::function<bool()> work_;
  std::deque<Periodic> periodic_;
  int signal_ = 0;
};

}  // namespace flyover::daemon
