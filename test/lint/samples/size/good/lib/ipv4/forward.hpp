// SPDX-License-Identifier: BSD-3-Clause
struct Forward {
  static Verdict step(Packet& p, Worker& w) noexcept {
    if (p.ttl <= 1) return drop();
    return go_on();
  }
};
