#include "weightloom/zoo/merge.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "expected_room.hpp"
#include "merge_source.hpp"
#include "stored_objects.hpp"
#include "weightloom/base/error.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMergedAtOnce = 256;
constexpr std::int64_t kMergedBytes = 16 << 20;
constexpr std::int64_t kLarge = 64 << 20;  // is not held in memory

class Merger {
 public:
  Merger(Zoo& into, const MergeSource& from, const MergeOptions& options, const ProgressSink& progress)
      : into_(into), from_(from), options_(options), progress_(progress), room_(into) {}

  MergeResult run() {
    note_trash();
    auto records = from_.records(result_.damaged);
    // Parents first: what came later may be stored as the difference from them.
    std::ranges::sort(records, {}, [](const auto& record) { return std::tie(record.created, record.name); });
    std::size_t done = 0;
    for (auto& record : records) {
      throw_if_interrupted();
      take(std::move(record));
      if (progress_)
        progress_({.task = "merge", .done = ++done, .total = records.size(), .unit = "networks", .detail = nullptr});
    }
    store_batch();
    for (const auto& [id, aliases] : aliases_) take_aliases(id, aliases);
    if (const auto doubt = room_.doubt()) result_.warnings.push_back(*doubt);
    return std::move(result_);
  }

 private:
  void take(ZooRecord record) {
    const auto aliases = from_.aliases(record.id);
    if (into_.knows(record.id)) {
      result_.present.push_back(record.name);
      aliases_.emplace_back(record.id, aliases);
      // An earlier merge may have been killed between a network and its tokens.
      if (into_.all_tokens(record.id).empty()) take_tokens(record);
      return mend(record.id, record);
    }
    if (const auto trashed = trashed_.find(record.id); trashed != trashed_.end())
      return bring_back(record, trashed->second, aliases);
    const auto way = way_of(record);
    if (way == Way::kPresent) return result_.present.push_back(record.name), mend(record.name, record);
    if (way == Way::kSkipped) return result_.skipped.push_back(record.name);
    const auto name = record.name;
    if (const auto why = pointless_time(record.created); !why.empty()) {
      result_.warnings.push_back("'" + name + "' says that it was created at " + record.created + ", which is " + why +
                                 ": the time of the merge is taken");
      record.created.clear();
    }
    leave_out_circles(record);
    if (way == Way::kRenamed) record.name = free_name(name);
    if (record.bytes > kLarge) store_batch();
    if (!unless_damaged(name, [&] { take_weights(record); })) return;
    tell(way, name, record.name);
    aliases_.emplace_back(record.id, aliases);
    if (batch_.size() >= kMergedAtOnce || batch_bytes_ >= kMergedBytes) store_batch();
  }

  // Nobody descends from itself, whatever each of two zoos says by itself.
  void leave_out_circles(ZooRecord& record) {
    if (!record.parents.empty()) {
      const auto below = descendants(record.id);
      std::erase_if(record.parents, [&](const auto& link) {
        if (!below.contains(link.parent)) return false;
        result_.warnings.push_back("'" + record.name + "' says that it comes from " + link.parent +
                                   ", which descends from it here: that link is left out");
        return true;
      });
    }
    for (const auto& link : record.parents) children_[link.parent].push_back(record.id);
  }

  // Itself, and what descends from it here or among what came so far.
  std::set<std::string> descendants(const std::string& id) const {
    std::set<std::string> found{id};
    std::vector<std::string> open{id};
    while (!open.empty()) {
      auto next = into_.children(open.back());
      const auto come = children_.find(open.back());
      open.pop_back();
      if (come != children_.end()) next.insert(next.end(), come->second.begin(), come->second.end());
      for (auto& child : next)
        if (found.insert(child).second) open.push_back(std::move(child));
    }
    return found;
  }

  // How it comes in, by its name.
  enum class Way { kNew, kRenamed, kReplacing, kPresent, kSkipped };
  Way way_of(const ZooRecord& record) const {
    const bool planned = names_.contains(record.name);
    if (!is_name(record.name)) return Way::kRenamed;  // it was one in older zoos
    if (!into_.knows(record.name) && !planned) return Way::kNew;
    const bool network = !planned && into_.contains(record.name);
    if (network && into_.get(record.name).weights_hash == record.weights_hash) return Way::kPresent;
    if (options_.taken == MergeOptions::Taken::kRename) return Way::kRenamed;
    return network && options_.taken == MergeOptions::Taken::kReplace ? Way::kReplacing : Way::kSkipped;
  }

  void tell(Way way, const std::string& name, const std::string& new_name) {
    if (way == Way::kReplacing) result_.replaced.push_back(name);
    if (way == Way::kRenamed) result_.renamed.emplace_back(name, new_name);
    names_.insert(new_name);
  }

  // What was removed here comes back with what is known of it here; what arrives may know less.
  void bring_back(const ZooRecord& record, const std::string& name, const std::vector<std::string>& aliases) {
    const bool free = is_free(name);
    if (!free && options_.taken != MergeOptions::Taken::kRename) return result_.in_trash.push_back(name);
    const auto new_name = free ? name : free_name(name);
    tell(free ? Way::kNew : Way::kRenamed, name, new_name);
    result_.undeleted.push_back(new_name);
    aliases_.emplace_back(record.id, aliases);
    if (options_.dry_run) return;
    into_.undelete(record.id, new_name);
    mend(record.id, record);
  }

  // Weights that are damaged here and whole there.
  void mend(const std::string& reference, const ZooRecord& record) {
    const auto stored = into_.get(reference);
    if (stored.weights_hash != record.weights_hash || into_.is_sound(stored)) return;
    unless_damaged(record.name, [&] {
      const auto weights = from_.weights(record);
      if (!options_.dry_run) into_.mend(stored, weights);
      result_.mended.push_back(stored.name);
    });
  }

  bool is_free(const std::string& name) const { return !into_.knows(name) && !names_.contains(name); }

  std::string free_name(const std::string& name) const {
    for (int number = 2;; ++number)
      if (auto candidate = name + "~" + std::to_string(number); is_free(candidate)) return candidate;
  }

  // Damage to one network is told, and is none to the others.
  template <class Action>
  bool unless_damaged(const std::string& name, Action action) {
    try {
      action();
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kDamaged) throw;
      result_.damaged.push_back({name, error.what()});
      return false;
    }
  }

  Zoo::Taken taken() const {
    return options_.taken == MergeOptions::Taken::kReplace ? Zoo::Taken::kReplace : Zoo::Taken::kRefuse;
  }

  void take_weights(const ZooRecord& record) {
    if (options_.dry_run) return look_at(record);
    record.bytes > kLarge ? take_large(record) : take_small(record);
  }

  void look_at(const ZooRecord& record) {
    TensorMap weights;
    if (record.bytes > kLarge)
      from_.check(record);
    else
      weights = from_.weights(record);
    const bool follows =
        std::ranges::any_of(record.parents, [&](const auto& link) { return new_ids_.contains(link.parent); });
    room_.add(record, weights.empty() ? nullptr : &weights, follows);
    new_ids_.insert(record.id);
    finish(record);
  }

  void take_small(const ZooRecord& record) {
    auto weights = from_.weights(record);
    batch_bytes_ += record.bytes;
    batch_.emplace_back(record, std::move(weights));
  }

  void take_large(const ZooRecord& record) {
    const auto produce = [&](WeightsSink& sink) {
      for (const auto& link : record.parents) sink.derive_from(link.parent);
      from_.send(record, sink);
      return record;
    };
    finish(into_.store(record.name, produce, taken()));
  }

  void store_batch() {
    if (batch_.empty()) return;
    for (auto& record : into_.add(std::move(batch_), taken())) finish(std::move(record));
    batch_.clear();
    batch_bytes_ = 0;
    if (options_.taken == MergeOptions::Taken::kReplace) note_trash();
  }

  void note_trash() {
    trashed_.clear();
    for (const auto& network : into_.trash()) trashed_.emplace(network.id, network.name);
  }

  void finish(ZooRecord record) {
    take_tokens(record);
    result_.added.push_back(std::move(record));
  }

  void take_tokens(const ZooRecord& record) {
    unless_damaged(record.name, [&] {
      if (const auto streams = from_.tokens(record.id); !streams.empty() && !options_.dry_run)
        into_.put_tokens(streams);
    });
  }

  void take_aliases(const std::string& id, const std::vector<std::string>& aliases) {
    for (const auto& alias : aliases) {
      if (!is_name(alias)) {
        result_.aliases_skipped.push_back(alias);
        continue;
      }
      const bool free = !into_.knows(alias);
      if (free && !options_.dry_run) into_.set_alias(alias, id);
      if (free || into_.get(alias).id != id) (free ? result_.aliases : result_.aliases_skipped).push_back(alias);
    }
  }

  Zoo& into_;
  const MergeSource& from_;
  const MergeOptions& options_;
  const ProgressSink& progress_;
  std::vector<std::pair<ZooRecord, TensorMap>> batch_;
  std::int64_t batch_bytes_ = 0;
  std::set<std::string> names_;
  std::map<std::string, std::vector<std::string>> children_;  // of what came, by their parents
  ExpectedRoom room_;
  std::set<std::string> new_ids_;                                          // of a dry run
  std::map<std::string, std::string> trashed_;                             // ids and names of what is in the trash
  std::vector<std::pair<std::string, std::vector<std::string>>> aliases_;  // by id
  MergeResult result_;
};

class ZooSource : public MergeSource {
 public:
  ZooSource(const Zoo& zoo, const std::string& where) : zoo_(zoo), query_(parse_query(where)) {}
  std::vector<ZooRecord> records(std::vector<DamagedNetwork>& damaged) const override {
    std::vector<ZooRecord> out;
    for (const auto& summary : zoo_.summaries(query_)) try {
        out.push_back(zoo_.get(summary.id));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kDamaged) throw;
        damaged.push_back({summary.name, error.what()});
      }
    return out;
  }
  std::vector<std::string> aliases(const std::string& id) const override { return zoo_.aliases(id); }
  std::vector<std::pair<std::string, TokenStream>> tokens(const std::string& id) const override {
    return zoo_.all_tokens(id);
  }
  TensorMap weights(const ZooRecord& record) const override { return zoo_.weights(record); }
  void send(const ZooRecord& record, WeightsSink& sink) const override {
    for (const auto& tensor : record.tensors) {
      sink.begin(tensor.name, tensor.dtype, tensor.shape);
      StoredObjects::send(zoo_, tensor.object, [&](auto piece) { sink.append(piece); });
    }
    expect_same(record, sink.weights_hash() == record.weights_hash);
  }
  void check(const ZooRecord& record) const override {
    for (const auto& tensor : record.tensors) {
      Sha256 hash;
      StoredObjects::send(zoo_, tensor.object, [&](auto piece) { hash.update(piece.data(), piece.size()); });
      expect_same(record, to_hex(hash.finish()) == tensor.object);
    }
  }

 private:
  static void expect_same(const ZooRecord& record, bool same) {
    if (same) return;
    throw Error(ErrorCode::kDamaged, "zoo.object", "cannot merge network '" + record.name + "'",
                "its weights are not what they were", "run `weightloom zoo verify --deep` on the zoo that it is from");
  }

  const Zoo& zoo_;
  Query query_;
};

}  // namespace

void StoredObjects::send(const Zoo& zoo, const std::string& object,
                         const std::function<void(std::span<const std::byte>)>& take) {
  const auto opened = open_object(zoo.directory(), *zoo.impl_->database, object);
  std::vector<std::byte> piece;
  for (auto left = opened.info.bytes; left > 0; left -= piece.size()) {
    piece.resize(std::min<std::uint64_t>(left, kPiece));
    opened.source->read(piece);
    take(piece);
  }
}

MergeResult merge_from(Zoo& into, const MergeSource& from, const MergeOptions& options, const ProgressSink& progress) {
  if (options.dry_run) return Merger(into, from, options, progress).run();
  const Zoo::Together together(into);
  return Merger(into, from, options, progress).run();
}

MergeResult merge(Zoo& into, const Zoo& from, const MergeOptions& options, const ProgressSink& progress) {
  if (into.uuid() == from.uuid() && std::filesystem::equivalent(into.directory(), from.directory()))
    throw Error(ErrorCode::kUsage, "merge.itself", "cannot merge a zoo into itself");
  return merge_from(into, ZooSource(from, options.where), options, progress);
}

}  // namespace weightloom
