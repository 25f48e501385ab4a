// SPDX-License-Identifier: BSD-3-Clause
void Graveyard::empty() { rte_pktmbuf_free_bulk(row_, size_); }
