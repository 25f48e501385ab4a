// SPDX-License-Identifier: BSD-3-Clause
#define CATCH_CONFIG~_MAIN
