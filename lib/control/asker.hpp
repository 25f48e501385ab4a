// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : who asks, where a command has a file read or written: the daemon may what its client may not
// Expects    : a thread that opens nothing else meanwhile
// Guarantees : a file is opened with the asker's rights, as if it were opened by a program of his; the thread has its own again
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace flyover::control {

class Asker {
 public:
  Asker() = default;  // the daemon itself
  Asker(uid_t user, gid_t group, std::vector<gid_t> groups) : user_(user), group_(group), groups_(std::move(groups)) {}

  int open(const std::string& name, int flags, mode_t mode = 0) const;  // as ::open()

 private:
  std::optional<uid_t> user_;
  gid_t group_ = 0;
  std::vector<gid_t> groups_;
};

}  // namespace flyover::control
