// SPDX-License-Identifier: BSD-3-Clause
Ring::~Ring() { rte_ring_free(ring_); }
