// The history of a zoo, and the way back.

#include <algorithm>

#include "row.hpp"
#include "weightloom/base/error.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {

using Entries = std::vector<LogEntry>;  // of one step, in the order in which they were made

std::map<std::uint64_t, Entries> steps_of(const Database& database) {
  std::map<std::uint64_t, Entries> steps;
  for (auto& entry : log_entries(database)) steps[entry.step].push_back(std::move(entry));
  return steps;
}

// Steps that were taken back, by a step that was not taken back itself.
std::set<std::uint64_t> undone_steps(const std::map<std::uint64_t, Entries>& steps) {
  std::set<std::uint64_t> undone;
  for (auto at = steps.rbegin(); at != steps.rend(); ++at)
    if (const auto back = at->second.front().undoes; back && !undone.contains(at->first)) undone.insert(back);
  return undone;
}

// Making room in the trash is a part of a step that nothing depends on.
bool is_clearing(const LogEntry& entry) {
  return entry.operation == "gc";
}

bool is_reversible(const LogEntry& entry) {
  return entry.reversible && entry.purged.empty() && entry.operation != "repair";
}

// What the step is called by.
const LogEntry& main_of(const Entries& entries) {
  const auto main = std::find_if_not(entries.rbegin(), entries.rend(), is_clearing);
  return main == entries.rend() ? entries.back() : *main;
}

HistoryStep told(const Entries& entries) {
  HistoryStep step;
  const auto& main = main_of(entries);
  step.number = main.step;
  step.time = format_time(main.time);
  step.operation = main.operation;
  step.user = main.user;
  step.command = main.command;
  step.undoes = main.undoes;
  // The beginning of a long step may have left the log.
  step.reversible = !is_clearing(main) && entries.front().number == main.step;
  for (const auto& entry : entries) {
    if (is_clearing(entry) && !is_clearing(main)) continue;
    step.reversible = step.reversible && is_reversible(entry);
    for (const auto* named : {&entry.added, &entry.removed, &entry.purged})
      step.networks.insert(named->begin(), named->end());
    for (const auto& [id, what] : entry.changed) step.networks.emplace(id, what.name);
    for (const auto& [alias, what] : entry.aliases) step.aliases.push_back(alias);
  }
  return step;
}

// The ids of networks that had the name.
std::set<std::string> once_called(const std::vector<HistoryStep>& steps, const std::string& name) {
  std::set<std::string> ids;
  for (const auto& step : steps)
    for (const auto& [id, its_name] : step.networks)
      if (its_name == name) ids.insert(id);
  return ids;
}

bool concerns(const HistoryStep& step, const std::set<std::string>& ids, const std::string& name) {
  return std::ranges::find(step.aliases, name) != step.aliases.end() ||
         std::ranges::any_of(step.networks,
                             [&](const auto& one) { return one.second == name || ids.contains(one.first); });
}

Error refused(std::uint64_t step, const std::string& why, const std::string& hint) {
  return Error(ErrorCode::kUsage, "undo.refused", "cannot take step " + std::to_string(step) + " back", why, hint);
}

constexpr const char* kSeeHistory = "`weightloom zoo history` shows the steps, which `zoo undo` takes by their numbers";

// Takes the entries of a step back within one change. What is already as it was is passed over.
class Reversal {
 public:
  Reversal(const Database& database, Change& change, std::uint64_t step)
      : database_(database), change_(change), step_(step) {}

  void take_back(const LogEntry& entry) {
    for (const auto& [id, name] : entry.added) discard(id, name);
    for (const auto& [id, was] : entry.came_back) lay_back(id, was);
    for (const auto& [id, name] : entry.removed) bring_back(id, name);
    for (const auto& [id, what] : entry.changed) restore(id, what);
    for (const auto& [alias, what] : entry.aliases) restore(alias, what);
  }

 private:
  void discard(const std::string& id, const std::string& name) {
    if (const auto record = change_.get(Family::kMeta, from_hex(id)))
      to_trash(database_, change_, decode_record(*record));
    else if (!change_.has(Family::kTrash, from_hex(id)))
      throw gone(name);
  }

  // In the trash again, under the name and with all the aliases that it had there.
  void lay_back(const std::string& id, const LogEntry::Trashed& was) {
    const auto key = from_hex(id);
    auto trashed = decode_trash(change_.get(Family::kTrash, key).value());
    trashed.record.name = was.name;
    for (const auto& alias : was.aliases)
      if (std::ranges::find(trashed.aliases, alias) == trashed.aliases.end()) trashed.aliases.push_back(alias);
    change_.put(Family::kTrash, key, encode(trashed));
  }

  void bring_back(const std::string& id, const std::string& name) {
    if (change_.has(Family::kMeta, from_hex(id))) return;
    const auto entry = change_.get(Family::kTrash, from_hex(id));
    if (!entry) throw gone(name);
    const auto trashed = decode_trash(*entry);
    from_trash(change_, trashed, name);
    expect_no_circle(change_, {trashed.record});
  }

  void restore(const std::string& id, const LogEntry::Changed& what) {
    const auto bytes = change_.get(Family::kMeta, from_hex(id));
    if (!bytes) throw refused(step_, "'" + what.name + "' is no longer there", kSeeHistory);
    const auto now = decode_record(*bytes);
    auto json = to_json(now);
    for (const auto& [field, value] : what.before.items()) json[field] = value;
    const auto before = record_from_json(json);
    if (json == to_json(now)) return;
    if (of_record(*bytes) != what.after)
      throw refused(step_, "'" + now.name + "' has been changed since",
                    "take the later steps back first; " + std::string(kSeeHistory));
    if (before.name != now.name) expect_free(before.name);
    restate(change_, now, before);
    if (before.parents != now.parents) expect_no_circle(change_, {before});
  }

  void restore(const std::string& alias, const LogEntry::Moved& what) {
    const auto key = keys::alias(alias);
    const auto now = to_hex(change_.get(Family::kName, key).value_or(""));
    if (now == what.before) return;
    if (now != what.after)
      throw refused(step_, "the alias '" + alias + "' has been moved since",
                    "take the later steps back first; " + std::string(kSeeHistory));
    if (what.before.empty()) return change_.erase(Family::kName, key);
    if (!change_.has(Family::kMeta, from_hex(what.before)))
      throw refused(step_, "the network that '" + alias + "' stood for is no longer there", kSeeHistory);
    if (now.empty()) expect_free(alias);
    change_.put(Family::kName, key, from_hex(what.before));
  }

  void expect_free(const std::string& name) const {
    if (change_.has(Family::kName, keys::name(name)) || change_.has(Family::kName, keys::alias(name)))
      throw refused(step_, "the name '" + name + "' is taken", "rename what has it, or take its alias away");
  }

  Error gone(const std::string& name) const {
    return refused(step_, "'" + name + "' was removed for good", kSeeHistory);
  }

  const Database& database_;
  Change& change_;
  std::uint64_t step_;
};

// The last step that is neither taken back nor a way back itself.
std::uint64_t last_step(const std::map<std::uint64_t, Entries>& steps) {
  const auto undone = undone_steps(steps);
  for (auto at = steps.rbegin(); at != steps.rend(); ++at) {
    const auto& main = main_of(at->second);
    if (!is_clearing(main) && main.operation != "undo" && !undone.contains(at->first)) return at->first;
  }
  throw Error(ErrorCode::kNotFound, "undo.nothing", "there is nothing to take back",
              "the zoo's history holds no change that was not taken back", kSeeHistory);
}

}  // namespace

std::vector<HistoryStep> Zoo::history(const std::string& reference) const {
  const auto& database = *impl_->database;
  const auto steps = steps_of(database);
  const auto undone = undone_steps(steps);
  std::vector<HistoryStep> out;
  for (auto at = steps.rbegin(); at != steps.rend(); ++at) {
    out.push_back(told(at->second));
    out.back().undone = undone.contains(at->first);
  }
  if (reference.empty()) return out;
  const auto ids = knows(reference) ? std::set{impl_->resolve(reference)} : once_called(out, reference);
  std::erase_if(out, [&](const auto& step) { return !concerns(step, ids, reference); });
  if (out.empty()) impl_->resolve(reference);
  return out;
}

Undone Zoo::undo(std::uint64_t number) {
  auto& database = impl_->writable();
  const auto steps = steps_of(database);
  if (number == 0) number = last_step(steps);
  const auto found = steps.find(number);
  if (found == steps.end())
    throw Error(ErrorCode::kNotFound, "undo.nothing", "no step " + std::to_string(number) + " in the zoo's history", "",
                kSeeHistory);
  auto step = told(found->second);
  if (!step.reversible) throw refused(number, "what it did cannot be taken back (" + step.operation + ")", kSeeHistory);
  Change change(impl_->directory, database, {"undo", impl_->step, number});
  Reversal reversal(database, change, number);
  for (auto entry = found->second.rbegin(); entry != found->second.rend(); ++entry)
    if (!is_clearing(*entry)) reversal.take_back(*entry);
  if (!change.changes()) throw refused(number, "it was taken back already", kSeeHistory);
  step.undone = true;
  return {std::move(step), change.commit()};
}

}  // namespace weightloom
