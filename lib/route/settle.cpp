// SPDX-License-Identifier: BSD-3-Clause
// What takes long with a million routes, in pieces: routes that a path takes along or that turn with it, Fibs that are filled, and
// rules that wait for them.
#include <algorithm>

#include "route/route_control.hpp"

namespace flyover::route {
namespace {

// A piece is less than two milliseconds: so many routes are looked at, or fewer changed, which takes as long as looking at these.
constexpr size_t kPiece = 1 << 16, kChange = 64;

}  // namespace

bool RouteControl::settle() {
  for (size_t left = kPiece; !settled() && left != 0;) {
    if (pass_)
      go_over_routes(left);
    else if (filling_)
      fill(left);
    else
      publish_rules();
  }
  return settled();
}

// For what looks at routes or makes new ones: none is there that is gone.
void RouteControl::finish_pass() {
  while (pass_) settle();
}

void RouteControl::go_over_routes(size_t& left) {
  std::array<RouteSet::Index, kTogether> found;
  std::array<Ipv4Prefix, kTogether> prefixes;
  while (pass_->table < tables_.size()) {
    if (left == 0) return;
    Table& table = *tables_[pass_->table];
    size_t count = 0;
    const RouteSet::Index next = table.routes.each(pass_->from, [&](RouteSet::Index i) {
      if (is_concerned(table, i)) prefixes[count] = table.routes.at(i).prefix(), found[count++] = i;
      return --left != 0 && count != kTogether;
    });
    *pass_ = next == 0 ? Pass{pass_->table + 1, 1} : Pass{pass_->table, next};
    prefetch(table.id, {prefixes.data(), count});
    for (size_t i = 0; i < count; ++i) follow_path(table, found[i]);
    left -= std::min(left, count * kChange);
  }
  pass_.reset();
  paths_.unmark();
}

// Whether it lacks the path that knows its length.
bool RouteControl::is_unmeasured(const Table& table, const RouteSet::Entry& entry) const {
  return entry.length <= table.measured && paths_.at(entry.path).length == kAnyLength;
}

bool RouteControl::is_concerned(const Table& table, RouteSet::Index i) const {
  const RouteSet::Entry& entry = table.routes.at(i);
  return paths_.marked(entry.path) != PathTable::Mark::None || is_unmeasured(table, entry);
}

void RouteControl::follow_path(Table& table, RouteSet::Index i) {
  const RouteSet::Entry entry = table.routes.at(i);
  if (paths_.marked(entry.path) == PathTable::Mark::Dead) return erase(table, i);
  if (!is_unmeasured(table, entry)) return void(publish(table, entry.prefix()));
  Path path = paths_.at(entry.path);
  path.length = entry.length;
  const uint32_t number = take(path);
  if (number == 0) return;  // measure() has seen to it that there is room
  inherit_dead(number, entry.path);
  table.routes.replace(i, number);
  publish(table, entry.prefix());
  drop(entry.path);
}

void RouteControl::fill(size_t& left) {
  filling_ = false;
  const auto fill_one = [&](TableFibs& fibs) {
    if (!fibs.ready()) left -= std::min(left, fibs.fill(left / kChange) * kChange);
    filling_ |= !fibs.ready();
  };
  fill_one(merged_);
  for (const auto& table : tables_)
    if (table->fibs) fill_one(*table->fibs);
  if (left < kChange) left = 0;
  readers_.changed();
}

}  // namespace flyover::route
