// SPDX-License-Identifier: BSD-3-Clause AND more
