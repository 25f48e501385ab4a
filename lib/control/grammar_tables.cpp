// SPDX-License-Identifier: BSD-3-Clause
// Purpose : the words themselves. To add a command: a row here, a CommandId, and what it does in commands.cpp
#include <array>

#include "control/grammar.hpp"

namespace flyover::control {
namespace {

using K = Keyword;
constexpr uint8_t kName = K::kRequired | K::kBare;
constexpr uint8_t kPosition = K::kRequired | K::kUnnamed;
constexpr std::string_view kNeedDevice = "Not enough information: \"dev\" argument is required.";
constexpr std::string_view kNeedNeighbour = "Device and destination are required arguments.";
constexpr std::string_view kRouteTypes = "unicast|local|broadcast|blackhole|unreachable|prohibit|throw";
constexpr std::string_view kNudStates = "permanent|noarp|reachable|stale|delay|probe|failed|incomplete|none|all";

// ---------------------------------------------------------------------------------------------------------------- link
// clang-format off
constexpr K kLinkAdd[] = {
    {.word = "name", .kind = Kind::Device, .value = "NAME", .help = "how the port shall be called", .traits = kName,
     .missing = "Not enough information: \"name\" argument is required."},
    {.word = "type", .kind = Kind::LinkType, .value = "port", .help = "what it is; a port is the one type there is", .traits = K::kRequired,
     .choices = "port", .missing = "Not enough information: \"type\" argument is required"},
    {.word = "dev", .kind = Kind::Word, .value = "DEVARGS",
     .help = "the device, in DPDK's words: a PCI address (0000:03:00.0), a virtual device with its arguments "
             "(net_af_packet0,iface=eth1), or the name of a device that is there already",
     .traits = K::kRequired, .missing = kNeedDevice},
    {.word = "rxq", .kind = Kind::Number, .value = "N", .help = "receive queues, spread over the workers (default: one for each worker if the device can)",
     .least = 1, .most = 64},
    {.word = "mtu", .kind = Kind::Number, .value = "BYTES", .help = "largest IP packet (default 1500)", .wrong = "Invalid \"mtu\" value",
     .least = 68, .most = 9216},
    {.word = "promisc", .kind = Kind::OnOff, .value = "on|off", .help = "take frames for every MAC address (default off)"},
    {.word = "address", .kind = Kind::Mac, .value = "MAC", .help = "the port's MAC address (default: the device's own)"},
};
constexpr K kLinkSet[] = {
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "which interface", .traits = kName, .missing = kNeedDevice},
    {.word = "state", .kind = Kind::OneOf, .help = "switch it on or off", .choices = "up|down"},
    {.word = "mtu", .kind = Kind::Number, .value = "BYTES", .help = "largest IP packet", .wrong = "Invalid \"mtu\" value"},
    {.word = "address", .kind = Kind::Mac, .value = "MAC", .help = "its MAC address"},
    {.word = "promisc", .kind = Kind::OnOff, .value = "on|off", .help = "take frames for every MAC address"},
    {.word = "name", .kind = Kind::Device, .value = "NEWNAME", .help = "how it shall be called from now on"},
    {.word = "master", .kind = Kind::Device, .value = "NAME", .help = "", .refusal = "Flyover has no bridges and bonds"},
};
constexpr K kLinkDel[] = {
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "which interface", .traits = kName, .missing = kNeedDevice},
};
constexpr K kLinkShow[] = {
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only this interface", .traits = K::kBare},
    {.word = "up", .help = "only interfaces that are switched on"},
};
constexpr Command kLink[] = {
    {CommandId::LinkAdd, "add", kLinkAdd, "Makes a device a port of the router.",
     "The port is down until it is set up. PCI devices have to be bound to a driver that DPDK can use (vfio-pci); doctor says how."},
    {CommandId::LinkSet, "set change", kLinkSet, "Changes an interface."},
    {CommandId::LinkDel, "del delete", kLinkDel, "Takes a port away, with its addresses, routes and neighbours."},
    {CommandId::LinkShow, "show lst list", kLinkShow, "Shows interfaces; with -s their counters."},
};

// ---------------------------------------------------------------------------------------------------------------- addr
constexpr K kAddrAdd[] = {
    {.word = "local", .kind = Kind::Prefix, .value = "ADDRESS/LENGTH", .help = "the address and its subnet", .traits = kName},
    {.word = "peer", .kind = Kind::Prefix, .value = "ADDRESS/LENGTH", .help = "the far end of a point-to-point link", .aliases = "remote"},
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "on which interface", .traits = K::kRequired, .missing = kNeedDevice},
    {.word = "broadcast", .kind = Kind::Word, .value = "ADDRESS|+|-", .help = "the broadcast address; + is the usual one of the subnet (default: none)",
     .aliases = "brd"},
    {.word = "scope", .kind = Kind::Scope, .value = "SCOPE", .help = "where it is valid: global, link or host", .wrong = "invalid scope value."},
    {.word = "label", .kind = Kind::Word, .value = "LABEL", .help = "", .refusal = "addresses have no labels"},
};
constexpr K kAddrDel[] = {
    {.word = "local", .kind = Kind::Prefix, .value = "ADDRESS/LENGTH", .help = "the address", .traits = kName},
    {.word = "peer", .kind = Kind::Prefix, .value = "ADDRESS/LENGTH", .help = "only if this is its far end", .aliases = "remote"},
    {.word = "broadcast", .kind = Kind::Word, .value = "ADDRESS|+|-", .help = "taken as in addr add; any address fits", .aliases = "brd"},
    {.word = "scope", .kind = Kind::Scope, .value = "SCOPE", .help = "taken as in addr add; any address fits", .wrong = "invalid scope value."},
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "on which interface", .traits = K::kRequired, .missing = kNeedDevice},
};
constexpr K kAddrShow[] = {
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only of this interface", .traits = K::kBare},
    {.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "only addresses inside"},
    {.word = "scope", .kind = Kind::Scope, .value = "SCOPE", .help = "only of this scope", .wrong = "invalid \"scope\" value"},
    {.word = "up", .help = "only of interfaces that are switched on"},
};
constexpr K kAddrFlush[] = {
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "of which interface", .traits = kName, .missing = "Flush requires arguments."},
};
constexpr Command kAddr[] = {
    {CommandId::AddrAdd, "add", kAddrAdd, "Gives an interface an address.",
     "As in Linux this makes routes too: to the address itself, to its subnet and to the subnet's broadcast address."},
    {CommandId::Refused, "change chg replace", {}, "", "", "delete the address and add it again"},
    {CommandId::AddrDel, "del delete", kAddrDel, "Takes an address away."},
    {CommandId::AddrShow, "show list lst", kAddrShow, "Shows interfaces with their addresses."},
    {CommandId::AddrFlush, "flush", kAddrFlush, "Takes all addresses of an interface away."},
};

// --------------------------------------------------------------------------------------------------------------- route
constexpr K kTo{.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "the destinations; default is 0.0.0.0/0", .traits = kName,
                .missing = "Command line is not complete. Try option \"help\""};
constexpr K kType{.word = "type", .kind = Kind::OneOf, .help = "what to do with a packet (default unicast: forward it)", .choices = kRouteTypes};
constexpr K kVia{.word = "via", .kind = Kind::Address, .value = "ADDRESS", .help = "the next router"};
constexpr K kDev{.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "out of which interface (default: where the next router is)", .aliases = "oif"};
constexpr K kTable{.word = "table", .kind = Kind::Table, .value = "TABLE",
                   .help = "in which table: a number, main, local or default (default: main; local for local and broadcast)",
                   .traits = K::kAbbreviated, .aliases = "lookup"};
constexpr K kMetric{.word = "metric", .kind = Kind::Number, .value = "N", .help = "of routes to the same prefix the one with the lowest is taken (default 0)",
                    .traits = K::kAbbreviated, .aliases = "priority preference"};
constexpr K kTos{.word = "tos", .kind = Kind::Tos, .value = "TOS", .help = "only for packets of this type of service", .traits = K::kAbbreviated,
                 .aliases = "dsfield"};
constexpr K kProto{.word = "protocol", .kind = Kind::Protocol, .value = "PROTO", .help = "who made the route (default boot)", .traits = K::kAbbreviated};
constexpr K kNhid{.word = "nhid", .kind = Kind::Number, .value = "ID", .help = "the next router is what this next-hop object says",
                  .wrong = "\"id\" value is invalid"};
constexpr K kRouteRealm{.word = "realms", .kind = Kind::Word, .value = "REALMS", .help = "", .traits = K::kAbbreviated, .refusal = "routes have no realms"};
constexpr K kMetrics{.word = "advmss", .kind = Kind::Word, .value = "N", .help = "",
                     .aliases = "hoplimit rtt rttvar rto_min window cwnd initcwnd initrwnd ssthresh reordering quickack congctl features fastopen_no_cookie",
                     .refusal = "of the metrics, routes have mtu"};
constexpr K kOtherTypes{.word = "multicast", .help = "", .aliases = "anycast nat xresolve", .refusal = "there are no routes of this type"};
constexpr K kNexthop{.word = "nexthop", .kind = Kind::NextHops, .value = "via ADDRESS [dev NAME] [weight N] [onlink] [nexthop ...]",
                     .help = "one of several next routers; of the flows each gets a share by its weight, 1 to 256 (default 1); ends the line"};

constexpr K kRouteAdd[] = {
    kOtherTypes, kType, kTo, kVia, kDev,
    {.word = "onlink", .help = "take the next router as a neighbour even if no subnet of the interface has it"},
    kTable, kMetric,
    {.word = "src", .kind = Kind::Address, .value = "ADDRESS", .help = "the router's own address for packets that it sends there"},
    {.word = "mtu", .kind = Kind::Number, .value = "BYTES", .help = "largest packet on the way; lock: do not learn smaller ones", .traits = K::kLock},
    kProto,
    {.word = "scope", .kind = Kind::Scope, .value = "SCOPE", .help = "how far away: global, link or host (default: by type and next router)",
     .wrong = "invalid \"scope\" value"},
    kTos, kNhid, kNexthop, kMetrics, kRouteRealm,
    {.word = "encap", .kind = Kind::Word, .value = "TYPE", .help = "", .refusal = "routes do not encapsulate"},
};
constexpr K kRouteDel[] = {
    {.word = "type", .kind = Kind::OneOf, .help = "only if it is of this type", .choices = kRouteTypes},
    kTo,
    {.word = "via", .kind = Kind::Address, .value = "ADDRESS", .help = "only if this is its next router"},
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only if it leads out of this interface", .aliases = "oif"},
    kTable,
    {.word = "metric", .kind = Kind::Number, .value = "N", .help = "only if this is its metric; 0 is any", .traits = K::kAbbreviated,
     .aliases = "priority preference"},
    {.word = "onlink", .help = "taken as in route add; any route fits"},
    {.word = "mtu", .kind = Kind::Number, .value = "BYTES", .help = "taken as in route add; any route fits", .traits = K::kLock},
    {.word = "src", .kind = Kind::Address, .value = "ADDRESS", .help = "only if this is its source address"},
    {.word = "protocol", .kind = Kind::Protocol, .value = "PROTO", .help = "only if this one made it", .traits = K::kAbbreviated},
    {.word = "scope", .kind = Kind::Scope, .value = "SCOPE", .help = "only if this is its scope", .wrong = "invalid \"scope\" value"},
    {.word = "tos", .kind = Kind::Tos, .value = "TOS", .help = "the one for this type of service (default 0)", .traits = K::kAbbreviated,
     .aliases = "dsfield"},
    {.word = "nhid", .kind = Kind::Number, .value = "ID", .help = "only if it goes by this next-hop object", .wrong = "\"id\" value is invalid"},
    {.word = "nexthop", .kind = Kind::NextHops, .value = "via ADDRESS [dev NAME] [weight N] [onlink] [nexthop ...]",
     .help = "only if these are its next routers; ends the line"},
};
constexpr K kRouteShow[] = {
    {.word = "cache", .help = "what has been learned of single destinations: path MTUs and better routers"},
    {.word = "table", .kind = Kind::Table, .value = "TABLE", .help = "of which table; all: of every one (default main)", .traits = K::kAbbreviated,
     .aliases = "lookup", .wrong = "table id value is invalid"},
    {.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "only to this prefix", .traits = K::kBare, .aliases = "exact"},
    {.word = "root", .kind = Kind::Prefix, .value = "PREFIX", .help = "only to prefixes inside this one"},
    {.word = "match", .kind = Kind::Prefix, .value = "PREFIX", .help = "only to prefixes around this one"},
    {.word = "type", .kind = Kind::Choice, .value = "TYPE", .help = "only of this type", .choices = kRouteTypes, .wrong = "node type value is invalid"},
    {.word = "via", .kind = Kind::Address, .value = "ADDRESS", .help = "only by this router"},
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only out of this interface", .aliases = "oif"},
    {.word = "protocol", .kind = Kind::Protocol, .value = "PROTO", .help = "only made by this one", .traits = K::kAbbreviated},
    {.word = "scope", .kind = Kind::Scope, .value = "SCOPE", .help = "only of this scope", .wrong = "invalid \"scope\" value"},
    {.word = "src", .kind = Kind::Address, .value = "ADDRESS", .help = "only with this source address"},
    {.word = "tos", .kind = Kind::Tos, .value = "TOS", .help = "only for this type of service", .traits = K::kAbbreviated, .aliases = "dsfield",
     .wrong = "TOS value is invalid"},
};
constexpr K kRouteGet[] = {
    {.word = "to", .kind = Kind::Prefix, .value = "ADDRESS", .help = "where to", .traits = kName, .missing = "need at least a destination address"},
    {.word = "from", .kind = Kind::Address, .value = "ADDRESS", .help = "where from"},
    {.word = "iif", .kind = Kind::Device, .value = "NAME", .help = "as if it came in here; without it: as if this router sent it"},
    {.word = "oif", .kind = Kind::Device, .value = "NAME", .help = "by routes out of this interface only", .aliases = "dev"},
    {.word = "tos", .kind = Kind::Tos, .value = "TOS", .help = "with this type of service", .traits = K::kAbbreviated, .aliases = "dsfield",
     .wrong = "TOS value is invalid"},
    {.word = "mark", .kind = Kind::Number, .value = "N", .help = "with this mark", .wrong = "invalid mark value"},
    {.word = "ipproto", .kind = Kind::IpProtocol, .value = "PROTOCOL", .help = "of this IP protocol: icmp, tcp or udp", .wrong = "Invalid \"ipproto\" value"},
    {.word = "sport", .kind = Kind::Number, .value = "PORT", .help = "from this port", .wrong = "invalid sport", .most = 65535},
    {.word = "dport", .kind = Kind::Number, .value = "PORT", .help = "to this port", .wrong = "invalid dport", .most = 65535},
};
constexpr K kRouteFlush[] = {
    {.word = "cache", .help = "only what has been learned of single destinations"},
    {.word = "table", .kind = Kind::Table, .value = "TABLE", .help = "of which table (default main)", .traits = K::kAbbreviated},
    {.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "only to this prefix", .traits = K::kBare, .aliases = "exact"},
    {.word = "root", .kind = Kind::Prefix, .value = "PREFIX", .help = "only to prefixes inside this one"},
    {.word = "via", .kind = Kind::Address, .value = "ADDRESS", .help = "only by this router"},
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only out of this interface", .aliases = "oif"},
    {.word = "protocol", .kind = Kind::Protocol, .value = "PROTO", .help = "only made by this one", .traits = K::kAbbreviated},
};
constexpr K kRouteLoad[] = {
    {.word = "file", .kind = Kind::File, .value = "FILE", .help = "lines as route show prints them; the daemon reads it", .traits = kPosition},
    {.word = "table", .kind = Kind::Table, .value = "TABLE", .help = "where the routes go whose line names no table (default main)", .traits = K::kAbbreviated,
     .aliases = "lookup"},
};
constexpr Command kRoute[] = {
    {CommandId::RouteShow, "show list lst", kRouteShow, "Shows routes."},
    {CommandId::RouteGet, "get", kRouteGet, "Shows the route that a packet would take."},
    {CommandId::RouteAdd, "add", kRouteAdd, "Adds a route; refused if there is one to this prefix with this metric in the table."},
    {CommandId::RouteChange, "change chg", kRouteAdd, "Changes the route to this prefix with this metric; refused if there is none."},
    {CommandId::RouteReplace, "replace", kRouteAdd, "Adds a route in the place of the one to this prefix with this metric, if there is one, in one step."},
    {CommandId::RoutePrepend, "prepend", kRouteAdd, "Adds a route before those to this prefix with this metric."},
    {CommandId::RouteAppend, "append", kRouteAdd, "Adds a route behind those to this prefix with this metric."},
    {CommandId::Refused, "test", {}, "", "", "use get"},
    {CommandId::RouteDel, "del delete", kRouteDel, "Takes the first route to this prefix away that agrees with what is said."},
    {CommandId::RouteLoad, "load", kRouteLoad, "Adds the routes that a file lists, each in the place of the one to its prefix with its metric, if there is one.",
     "The file is what route show, or `ip route show`, has printed: a route on a line, without a command. Words that tell a route's state (linkdown) are passed over, "
     "so are comments. The first line that is refused ends it; the routes before it stay. Packets and other commands have their turns meanwhile."},
    {CommandId::RouteFlush, "flush", kRouteFlush, "Takes all routes away that agree with what is said."},
};

// ---------------------------------------------------------------------------------------------------------------- rule
constexpr std::string_view kRuleTypes = "unreachable|prohibit|blackhole|nop|unicast";
constexpr K kNot{.word = "not", .help = "packets for which the rest does not hold"};
constexpr K kRuleFrom{.word = "from", .kind = Kind::Prefix, .value = "PREFIX", .help = "packets from there"};
constexpr K kRuleTo{.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "packets to there", .aliases = "dst"};
constexpr K kRuleTos{.word = "tos", .kind = Kind::Tos, .value = "TOS", .help = "packets of this type of service", .traits = K::kAbbreviated,
                     .aliases = "dsfield", .wrong = "TOS value is invalid"};
constexpr K kFwmark{.word = "fwmark", .kind = Kind::Mark, .value = "N[/MASK]", .help = "packets with this mark", .traits = K::kAbbreviated};
constexpr K kIif{.word = "iif", .kind = Kind::Device, .value = "NAME", .help = "packets that came in there; lo: the router's own", .aliases = "dev",
                 .wrong = "\"iif\"/\"dev\" not a valid ifname"};
constexpr K kOif{.word = "oif", .kind = Kind::Device, .value = "NAME", .help = "packets that are bound to leave there",
                 .wrong = "\"oif\" not a valid ifname"};
constexpr K kIpproto{.word = "ipproto", .kind = Kind::IpProtocol, .value = "PROTOCOL", .help = "packets of this IP protocol",
                     .wrong = "Invalid \"ipproto\" value"};
constexpr K kSport{.word = "sport", .kind = Kind::Ports, .value = "PORT[-PORT]", .help = "packets from these ports", .wrong = "invalid port range"};
constexpr K kDport{.word = "dport", .kind = Kind::Ports, .value = "PORT[-PORT]", .help = "packets to these ports", .wrong = "invalid port range"};
constexpr K kPriority{.word = "priority", .kind = Kind::Number, .value = "N",
                      .help = "where the rule stands: the lowest is asked first (default: before all but the first)", .traits = K::kAbbreviated,
                      .aliases = "preference order", .wrong = "preference value is invalid"};
constexpr K kRuleTable{.word = "table", .kind = Kind::Table, .value = "TABLE", .help = "look into this table (default main)", .traits = K::kAbbreviated,
                       .aliases = "lookup", .wrong = "invalid table ID"};
constexpr K kSuppress{.word = "suppress_prefixlength", .kind = Kind::Number, .value = "N",
                      .help = "go on with the next rule if the table's answer has a prefix no longer than this", .aliases = "sup_pl",
                      .wrong = "suppress_prefixlength value is invalid", .most = 0x7fffffff};
constexpr K kGoto{.word = "goto", .kind = Kind::Number, .value = "PRIORITY", .help = "go on with the rule of this priority", .wrong = "invalid target"};
constexpr K kRuleType{.word = "type", .kind = Kind::Choice, .value = "ACTION",
                      .help = "refuse the packets (unreachable, prohibit), drop them (blackhole) or do nothing (nop)", .traits = K::kBare, .choices = kRuleTypes,
                      .wrong = "Failed to parse rule type"};
constexpr K kRuleProto{.word = "protocol", .kind = Kind::Protocol, .value = "PROTO", .help = "who makes the rule", .traits = K::kAbbreviated};
constexpr K kIfgroup{.word = "suppress_ifgroup", .kind = Kind::Word, .value = "GROUP", .help = "", .aliases = "sup_group",
                     .refusal = "interfaces have no groups"};
constexpr K kUidrange{.word = "uidrange", .kind = Kind::Word, .value = "UID-UID", .help = "", .refusal = "packets have no users"};
constexpr K kTunId{.word = "tun_id", .kind = Kind::Number, .value = "N", .help = "", .refusal = "Flyover has no tunnels"};
constexpr K kL3mdev{.word = "l3mdev", .help = "", .refusal = "Flyover has one routing domain"};
constexpr K kRealms{.word = "realms", .kind = Kind::Word, .value = "REALMS", .help = "", .traits = K::kAbbreviated, .refusal = "routes have no realms"};
constexpr K kRuleNat{.word = "nat", .kind = Kind::Address, .value = "ADDRESS", .help = "", .aliases = "map-to", .refusal = "rules translate no addresses"};
constexpr K kRuleAdd[] = {
    kNot, kRuleFrom, kRuleTo, kRuleTos, kFwmark, kIif, kOif, kIpproto, kSport, kDport, kPriority, kRuleTable, kSuppress, kGoto, kRuleType, kRuleProto,
    kIfgroup, kUidrange, kTunId, kL3mdev, kRealms, kRuleNat,
};
constexpr K kRuleShow[] = {
    {.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "only rules for packets to inside there", .traits = K::kBare, .aliases = "dst",
     .wrong = "inet"},
    {.word = "not", .help = "only inverted rules"},
    {.word = "from", .kind = Kind::Prefix, .value = "PREFIX", .help = "only rules for packets from inside there", .wrong = "inet"},
    kRuleTos, kFwmark, kIif, kOif, kIpproto, kSport, kDport, kPriority,
    {.word = "table", .kind = Kind::Table, .value = "TABLE", .help = "only rules that look into this table", .traits = K::kAbbreviated, .aliases = "lookup",
     .wrong = "table id value is invalid"},
    {.word = "protocol", .kind = Kind::Protocol, .value = "PROTO", .help = "only rules made by this one", .traits = K::kAbbreviated},
};
constexpr Command kRule[] = {
    {CommandId::RuleAdd, "add", kRuleAdd, "Adds a policy rule: which packets, and what becomes of them.",
     "Rules are asked in the order of their priorities, until one has an answer: a table that has a route for the packet, or a refusal. "
     "A router starts with three: 0 looks into local, 32766 into main, 32767 into default. A packet that no rule has an answer for has no route."},
    {CommandId::RuleDel, "del delete", kRuleAdd, "Deletes the first rule that agrees with what is said."},
    {CommandId::RuleShow, "show list lst", kRuleShow, "Shows rules."},
    {CommandId::RuleFlush, "flush", kRuleShow, "Deletes all rules that agree with what is said, but for those of priority 0."},
};

// ------------------------------------------------------------------------------------------------------------- nexthop
constexpr K kObjectId{.word = "id", .kind = Kind::Number, .value = "ID", .help = "its number", .wrong = "invalid id value"};
constexpr K kObjectDev{.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only out of this interface", .traits = K::kAbbreviated};
constexpr K kObjectProto{.word = "protocol", .kind = Kind::Number, .value = "PROTO", .help = "only made by this one, as a number",
                         .traits = K::kAbbreviated, .wrong = "invalid protocol value", .most = 255};
constexpr K kNexthopAdd[] = {
    {.word = "id", .kind = Kind::Number, .value = "ID", .help = "its number (default: one that is free)", .wrong = "invalid id value"},
    {.word = "via", .kind = Kind::Address, .value = "ADDRESS", .help = "the next router"},
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "out of which interface"},
    {.word = "onlink", .help = "take the next router as a neighbour even if no subnet of the interface has it"},
    {.word = "blackhole", .help = "drop the packets"},
    {.word = "group", .kind = Kind::Members, .value = "ID[,WEIGHT]/ID...", .help = "a group of these objects, each with its share of the flows by weight"},
    {.word = "type", .kind = Kind::Choice, .value = "TYPE",
     .help = "of a group: mpath divides the flows anew when members come and go; resilient moves none that is in use (default mpath)",
     .choices = "mpath|resilient", .wrong = "\"type\" value is invalid"},
    {.word = "buckets", .kind = Kind::Number, .value = "N", .help = "resilient: into how many shares the flows are divided", .wrong = "invalid buckets value", .most = 65535},
    {.word = "idle_timer", .kind = Kind::Number, .value = "SECONDS", .help = "resilient: a share that was not used for so long may move (default 120)",
     .wrong = "invalid idle timer value", .most = 42949671},
    {.word = "unbalanced_timer", .kind = Kind::Number, .value = "SECONDS",
     .help = "resilient: shares in use move too when the weights are not kept for so long (default 0: never)",
     .wrong = "invalid unbalanced timer value", .most = 42949671},
    {.word = "protocol", .kind = Kind::Protocol, .value = "PROTO", .help = "who made the object (default unspec)", .traits = K::kAbbreviated},
    {.word = "fdb", .help = "", .refusal = "Flyover has no VXLAN"},
    {.word = "encap", .kind = Kind::Word, .value = "TYPE", .help = "", .refusal = "routes do not encapsulate"},
};
constexpr K kNexthopDel[] = {kObjectId};
constexpr K kNexthopGet[] = {
    {.word = "id", .kind = Kind::Number, .value = "ID", .help = "its number", .traits = K::kRequired, .wrong = "invalid id value"},
};
constexpr K kNexthopShow[] = {
    {.word = "id", .kind = Kind::Number, .value = "ID", .help = "only this one", .wrong = "invalid id value"},
    kObjectDev,
    {.word = "groups", .help = "only groups", .traits = K::kAbbreviated},
    kObjectProto,
    {.word = "fdb", .help = "", .refusal = "Flyover has no VXLAN"},
};
constexpr K kNexthopFlush[] = {
    {.word = "id", .kind = Kind::Number, .value = "ID", .help = "only this one", .wrong = "invalid id value"},
    kObjectDev,
    {.word = "groups", .help = "only groups", .traits = K::kAbbreviated},
    kObjectProto,
};
constexpr K kNexthopBucket[] = {
    {.word = "verb", .kind = Kind::OneOf, .help = "all, or one of them", .choices = "show|list|lst|get"},
    {.word = "id", .kind = Kind::Number, .value = "ID", .help = "only of this group", .wrong = "invalid id value"},
    {.word = "index", .kind = Kind::Number, .value = "N", .help = "which bucket", .wrong = "invalid bucket index value", .most = 65535},
    {.word = "nhid", .kind = Kind::Number, .value = "ID", .help = "only those of this member", .wrong = "invalid id value"},
    kObjectDev,
};
constexpr Command kNexthopCommands[] = {
    {CommandId::NexthopAdd, "add", kNexthopAdd, "Makes a next-hop object, or a group of them, for routes to name by nhid."},
    {CommandId::NexthopReplace, "replace", kNexthopAdd, "Changes an object, and with it all routes by it in one step; or makes it."},
    {CommandId::NexthopDel, "del delete", kNexthopDel, "Takes an object away, with the routes by it; groups go on without it."},
    {CommandId::NexthopShow, "show list lst", kNexthopShow, "Shows next-hop objects."},
    {CommandId::NexthopGet, "get", kNexthopGet, "Shows one next-hop object."},
    {CommandId::NexthopFlush, "flush", kNexthopFlush, "Takes all objects away that agree with what is said; groups first."},
    {CommandId::NexthopBucket, "bucket", kNexthopBucket, "Shows who has which bucket of a resilient group, and for how long it was not used."},
};

// --------------------------------------------------------------------------------------------------------------- neigh
constexpr K kNeighTo{.word = "to", .kind = Kind::Address, .value = "ADDRESS", .help = "whose", .traits = kName, .missing = kNeedNeighbour};
constexpr K kNeighDev{.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "on which interface", .traits = K::kRequired, .missing = kNeedNeighbour};
constexpr K kNeighAdd[] = {
    kNeighTo,
    {.word = "lladdr", .kind = Kind::Mac, .value = "MAC", .help = "its MAC address"},
    kNeighDev,
    {.word = "nud", .kind = Kind::Choice, .value = "STATE", .help = "permanent: for ever; reachable: until it does not answer (default permanent)",
     .choices = kNudStates, .wrong = "nud state is bad"},
    {.word = "proxy", .kind = Kind::Address, .value = "ADDRESS", .help = "", .refusal = "see the setting proxy_arp"},
};
constexpr K kNeighDel[] = {kNeighTo, kNeighDev};
constexpr K kNeighShow[] = {
    {.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "only of these addresses", .traits = K::kBare},
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only on this interface"},
    {.word = "nud", .kind = Kind::Choice, .value = "STATE", .help = "only in this state", .choices = kNudStates, .wrong = "nud state is bad"},
};
constexpr K kNeighFlush[] = {
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only on this interface"},
    {.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "only of these addresses", .traits = K::kBare},
    {.word = "nud", .kind = Kind::Choice, .value = "STATE", .help = "only in this state (default: all but permanent)", .choices = kNudStates,
     .wrong = "nud state is bad"},
};
constexpr Command kNeigh[] = {
    {CommandId::NeighAdd, "add", kNeighAdd, "Tells a neighbour's MAC address; refused if it is known already."},
    {CommandId::NeighChange, "change chg", kNeighAdd, "Tells the MAC address of a neighbour that is known; refused if it is not."},
    {CommandId::NeighReplace, "replace", kNeighAdd, "Tells a neighbour's MAC address, whatever was known before."},
    {CommandId::NeighDel, "del delete", kNeighDel, "Forgets a neighbour."},
    {CommandId::NeighShow, "show list lst", kNeighShow, "Shows the neighbours and what is known of them; with -s how old that is."},
    {CommandId::NeighFlush, "flush", kNeighFlush, "Forgets neighbours."},
};

// ------------------------------------------------------------------------------------------------------------ settings
constexpr K kSet[] = {
    {.word = "key", .kind = Kind::Setting, .value = "KEY", .help = "a sysctl of Linux's, in full (net.ipv4.conf.p0.rp_filter) or its last parts (rp_filter)",
     .traits = kPosition},
    {.word = "value", .kind = Kind::Word, .value = "VALUE", .help = "what it shall be", .traits = kPosition},
};
constexpr K kSetShow[] = {
    {.word = "key", .kind = Kind::Setting, .value = "KEY", .help = "only this one; without it all", .traits = K::kUnnamed},
};
constexpr Command kSettings[] = {
    {CommandId::SetShow, "show list lst", kSetShow, "Shows settings."},
    {CommandId::Set, "", kSet, "Changes a setting, by the name that Linux's sysctl has for it.",
     "Settings of interfaces are net.ipv4.conf.NAME.* and net.ipv4.neigh.NAME.*; NAME may be all or default, with Linux's meaning. "
     "A short name (rp_filter) means all of these at once. net.ipv4.ip_forward is net.ipv4.conf.all.forwarding."},
};

// --------------------------------------------------------------------------------------------------------- observation
constexpr K kStats[] = {
    {.word = "memory", .help = "what the routing tables take of memory instead: bytes that lookups touch, and bytes that only control needs"},
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "only of this interface", .traits = K::kBare},
};
constexpr Command kStatsCommands[] = {
    {CommandId::StatsShow, "show list lst", kStats, "Shows what the router has counted: packets in and out, stages and their cycles, lanes, ICMP."},
};
constexpr K kDrops[] = {
    {.word = "all", .help = "also reasons that have not occurred"},
};
constexpr Command kDropsCommands[] = {
    {CommandId::DropsShow, "show list lst", kDrops, "Shows how many packets were dropped, by reason; with -s what Linux calls it."},
};
constexpr K kWorkerSet[] = {
    {.word = "port", .kind = Kind::Device, .value = "PORT", .help = "whose queue", .traits = kPosition},
    {.word = "queue", .kind = Kind::Number, .value = "QUEUE", .help = "which receive queue, from 0", .traits = kPosition, .most = 1023},
    {.word = "worker", .kind = Kind::Number, .value = "WORKER", .help = "who shall poll it, from 0", .traits = kPosition, .most = 1023},
};
constexpr Command kWorker[] = {
    {CommandId::WorkerShow, "show list lst", {}, "Shows the workers, what each polls and how busy it is."},
    {CommandId::WorkerSet, "set", kWorkerSet, "Gives a receive queue to another worker."},
};
constexpr K kFrom{.word = "from", .kind = Kind::Prefix, .value = "PREFIX", .help = "only from here"};
constexpr K kTraceAdd[] = {
    {.word = "count", .kind = Kind::Number, .value = "N", .help = "how many packets", .traits = kPosition, .least = 1, .most = 1000},
    {.word = "iif", .kind = Kind::Device, .value = "NAME", .help = "only those that come in here", .aliases = "dev"},
    kFrom,
    {.word = "to", .kind = Kind::Prefix, .value = "PREFIX", .help = "only to there"},
    {.word = "proto", .kind = Kind::Word, .value = "icmp|tcp|udp|N", .help = "only of this protocol"},
};
constexpr Command kTrace[] = {
    {CommandId::TraceAdd, "add", kTraceAdd, "Follows the next N packets through the router; trace show prints where they went."},
    {CommandId::TraceShow, "show list lst", {}, "Shows the packets that were followed, stop by stop, with the reason if one was dropped."},
    {CommandId::TraceStop, "stop", {}, "Follows no more packets."},
};
constexpr K kAsk[] = {
    {.word = "from", .kind = Kind::Address, .value = "ADDRESS", .help = "the packet's source", .traits = K::kRequired},
    {.word = "to", .kind = Kind::Address, .value = "ADDRESS", .help = "its destination", .traits = K::kRequired},
    {.word = "iif", .kind = Kind::Device, .value = "NAME", .help = "where it comes in (default: where its source's route leads)", .aliases = "dev"},
    {.word = "proto", .kind = Kind::Word, .value = "icmp|tcp|udp|N", .help = "its protocol (default icmp, an echo request)"},
    {.word = "sport", .kind = Kind::Number, .value = "N", .help = "its source port", .most = 65535},
    {.word = "dport", .kind = Kind::Number, .value = "N", .help = "its destination port", .most = 65535},
    {.word = "ttl", .kind = Kind::Number, .value = "N", .help = "its TTL (default 64)", .most = 255},
    {.word = "tos", .kind = Kind::Number, .value = "N", .help = "its TOS byte (default 0)", .most = 255},
    {.word = "length", .kind = Kind::Number, .value = "BYTES", .help = "its total length (default 84)", .least = 28, .most = 9216},
    {.word = "df", .help = "with the don't-fragment bit"},
};
constexpr Command kAskCommands[] = {
    {CommandId::Ask, "", kAsk, "Tells what would happen to a packet, without sending it.",
     "The packet goes through the real pipeline with the tables of this moment; what would leave is thrown away."},
};
constexpr K kCapture[] = {
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "which interface", .traits = kPosition},
    {.word = "file", .kind = Kind::File, .value = "FILE", .help = "ends with .pcapng; what is in it is replaced", .traits = K::kRequired},
    {.word = "count", .kind = Kind::Number, .value = "N", .help = "end after so many frames (default: capture stop)", .least = 1},
};
constexpr K kCaptureStop[] = {
    {.word = "dev", .kind = Kind::Device, .value = "NAME", .help = "of which interface (default: all)", .traits = K::kUnnamed},
};
constexpr Command kCaptureCommands[] = {
    {CommandId::CaptureShow, "show list lst", {}, "Shows the captures that run, and each interface's last one that has ended."},
    {CommandId::CaptureStop, "stop", kCaptureStop, "Ends captures."},
    {CommandId::Capture, "", kCapture, "Writes what an interface receives and sends into a pcapng file for tcpdump or Wireshark.",
     "Frames are written as they came in, before anything is judged, and as they are handed to the device, which may still refuse them when it is full. "
     "The daemon writes the file, with the rights of whoever asks and as theirs. A capture ends after N frames, by capture stop, with the daemon, and when its interface is deleted, "
     "loses its device or needs its device set up anew for another MTU; the file is complete then. "
     "Frames that come faster than the file can be written are counted as lost, which costs no other packet anything."},
};
constexpr Command kDoctor[] = {
    {CommandId::Doctor, "", {}, "Looks at hugepages, IOMMU, driver binding, NUMA, isolated cores and frequency governors, and prints what mends each finding.",
     "Works without the daemon too."},
};
constexpr K kHelp[] = {
    {.word = "object", .kind = Kind::Word, .value = "OBJECT", .help = "about this object", .traits = K::kUnnamed},
    {.word = "verb", .kind = Kind::Word, .value = "COMMAND", .help = "about this command of it", .traits = K::kUnnamed},
};
constexpr Command kHelpCommands[] = {
    {CommandId::Help, "", kHelp, "Shows how commands are written."},
};

constexpr Object kObjects[] = {
    {"addr", "address", kAddr, "addresses of interfaces", "", &kAddr[3]},
    {"route", "route", kRoute, "routing tables", "", &kRoute[0]},
    {"rule", "rule", kRule, "policy rules: which table a packet is looked up in", "", &kRule[2]},
    {"neigh", "neighbor neighbour", kNeigh, "neighbours and their MAC addresses", "", &kNeigh[4]},
    {"link", "link", kLink, "ports and interfaces", "", &kLink[3]},
    {"set", "set", kSettings, "settings, by the names of Linux's sysctls", "", &kSettings[0]},
    {"stats", "stats", kStatsCommands, "counters", "", &kStatsCommands[0]},
    {"drops", "drops", kDropsCommands, "dropped packets, by reason", "", &kDropsCommands[0]},
    {"trace", "trace", kTrace, "where packets went", "", &kTrace[1]},
    {"ask", "ask", kAskCommands, "what would happen to a packet"},
    {"capture", "capture", kCaptureCommands, "packets into a file"},
    {"worker", "worker", kWorker, "the threads that forward", "", &kWorker[0]},
    {"doctor", "doctor", kDoctor, "is this machine ready"},
    {"nexthop", "nexthop", kNexthopCommands, "next hops that routes share, and groups of them", "", &kNexthopCommands[3]},
    {"nft", "nft", {}, "", "Flyover has hook points, but no rule language"},
    {"tunnel", "tunnel tunl", {}, "", "Flyover has no tunnels"},
    {"vrf", "vrf", {}, "", "Flyover has one routing domain"},
    {"help", "help", kHelpCommands, "how commands are written"},
};

constexpr Option kOptions[] = {
    {"-j", "-json", "", "print JSON, with the keys of `ip -j`", false},
    {"-p", "-pretty", "", "print JSON indented", false},
    {"-s", "-statistics -stats", "", "print counters too; twice: more of them", false},
    {"-d", "-details", "", "print what is usually left out", false},
    {"-br", "-brief", "", "print one short line for each interface", false},
    {"-o", "-oneline", "", "print each record on one line", false},
    {"-c", "-color", "", "taken for `ip`'s sake; there are no colours", false},
    {"-4", "-4", "", "IPv4, which is what Flyover has", false},
    {"-6", "-6", "", "refused: Flyover has no IPv6", false},
    {"-b", "-batch", "FILE", "take commands from FILE, - for standard input, until one fails", true},
    {"-fo", "-force", "", "let a batch go on after a command that fails", true},
    {"-S", "-Socket", "PATH", "the daemon's control socket (default /run/flyover/flyover.sock, or $FLYOVER_SOCKET)", true},
    {"-V", "-Version", "", "print the version", true},
    {"-h", "-help", "", "print how commands are written", true},
    {"-comp", "-completion", "SHELL", "print the completion script for a shell: bash", true},
};
// clang-format on

}  // namespace

std::span<const Object> objects() { return kObjects; }
std::span<const Option> options() { return kOptions; }

}  // namespace flyover::control
