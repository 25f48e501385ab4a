// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a file that grows by whole blocks
// Guarantees : only an ordinary file that the asker may write and whose name says that it is a capture is written, and by one
//              capture at a time; after a failure it ends with the last block that was written whole
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "iface/port_driver.hpp"

namespace flyover::port {

class CaptureFile {
 public:
  static constexpr size_t kBuffer = 1 << 18;  // bytes after which full() says so

  // What was in the file before is gone.
  static Result<CaptureFile> create(const std::string& name, const iface::OpenFile& open = {});
  CaptureFile(CaptureFile&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)), written_(other.written_) {}
  CaptureFile& operator=(CaptureFile&&) = delete;
  ~CaptureFile() { close(); }

  void add(const std::vector<uint8_t>& block) { buffer_.insert(buffer_.end(), block.begin(), block.end()); }
  // Room for a block of so many bytes, for the caller to fill.
  uint8_t* add(uint32_t bytes) {
    buffer_.resize(buffer_.size() + bytes);
    return buffer_.data() + buffer_.size() - bytes;
  }
  bool full() const { return buffer_.size() >= kBuffer; }
  Result<> flush();
  void close();

 private:
  explicit CaptureFile(int fd) : fd_(fd) {}

  int fd_;
  std::vector<uint8_t> buffer_;
  uint64_t written_ = 0;  // bytes
};

}  // namespace flyover::port
