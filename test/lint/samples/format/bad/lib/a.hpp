// SPDX-License-Identifier: BSD-3-Clause
#pragma once
inline int *f(int *p)
{
    return p;
}
