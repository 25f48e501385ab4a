// SPDX-License-Identifier: BSD-3-Clause
#include "kernel_link.hpp"

#include <net/if.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

namespace flyover::port {
namespace {

// No file can be opened while this lives.
class NoFiles {
 public:
  NoFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("an interface has not gone because there is no file descriptor left") {
  const KernelLink lo(::if_nametoindex("lo"));
  const bool running = lo.state().running;
  REQUIRE(lo.state().present);
  const NoFiles no_files;
  CHECK(lo.state().present);
  CHECK(lo.state().running == running);
  CHECK(lo.name() == "lo");
}

TEST_CASE("an interface that is not there is gone") {
  const KernelLink nobody(0x7fffffff);
  CHECK_FALSE(nobody.state().present);
  CHECK(nobody.name().empty());
}

}  // namespace flyover::port
