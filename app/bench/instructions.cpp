// SPDX-License-Identifier: BSD-3-Clause
#include "instructions.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace flyover::bench {
namespace {

[[noreturn]] void child(const std::function<void()>& prepare, const std::function<void()>& work) {
  prepare();
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
  raise(SIGSTOP);  // the parent steps from here
  work();
  raise(SIGSTOP);  // to here
  _exit(0);
}

// Steps until the next stop that the child asks for itself.
uint64_t steps_to_stop(pid_t pid) {
  uint64_t steps = 0;
  for (int status = 0;;) {
    if (ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) != 0 || waitpid(pid, &status, 0) != pid) return 0;
    if (!WIFSTOPPED(status)) return 0;
    if (WSTOPSIG(status) == SIGSTOP) return steps;
    ++steps;
  }
}

uint64_t count(const std::function<void()>& prepare, const std::function<void()>& work) {
  const pid_t pid = fork();
  if (pid < 0) return 0;
  if (pid == 0) child(prepare, work);
  int status = 0;
  uint64_t steps = 0;
  if (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) steps = steps_to_stop(pid);
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return steps;
}

}  // namespace

uint64_t count_instructions(const std::function<void()>& prepare, const std::function<void()>& work) {
  const uint64_t frame = count(prepare, [] {});  // leaving one raise() and entering the next
  const uint64_t all = count(prepare, work);
  return all > frame ? all - frame : 0;
}

}  // namespace flyover::bench
