#include "weightloom/zoo/lineage.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "query_syntax.hpp"
#include "weightloom/base/hash.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kIdDigits = 32;

// Links may lead out of the zoo.
std::optional<ZooRecord> network(const Zoo& zoo, const std::string& id) {
  if (id.size() != kIdDigits || !is_hex(id) || !zoo.knows(id)) return std::nullopt;
  return zoo.get(id);
}

// By kind, and what is at the other end.
using Links = std::vector<std::pair<std::string, std::string>>;

Links links_of(const Zoo& zoo, const std::string& id, LineageSide side) {
  Links links;
  if (side == LineageSide::kAncestors) {
    if (const auto record = network(zoo, id))
      for (const auto& link : record->parents) links.emplace_back(link.kind, link.parent);
    return links;
  }
  std::vector<ZooRecord> children;
  for (const auto& child : zoo.children(id))
    if (auto record = network(zoo, child)) children.push_back(*std::move(record));
  std::ranges::sort(children, natural_less, &ZooRecord::name);
  for (const auto& child : children)
    for (const auto& link : child.parents)
      if (link.parent == id) links.emplace_back(link.kind, child.id);
  return links;
}

bool hangs_on_itself(const std::vector<LineageEntry>& entries, const LineageEntry& entry, const std::string& root) {
  if (entry.id == root) return true;
  for (auto at = entry.from; at != LineageEntry::kRoot; at = entries[at].from)
    if (entries[at].id == entry.id) return true;
  return false;
}

}  // namespace

std::vector<LineageEntry> lineage_of(const Zoo& zoo, const std::string& record_id, LineageSide side) {
  std::vector<LineageEntry> out, pending;
  std::set<std::string> shown{record_id};
  const auto follow = [&](const std::string& id, std::size_t from, std::size_t depth) {
    auto links = links_of(zoo, id, side);
    std::ranges::reverse(links);  // the last one pending comes first
    for (auto& [kind, other] : links) pending.push_back({std::move(other), {}, std::move(kind), from, depth});
  };
  follow(record_id, LineageEntry::kRoot, 1);
  while (!pending.empty()) {
    throw_if_interrupted();
    auto entry = std::move(pending.back());
    pending.pop_back();
    if (const auto record = network(zoo, entry.id)) entry.name = record->name;
    entry.again = !shown.insert(entry.id).second;
    entry.cycle = entry.again && hangs_on_itself(out, entry, record_id);
    out.push_back(entry);
    if (!entry.again) follow(entry.id, out.size() - 1, entry.depth + 1);
  }
  return out;
}

}  // namespace weightloom
