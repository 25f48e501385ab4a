// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : fragments reach a net_af_packet port as they are on the wire
// Guarantees : while this is linked in, the driver's sockets are not asked to reassemble (see the source)
#pragma once

namespace flyover::port {

void use_own_fanout();  // does nothing; a program that calls it has the setsockopt() below

}  // namespace flyover::port
