// SPDX-License-Identifier: BSD-3-Clause
#include "lookup_peers.hpp"

#include <rte_fib.h>
#include <rte_lpm.h>

#include <algorithm>

#include "base/check.hpp"
#include "packet/published.hpp"
#include "route/fib.hpp"

namespace flyover::bench {
namespace {

constexpr size_t kTopBytes = size_t{4} << 24, kBlockBytes = 256 * 4;  // of a DIR-24-8 with words of four bytes

uint32_t word(const uint64_t* answers, unsigned i) { return reinterpret_cast<const uint32_t*>(answers)[i]; }

class Flyover : public LookupPeer {
 public:
  const char* name() const override { return "flyover"; }
  bool set(const Ipv4Prefix& prefix, uint32_t value) override { return fib_.set(prefix, value); }
  bool clear(const Ipv4Prefix& prefix) override { return fib_.clear(prefix); }
  void lookup(const uint32_t* addresses, uint64_t* answers, unsigned count) const override {
    fib_.reader().lookup(addresses, reinterpret_cast<uint32_t*>(answers), count);
  }
  uint32_t value(const uint64_t* answers, unsigned i) const override { return word(answers, i); }
  size_t memory() const override { return fib_.memory().lookup; }

 private:
  dpdk::Rcu rcu_{1};
  Reclaimer reclaimer_{rcu_};
  route::Fib fib_{reclaimer_};
};

class RteFib : public LookupPeer {
 public:
  RteFib(size_t routes, uint32_t blocks) : blocks_(blocks) {
    rte_fib_conf conf{};
    conf.type = RTE_FIB_DIR24_8;
    conf.max_routes = static_cast<int>(routes);
    conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
    conf.dir24_8.num_tbl8 = blocks;
    fib_ = rte_fib_create("bench", SOCKET_ID_ANY, &conf);
    check(fib_ != nullptr, "rte_fib has the memory that it needs");
    vector_ = rte_fib_select_lookup(fib_, RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512) == 0;
  }
  ~RteFib() override { rte_fib_free(fib_); }
  const char* name() const override { return vector_ ? "rte_fib avx512" : "rte_fib"; }
  bool set(const Ipv4Prefix& p, uint32_t value) override {
    return rte_fib_add(fib_, p.network().host(), p.length(), value) == 0;
  }
  bool clear(const Ipv4Prefix& p) override { return rte_fib_delete(fib_, p.network().host(), p.length()) == 0; }
  void lookup(const uint32_t* addresses, uint64_t* answers, unsigned count) const override {
    rte_fib_lookup_bulk(fib_, const_cast<uint32_t*>(addresses), answers, static_cast<int>(count));
  }
  uint32_t value(const uint64_t* answers, unsigned i) const override { return static_cast<uint32_t>(answers[i]); }
  size_t memory() const override { return kTopBytes + blocks_ * kBlockBytes; }

 private:
  rte_fib* fib_;
  uint32_t blocks_;
  bool vector_ = false;
};

class RteLpm : public LookupPeer {
 public:
  RteLpm(size_t routes, uint32_t blocks) : blocks_(blocks) {
    rte_lpm_config config{.max_rules = static_cast<uint32_t>(routes), .number_tbl8s = blocks, .flags = 0};
    lpm_ = rte_lpm_create("bench", SOCKET_ID_ANY, &config);
    check(lpm_ != nullptr, "rte_lpm has the memory that it needs");
  }
  ~RteLpm() override { rte_lpm_free(lpm_); }
  const char* name() const override { return "rte_lpm"; }
  bool set(const Ipv4Prefix& p, uint32_t value) override {
    return rte_lpm_add(lpm_, p.network().host(), p.length(), value) == 0;
  }
  bool clear(const Ipv4Prefix& p) override { return rte_lpm_delete(lpm_, p.network().host(), p.length()) == 0; }
  void lookup(const uint32_t* addresses, uint64_t* answers, unsigned count) const override {
    rte_lpm_lookup_bulk(lpm_, addresses, reinterpret_cast<uint32_t*>(answers), count);
  }
  uint32_t value(const uint64_t* answers, unsigned i) const override {
    return word(answers, i) & RTE_LPM_LOOKUP_SUCCESS ? word(answers, i) & 0xffffff : 0;
  }
  size_t memory() const override { return kTopBytes + blocks_ * kBlockBytes; }

 private:
  rte_lpm* lpm_;
  uint32_t blocks_;
};

}  // namespace

std::unique_ptr<LookupPeer> make_flyover() { return std::make_unique<Flyover>(); }
std::unique_ptr<LookupPeer> make_rte_fib(size_t routes, uint32_t large_blocks) {
  return std::make_unique<RteFib>(routes, large_blocks);
}
std::unique_ptr<LookupPeer> make_rte_lpm(size_t routes, uint32_t large_blocks) {
  return std::make_unique<RteLpm>(routes, large_blocks);
}

}  // namespace flyover::bench
