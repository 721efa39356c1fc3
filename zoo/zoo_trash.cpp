// What becomes of networks that are removed.

#include <algorithm>
#include <chrono>

#include "row.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/base/units.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::int64_t kLeastRoom = 1 << 20;  // bytes that the trash keeps beside any zoo
constexpr std::size_t kClearedAtOnce = 1000;  // networks to a batch

std::int64_t now() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

struct Weight {
  std::int64_t all = 0, chosen = 0;  // bytes of the zoo's networks, and of some of them
  std::int64_t room() const { return std::max(kLeastRoom, all - chosen); }
};

Weight weigh(const Database& database, const std::set<std::string>& ids) {
  Weight weight;
  database.scan(Family::kRow, "", [&](auto key, auto value) {
    const auto bytes = RowView(value).bytes();
    weight.all += bytes;
    if (ids.contains(to_hex(key))) weight.chosen += bytes;
    return true;
  });
  return weight;
}

}  // namespace

bool Zoo::Impl::trash_keeps(const std::set<std::string>& ids) const {
  if (ids.empty()) return true;
  const auto weight = weigh(*database, ids);
  return weight.chosen <= weight.room();
}

namespace {

struct Removed {
  std::set<std::string> ids;
  std::int64_t bytes = 0;
};

// What is in the trash, by the step that moved it there.
std::map<std::uint64_t, Removed> removals_in(const Database& database) {
  std::map<std::uint64_t, Removed> removals;
  database.scan(Family::kTrash, "", [&](auto key, auto value) {
    const auto head = decode_trash_head(value);
    removals[head.step].ids.insert(to_hex(key));
    removals[head.step].bytes += head.bytes;
    return true;
  });
  return removals;
}

// The oldest of them, until no more than `room` bytes are left.
std::set<std::string> too_much(std::map<std::uint64_t, Removed> removals, std::int64_t room) {
  std::int64_t used = 0;
  for (const auto& [step, removal] : removals) used += removal.bytes;
  std::set<std::string> ids;
  for (auto& [step, removal] : removals) {
    if (used <= room) break;
    used -= removal.bytes;
    ids.merge(removal.ids);
  }
  return ids;
}

// What would be too much if these networks were moved to the trash.
std::set<std::string> too_much_beside(const Database& database, const std::set<std::string>& ids) {
  if (ids.empty()) return {};
  const auto weight = weigh(database, ids);
  return too_much(removals_in(database), weight.room() - weight.chosen);
}

void tell(const Garbage& cleared) {
  if (cleared.networks == 0) return;
  log().warn("{} that had been removed before left the trash for good, which keeps no more than the zoo has ({})",
             cleared.networks == 1 ? "a network" : std::to_string(cleared.networks) + " networks",
             format_size(static_cast<std::uint64_t>(cleared.bytes)));
}

}  // namespace

void Zoo::Impl::make_room(const std::set<std::string>& ids) {
  tell(clear_trash(too_much_beside(*database, ids), true));
}

void Zoo::Impl::bound_trash() {
  auto removals = removals_in(*database);
  const auto present = removals.find(step);
  const auto kept = present == removals.end() ? 0 : present->second.bytes;
  if (present != removals.end()) removals.erase(present);
  tell(clear_trash(too_much(std::move(removals), weigh(*database, {}).room() - kept), true));
}

void to_trash(const Database& database, Change& change, const ZooRecord& record) {
  TrashEntry entry{{now(), change.step(), record.bytes}, {}, record};
  const auto id = from_hex(record.id);
  database.scan(Family::kName, "a/", [&](auto key, auto of) {
    if (of == id) entry.aliases.push_back(keys::text(key));
    return true;
  });
  take_out(database, change, record);
  change.put(Family::kTrash, id, encode(entry));
}

void from_trash(Change& change, TrashEntry entry, const std::string& name) {
  auto& record = entry.record;
  const auto id = from_hex(record.id);
  const auto taken = [&](const std::string& text) {
    return change.has(Family::kName, keys::name(text)) || change.has(Family::kName, keys::alias(text));
  };
  if (taken(name))
    throw Error(ErrorCode::kUsage, "zoo.name_taken", "cannot bring '" + record.name + "' back from the trash",
                "the name '" + name + "' is taken",
                "bring it back under another: `weightloom zoo undelete " + record.id + " --name NAME`");
  record.name = name;
  put_facts(change, record);
  change.put(Family::kName, keys::name(name), id);
  for (const auto& alias : entry.aliases)
    if (!taken(alias)) change.put(Family::kName, keys::alias(alias), id);
  change.erase(Family::kTrash, id);
}

TrashEntry Zoo::Impl::find_in_trash(const std::string& reference) const {
  std::vector<TrashEntry> found;
  const bool digits = reference.size() >= 4 && is_hex(reference);
  database->scan(Family::kTrash, "", [&](auto key, auto value) {
    auto entry = decode_trash(value);
    if (entry.record.name == reference || (digits && to_hex(key).starts_with(reference)))
      found.push_back(std::move(entry));
    return true;
  });
  if (found.empty())
    throw Error(ErrorCode::kNotFound, "zoo.not_in_trash", "no network '" + reference + "' in the trash",
                "no name or id fits", "see what there is with `weightloom zoo trash`");
  if (found.size() == 1) return found.front();
  std::string ids;
  for (const auto& entry : found) ids += (ids.empty() ? "" : ", ") + entry.record.id;
  throw Error(ErrorCode::kAmbiguous, "zoo.ambiguous", "cannot tell which network '" + reference + "' is",
              "several in the trash fit: " + ids,
              "name it by its id; `weightloom zoo trash` says when each was removed");
}

Garbage Zoo::Impl::clear_trash(std::set<std::string> ids, bool really) {
  Garbage total;
  const auto at_once = really ? kClearedAtOnce : ids.size();
  while (!ids.empty()) {
    throw_if_interrupted();
    std::set<std::string> leaving;
    while (!ids.empty() && leaving.size() < at_once) leaving.insert(ids.extract(ids.begin()));
    Change change(directory, *database, {"gc", step});
    Released released;
    for (const auto& id : leaving) {
      const auto value = database->get(Family::kTrash, from_hex(id));
      if (!value) continue;
      let_go(change, decode_trash(*value).record, leaving, {}, released);
      change.erase(Family::kTrash, from_hex(id));
      ++total.networks;
    }
    total.bytes += released.bytes;
    if (!really) continue;
    change.commit();
    dispose(released);
  }
  return total;
}

std::set<std::string> Zoo::Impl::old_in_trash(double seconds) const {
  std::set<std::string> ids;
  const auto time = static_cast<double>(now());
  database->scan(Family::kTrash, "", [&](auto key, auto value) {
    if (time - static_cast<double>(decode_trash_head(value).removed) >= seconds) ids.insert(to_hex(key));
    return true;
  });
  return ids;
}

Removal Zoo::removal(const std::vector<std::string>& references) const {
  std::set<std::string> ids;
  for (const auto& reference : references) ids.insert(impl_->resolve(reference));
  return impl_->trash_keeps(ids) ? Removal::kToTrash : Removal::kForGood;
}

Garbage Zoo::crowded_out(const std::vector<std::string>& references) const {
  std::set<std::string> ids;
  for (const auto& reference : references) ids.insert(impl_->resolve(reference));
  return impl_->clear_trash(too_much_beside(*impl_->database, ids), false);
}

std::vector<TrashedNetwork> Zoo::trash() const {
  std::vector<std::pair<TrashHead, TrashedNetwork>> found;
  impl_->database->scan(Family::kTrash, "", [&](auto, auto value) {
    auto [head, aliases, record] = decode_trash(value);
    found.push_back({head,
                     {.id = record.id,
                      .name = record.name,
                      .aliases = aliases,
                      .parameters = record.parameters,
                      .bytes = record.bytes,
                      .removed = format_time(head.removed),
                      .until = format_time(head.removed + static_cast<std::int64_t>(kTrashSeconds))}});
    return true;
  });
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return a.first.step != b.first.step ? a.first.step > b.first.step : a.second.name < b.second.name;
  });
  std::vector<TrashedNetwork> out;
  for (auto& [head, network] : found) out.push_back(std::move(network));
  return out;
}

ZooRecord Zoo::undelete(const std::string& reference, const std::string& name) {
  auto change = impl_->change("undelete");
  auto entry = impl_->find_in_trash(reference);
  const auto id = entry.record.id;
  if (!name.empty()) expect_free(name);
  from_trash(change, entry, name.empty() ? entry.record.name : name);
  expect_no_circle(change, {entry.record});
  change.commit();
  return get(id);
}

Zoo::Together::Together(Zoo& zoo) : zoo_(zoo), outermost_(zoo.impl_->step == 0) {
  if (!outermost_) return;
  const auto ledger = database_ledger(*zoo.impl_->database);
  if (ledger) zoo.impl_->step = ledger->sequence + 1;
}

Zoo::Together::~Together() {
  if (outermost_) zoo_.impl_->step = 0;
}

}  // namespace weightloom
