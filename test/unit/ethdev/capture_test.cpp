// SPDX-License-Identifier: BSD-3-Clause
#include "capture.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "control/asker.hpp"
#include "dpdk/eth_queue.hpp"
#include "ethdev_ports.hpp"

using namespace flyover;
using namespace flyover::port;
using Catch::Contains;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "capture-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

template <class T>
T at(const std::vector<uint8_t>& bytes, size_t offset) {
  T value;
  REQUIRE(offset + sizeof value <= bytes.size());
  std::memcpy(&value, &bytes[offset], sizeof value);
  return value;
}

std::vector<uint8_t> content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Packet {
  pcapng::PacketHead head;
  pcapng::PacketTail tail;
  std::vector<uint8_t> frame;
};

struct Read {
  std::vector<Packet> packets;
  bool statistics = false;
};

// Block by block; each begins and ends with its length.
Read read(const std::string& file) {
  const auto bytes = content(file);
  Read all;
  for (size_t i = 0; i < bytes.size(); i += at<uint32_t>(bytes, i + 4)) {
    const uint32_t length = at<uint32_t>(bytes, i + 4);
    REQUIRE(length % 4 == 0);
    REQUIRE(at<uint32_t>(bytes, i + length - 4) == length);
    const uint32_t type = at<uint32_t>(bytes, i);
    all.statistics = type == 5;
    if (type != 6) continue;
    Packet p{
        at<pcapng::PacketHead>(bytes, i), at<pcapng::PacketTail>(bytes, i + length - sizeof(pcapng::PacketTail)), {}};
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(i + sizeof p.head);
    p.frame.assign(begin, begin + p.head.captured);
    all.packets.push_back(std::move(p));
  }
  return all;
}

// A port whose frames come back to it.
struct Bench {
  static constexpr EthdevPorts::Options kOptions{.workers = 2, .mbufs = 2047, .jumbo_mbufs = 511};
  Folder folder;
  std::string file = folder / "x.pcapng";
  EthdevPorts driver{kOptions};
  std::unique_ptr<iface::Port> port;

  Bench() {
    auto opened = driver.open({.devargs = "net_ring0", .mtu = 9000});
    REQUIRE(opened);
    port = std::move(*opened);
    REQUIRE(port->start());
  }
  ~Bench() {
    port.reset();
    CHECK(driver.mbufs_in_use() == 0);
  }
  std::unique_ptr<PortCapture> begin(uint64_t count, uint32_t ring = PortCapture::kRing) {
    auto made =
        PortCapture::create(port->id().value(), port->info(), {.interface = "p0", .file = file, .count = count}, ring);
    REQUIRE(made);
    REQUIRE((*made)->attach());
    return std::move(*made);
  }
  rte_mbuf* piece(uint16_t length, uint8_t first) {
    rte_mbuf* m = rte_pktmbuf_alloc(*driver.pool(dpdk::kDefaultDataRoom, -1));
    REQUIRE(m);
    auto* bytes = reinterpret_cast<uint8_t*>(rte_pktmbuf_append(m, length));
    for (uint16_t i = 0; i < length; ++i) bytes[i] = static_cast<uint8_t>(first + i);
    return m;
  }
  void send(rte_mbuf* m, uint16_t worker = 0) {
    const TxSink sink = port->sink(WorkerId(worker));
    REQUIRE(sink.send(sink.context, &m, 1) == 1);
  }
  void receive(uint16_t queue = 0) {
    rte_mbuf* m;
    REQUIRE(dpdk::rx_burst(port->id(), QueueId(queue), &m, 1) == 1);
    rte_pktmbuf_free(m);
  }
};

iface::CaptureState end(PortCapture& capture) {
  capture.detach();
  return capture.end();
}

iface::CaptureState wait_for_end(const PortCapture& capture) {
  while (!capture.state().ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return capture.state();
}

std::string refusal(const std::string& file) {
  const auto made = CaptureFile::create(file);
  return made ? "created" : made.error().message;
}

}  // namespace

TEST_CASE("a capture holds frames of several mbufs whole, with direction and queue") {
  Bench bench;
  const auto before = std::chrono::system_clock::now();
  auto capture = bench.begin(0);
  rte_mbuf* m = bench.piece(1001, 0);
  REQUIRE(rte_pktmbuf_chain(m, bench.piece(2000, 7)) == 0);
  REQUIRE(rte_pktmbuf_chain(m, bench.piece(61, 9)) == 0);
  bench.send(m);
  bench.receive();
  bench.send(bench.piece(60, 1), 1);
  bench.receive(1);
  const auto state = end(*capture);
  CHECK(state.ended);
  CHECK((state.written == 4 && state.lost == 0 && state.error.empty()));
  const Read all = read(bench.file);
  CHECK(all.statistics);
  REQUIRE(all.packets.size() == 4);
  uint64_t time = static_cast<uint64_t>(std::chrono::nanoseconds(before.time_since_epoch()).count()) - 1'000'000;
  for (size_t i = 0; i < 4; ++i) {
    const Packet& p = all.packets[i];
    CHECK(p.frame.size() == (i < 2 ? 3062 : 60));
    CHECK(p.head.original == p.frame.size());
    CHECK(p.tail.flags == (i % 2 ? 1 : 2));
    CHECK(p.tail.queue == i / 2);
    CHECK(pcapng::whole(p.head.time) >= time);
    time = pcapng::whole(p.head.time);
  }
  CHECK(std::vector(all.packets[0].frame.end() - 63, all.packets[0].frame.end() - 59) ==
        std::vector<uint8_t>{213, 214, 9, 10});
  CHECK(all.packets[0].frame == all.packets[1].frame);
}

TEST_CASE("a capture ends by itself at exactly the number asked for") {
  Bench bench;
  auto capture = bench.begin(3);
  for (int i = 0; i < 5; ++i) {
    bench.send(bench.piece(60, 0));
    bench.receive();
  }
  const auto state = wait_for_end(*capture);
  CHECK((state.written == 3 && state.lost == 0));
  const Read all = read(bench.file);
  CHECK(all.packets.size() == 3);
  CHECK(all.statistics);
}

TEST_CASE("what finds no room is lost and counted, and does not count against the number asked for") {
  Bench bench;
  auto capture = bench.begin(4, 2048);
  for (int i = 0; i < 4; ++i) {
    bench.send(bench.piece(i % 2 ? 60 : 2000, 0));
    bench.receive();
  }
  const auto state = wait_for_end(*capture);
  CHECK((state.written == 4 && state.lost == 4));
  CHECK(read(bench.file).packets.size() == 4);
}

TEST_CASE("a capture that was detached sees nothing any more, and one that saw nothing is a whole file") {
  Bench bench;
  auto capture = bench.begin(0);
  capture->detach();
  bench.send(bench.piece(60, 0));
  bench.receive();
  CHECK(end(*capture).written == 0);
  CHECK(read(bench.file).statistics);
  bench.begin(0);
  CHECK(read(bench.file).statistics);
}

TEST_CASE("a file that cannot grow ends with a whole block") {
  Bench bench;
  struct rlimit before;
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { .rlim_cur = 3000, .rlim_max = before.rlim_max };
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  auto capture = bench.begin(0);
  bench.send(bench.piece(1000, 0));
  bench.receive();
  while (capture->state().written < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (int i = 0; i < 10; ++i) {
    bench.send(bench.piece(1000, 0));
    bench.receive();
  }
  const auto state = wait_for_end(*capture);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(state.error == "File too large");
  CHECK((state.written == 2 && state.lost >= 1));
  CHECK(read(bench.file).packets.size() == 2);
}

TEST_CASE("only an ordinary file with a capture's name is written, by one capture at a time") {
  Folder folder;
  std::ofstream(folder / "target.pcapng") << "precious";
  std::filesystem::create_directory(folder / "folder.pcapng");
  std::filesystem::create_symlink(folder / "target.pcapng", folder / "link.pcapng");
  std::filesystem::create_hard_link(folder / "target.pcapng", folder / "twice.pcapng");
  CHECK_THAT(refusal(folder / "x.pcap"), Contains("does not end with .pcapng"));
  CHECK_THAT(refusal("x.pcapng"), Contains("not an absolute path"));
  CHECK_THAT(refusal(folder / "folder.pcapng"), Contains("Is a directory"));
  CHECK_THAT(refusal(folder / "none/x.pcapng"), Contains("No such file"));
  CHECK_THAT(refusal(folder / "link.pcapng"), Contains("Not an ordinary file"));
  CHECK_THAT(refusal(folder / "twice.pcapng"), Contains("Not an ordinary file"));
  CHECK(content(folder / "target.pcapng").size() == 8);
  const auto first = CaptureFile::create(folder / "x.pcapng");
  REQUIRE(first);
  CHECK_THAT(refusal(folder / "x.pcapng"), Contains("Another capture"));
}

TEST_CASE("a capture is written where the asker may write, as its file") {
  if (::geteuid() != 0) return;  // nobody else has rights to spare
  constexpr uid_t kNobody = 65534;
  Folder folder;
  std::filesystem::permissions(folder / "", std::filesystem::perms(0755));
  std::ofstream(folder / "precious.pcapng") << "precious";
  std::filesystem::create_directory(folder / "theirs");
  REQUIRE(::chown((folder / "theirs").c_str(), kNobody, kNobody) == 0);
  std::filesystem::create_symlink(folder / "", folder / "theirs/link");
  const auto refusal_of_nobody = [&](const std::string& file) {
    const auto made = CaptureFile::create(file, [](const std::string& name, int flags, uint32_t mode) {
      return control::Asker(kNobody, kNobody, {}).open(name, flags, mode);
    });
    return made ? "created" : made.error().message;
  };
  for (const char* name : {"x.pcapng", "precious.pcapng", "theirs/link/x.pcapng", "theirs/link/precious.pcapng"})
    CHECK_THAT(refusal_of_nobody(folder / name), Contains("Permission denied"));
  CHECK(content(folder / "precious.pcapng").size() == 8);
  CHECK(!std::filesystem::exists(folder / "x.pcapng"));
  CHECK(refusal_of_nobody(folder / "theirs/x.pcapng") == "created");
  struct stat made {};
  REQUIRE(::stat((folder / "theirs/x.pcapng").c_str(), &made) == 0);
  CHECK((made.st_uid == kNobody && made.st_gid == kNobody));
}
