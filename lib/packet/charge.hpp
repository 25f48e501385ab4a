// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what a waiting frame counts against the limits that are given in bytes
// Linux counterpart : skb->truesize: unres_qlen_bytes and ipfrag_high_thresh count in it
// Guarantees        : the kernel's figures for frames that came through a veth, as /proc/net/sockstat shows them
#pragma once

#include <bit>
#include <cstdint>

namespace flyover {

constexpr uint32_t charge_of(uint32_t frame_length) {
  constexpr uint32_t socket_buffer = 256, small_head = 576, head_room = 16, shared_info = 320, page = 4096;
  // From about a page on, the bytes lie in pages of their own.
  if (frame_length + head_room >= page) return socket_buffer + small_head + (frame_length + page - 1) / page * page;
  const uint32_t head = frame_length + head_room + shared_info;
  return socket_buffer + (head <= small_head ? small_head : std::bit_ceil(head));
}
static_assert(charge_of(54) == 832 && charge_of(234) == 832 && charge_of(290) == 1280 && charge_of(674) == 1280);
static_assert(charge_of(3761) == 8448 && charge_of(5000) == 9024 && charge_of(9014) == 13120);
static_assert(charge_of(730) == 2304 && charge_of(1514) == 2304);

}  // namespace flyover
