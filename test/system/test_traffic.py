# SPDX-License-Identifier: BSD-3-Clause
"""Real programs and the kernel's own stack as peers."""
import pytest
from conftest import Pair


def test_ping_through_the_router(pair):
    _, _, output = pair.left.ping("10.2.0.2")
    assert "ttl=63" in output


def test_ping_the_router_itself_on_both_addresses(pair):
    _, _, output = pair.left.ping("10.1.0.1")
    assert "ttl=64" in output
    pair.left.ping("10.2.0.1")


def test_ping_larger_than_the_mtu_is_fragmented_and_arrives(pair):
    pair.left.ping("10.2.0.2", "-s", "8000")
    pair.left.ping("10.1.0.1", "-s", "8000")


def narrow(pair):
    """The right link takes 1000 bytes."""
    pair.router.do("link set p1 mtu 1000")
    pair.right.ip("link", "set", "eth0", "mtu", 1000)


def test_a_smaller_mtu_behind_the_router_fragments(pair):
    narrow(pair)
    pair.left.ping("10.2.0.2", "-M", "dont", "-s", "1400")
    stats = pair.router.json("stats", "show")
    assert "fragments_made" in str(stats)


def test_dont_fragment_is_answered_with_the_mtu(pair):
    narrow(pair)
    _, received, output = pair.left.ping("10.2.0.2", "-M", "do", "-s", "1400", check=False)
    assert received == 0
    assert "mtu = 1000" in output or "mtu=1000" in output


def test_tcp_finds_a_smaller_mtu_behind_the_router(pair):
    """Path MTU discovery: the sender believes the router's frag needed."""
    narrow(pair)
    pair.left.transfer(pair.right, "10.2.0.2", 5, mss=1400)


def test_traceroute_sees_the_router(pair):
    output = pair.left.run("traceroute", "-n", "-q", "1", "-w", "5", "10.2.0.2").stdout
    hops = [line.split()[1] for line in output.splitlines()[1:]]
    assert hops == ["10.1.0.1", "10.2.0.2"]


def test_a_trace_and_an_answer_end_where_the_packet_leaves(pair):
    pair.left.ping("10.2.0.2")
    pair.router.do("trace add 1 from 10.1.0.2")
    pair.left.ping("10.2.0.2", count=1)
    for words in (("trace", "show"), ("ask", "from", "10.1.0.2", "to", "10.2.0.2")):
        stops = pair.router.json(*words)[0]["stops"]
        assert [stop.get("says") for stop in stops] == [None] * (len(stops) - 1) + ["handed to p1 to send"]
        assert pair.router.flyover(*words).stdout.endswith("handed to p1 to send\n")
    stop = pair.router.json("ask", "from", "10.1.0.2", "to", "192.0.2.1")[0]["stops"][-1]
    assert "no route" in stop["says"]


def test_no_route_and_no_host_are_answered(pair):
    _, _, output = pair.left.ping("192.0.2.1", count=1, check=False)
    assert "Net Unreachable" in output
    _, _, output = pair.left.ping("10.2.0.77", "-w", "8", count=1, check=False)
    assert "Host Unreachable" in output


def test_tcp(pair):
    pair.left.transfer(pair.right, "10.2.0.2", 20)
    pair.right.serve_iperf()
    assert pair.left.iperf("10.2.0.2", "-n", "20M")["sum_received"]["bytes"] > 1_000_000


def test_udp(pair):
    pair.right.serve_iperf()
    end = pair.left.iperf("10.2.0.2", "-u", "-b", "10M", "-l", "1400", "-n", "2M")
    assert end["sum"]["packets"] > 1000
    assert end["sum"]["lost_percent"] < 50  # a shared machine may stall, a broken path loses all


def test_jumbo_frames(lab):
    jumbo = Pair(lab, mtu=9000, port_words=" mtu 9000")
    jumbo.left.ping("10.2.0.2", "-M", "do", "-s", "8972")
    assert jumbo.router.link("p0")["mtu"] == 9000
    jumbo.left.transfer(jumbo.right, "10.2.0.2", 20)
    jumbo.router.stop()


def test_the_mtu_grows_while_traffic_flows(pair):
    for host in (pair.left, pair.right):
        host.ip("link", "set", "eth0", "mtu", 9000)
    pair.left.ping("10.2.0.2")
    pair.router.do("link set p0 mtu 9000", "link set p1 mtu 9000")
    pair.left.ping("10.2.0.2", "-M", "do", "-s", "8000")


@pytest.mark.parametrize("workers", [1, 2])
def test_several_flows_at_once(lab, workers):
    pair = Pair(lab, workers=workers)
    pair.right.serve_iperf()
    assert pair.left.iperf("10.2.0.2", "-P", "4", "-n", "10M")["sum_received"]["bytes"] > 1_000_000
    pair.router.stop()


def test_two_queues_on_two_workers(lab):
    pair = Pair(lab, workers=2, port_words=" rxq 2")
    pair.left.ping("10.2.0.2")
    pair.left.ping("10.2.0.2", "-s", "4000")
    pair.right.serve_iperf()
    assert pair.left.iperf("10.2.0.2", "-P", "4", "-n", "10M")["sum_received"]["bytes"] > 1_000_000
    polls = [len(worker["polls"]) for worker in pair.router.json("worker", "show")]
    assert polls == [2, 2, 0], "two queues for each worker, none for the control thread"
    pair.router.stop()
