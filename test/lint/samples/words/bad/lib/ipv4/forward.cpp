// SPDX-License-Identifier: BSD-3-Clause
// TO~DO later
void f(rte_mbuf* m) { rte_pktmbuf~_free(m); }
auto r = rte_ring~_create("r", 1, 0, 0);
thread~_local int x;
using~ namespace std;
