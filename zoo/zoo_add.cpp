// New networks in.

#include <algorithm>
#include <map>
#include <optional>

#include "expected_room.hpp"
#include "parent_tensors.hpp"
#include "statistics_cache.hpp"
#include "tensor_records.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/base/text.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t kAddedBytes = 32u << 20;

// Those of larger tensors would take longer than the hashing; they are computed when they are asked for.
void put_statistics(Change& change, const TensorRecord& tensor, std::span<const std::byte> bytes) {
  if (bytes.size() >= kFileObjectBytes) return;
  if (const auto statistics = statistics_of(tensor.dtype, bytes))
    change.put(Family::kStat, keys::statistics(tensor), encode(*statistics));
}

}  // namespace

// One addition to a zoo. Names are taken first, then begin(), objects as they come, and at the end one change that
// makes them networks.
class Zoo::Addition {
 public:
  Addition(Zoo& zoo, Taken taken)
      : zoo_(zoo),
        impl_(*zoo.impl_),
        taken_(taken),
        database_(impl_.writable()),
        together_(zoo),
        objects_(impl_.directory, database_),
        ahead_(database_.batch()),
        quota_(zoo.quota()),
        taken_bytes_(quota_ ? static_cast<std::uint64_t>(zoo.stored_bytes()) : 0) {}

  ~Addition() {
    if (!committing_) take_back();
  }
  Addition(const Addition&) = delete;
  Addition& operator=(const Addition&) = delete;

  // Throws when the name is none or taken; the network that has it may have to give way.
  void take_name(const std::string& name) {
    if (taken_ == Taken::kReplace && zoo_.contains(name))
      replaced_.emplace(name, zoo_.get(name));
    else
      zoo_.expect_free(name);
    if (!names_.insert(name).second) throw name_taken(name);
  }

  void begin() { change_.emplace(impl_.change("add")); }

  // Gives a record of a name that was taken what it lacks.
  void complete(ZooRecord& record) {
    if (const auto replaced = replaced_.find(record.name); replaced != replaced_.end())
      if (!descends(replaced->second.id, record.id)) record.parents.push_back({"replaces", replaced->second.id});
    if (record.id.empty()) record.id = random_id();
    if (record.id.size() != 2 * kIdBytes || !is_hex(record.id))
      throw Error(ErrorCode::kUsage, "zoo.bad_id", "cannot store network '" + record.name + "'",
                  "the id '" + record.id + "' is not 32 lower-case hex digits");
    if (!ids_.insert(record.id).second || database_.has(Family::kMeta, from_hex(record.id)))
      throw Error(ErrorCode::kUsage, "zoo.id_taken", "cannot store network '" + record.name + "'",
                  "the id " + record.id + " is taken");
    if (record.created.empty()) record.created = now_text();
  }

  ParentTensors parents_of(const ZooRecord& record) const {
    ParentTensors parents;
    for (const auto& link : record.parents) add_parent(parents, link.parent);
    return parents;
  }
  void add_parent(ParentTensors& parents, const std::string& id) const {
    if (id.size() != 2 * kIdBytes || !is_hex(id)) return;  // the hash of a tokenizer or generator
    if (const auto parent = impl_.record(id)) parents.add(*parent);
  }

  void put(const TensorRecord& tensor, std::span<const std::byte> bytes, const ObjectBase& base) {
    objects_.put(ahead_, change_->batch(), tensor.object, bytes, base);
    put_statistics(*change_, tensor, bytes);
    write_ahead();
  }
  void put(const TensorRecord& tensor, IncomingObject& object, const ObjectBase& base) {
    objects_.put(ahead_, change_->batch(), object, base);
    if (!object.inside().empty()) put_statistics(*change_, tensor, object.inside());
    write_ahead();
  }
  IncomingObject incoming(std::uint64_t bytes) const { return {impl_.directory, bytes}; }

  void commit(const std::vector<ZooRecord>& records) {
    database_.write(ahead_, false);
    std::set<std::string> kept;
    for (const auto& record : records) kept.merge(held_by(record));
    Released released;
    std::map<std::string, std::vector<std::string>> aliases_of;  // by name
    for (const auto& [name, record] : replaced_) {
      aliases_of[name] = zoo_.aliases(record.id);
      to_trash(database_, *change_, record);
    }
    for (const auto& record : records) {
      take_from_trash(record.id, kept, released);
      put_facts(*change_, record);
      change_->put(Family::kName, keys::name(record.name), from_hex(record.id));
      for (const auto& alias : aliases_of[record.name])
        change_->put(Family::kName, keys::alias(alias), from_hex(record.id));
      for (const auto& object : held_by(record)) change_->put(Family::kRef, keys::reference(object, record.id), "");
    }
    expect_no_circles(records);
    // A write that reports failure may still surface after a crash: its files must stay.
    objects_.keep();
    committing_ = true;
    change_->commit();
    impl_.dispose(released);
    if (!replaced_.empty()) impl_.bound_trash();
  }

 private:
  // Of what was to be added nothing remains.
  void take_back() noexcept try {
    auto batch = database_.batch();
    for (const auto& id : objects_.new_inside())
      for (const auto family : {Family::kObj, Family::kW}) batch.erase(family, from_hex(id));
    if (!objects_.new_inside().empty()) database_.write(batch, false);
  } catch (const Error& error) {
    log().debug("{}", error.what());  // it costs room, until garbage is collected
  }

  // Small objects need no reference yet.
  void write_ahead() {
    const bool grows = objects_.room() > 0;  // a zoo that is over its quota may take what it has already
    if (quota_ && grows && taken_bytes_ + objects_.room() > *quota_)
      throw over_quota(taken_bytes_, objects_.room(), *quota_);
    if (ahead_.bytes() < kAddedBytes) return;
    database_.write(ahead_, false);
    ahead_.clear();
  }

  std::set<std::string> held_by(const ZooRecord& record) const {
    std::set<std::string> held;
    for (const auto& tensor : record.tensors)
      if (held.insert(tensor.object).second)
        for (auto& base : objects_.bases(tensor.object)) held.insert(std::move(base));
    return held;
  }

  // What brings its id along may be known as a parent before it is there.
  bool descends(const std::string& id, const std::string& from) const {
    if (from.empty()) return false;
    const auto below = impl_.relatives(from, Impl::Lineage::kDown);
    return std::ranges::find(below, id) != below.end();
  }

  // Only what somebody names as a parent closes one.
  void expect_no_circles(const std::vector<ZooRecord>& records) const {
    std::set<std::string> parents;
    for (const auto& record : records)
      for (const auto& link : record.parents) parents.insert(link.parent);
    std::vector<ZooRecord> closing;
    for (const auto& record : records)
      if (parents.contains(record.id) || !impl_.children(record.id).empty()) closing.push_back(record);
    expect_no_circle(*change_, closing);
  }

  // A network that was removed, and comes back from elsewhere.
  void take_from_trash(const std::string& id, const std::set<std::string>& kept, Released& released) {
    const auto old = database_.get(Family::kTrash, from_hex(id));
    if (!old) return;
    impl_.let_go(*change_, decode_trash(*old).record, {id}, kept, released);
    change_->erase(Family::kTrash, from_hex(id));
  }

  Zoo& zoo_;
  Impl& impl_;
  Taken taken_;
  Database& database_;
  Together together_;
  ObjectWriter objects_;
  std::optional<Change> change_;
  Batch ahead_;
  std::optional<std::uint64_t> quota_;
  std::uint64_t taken_bytes_;
  std::set<std::string> names_, ids_;
  std::map<std::string, ZooRecord> replaced_;  // by name
  bool committing_ = false;
};

std::vector<ZooRecord> Zoo::add(std::vector<std::pair<ZooRecord, TensorMap>> networks, Taken taken) {
  Addition addition(*this, taken);
  std::vector<ZooRecord> records;
  for (auto& [record, tensors] : networks) {
    addition.take_name(record.name);
    expect_storable(record, tensors);
    addition.complete(record);
    describe_weights(record, tensors);
    records.push_back(record);
  }
  addition.begin();
  for (const auto& [record, tensors] : networks) {
    const auto parents = addition.parents_of(record);
    for (const auto& tensor : record.tensors)
      addition.put(tensor, tensors.at(tensor.name).bytes, parents.base_of(tensor.name, tensor.dtype, tensor.shape));
  }
  addition.commit(records);
  return records;
}

struct WeightsSink::Impl {
  Zoo::Addition& addition;
  ParentTensors parents;
  std::vector<TensorRecord> tensors;
  std::set<std::string> names;
  std::optional<IncomingObject> object;
  std::int64_t parameters = 0, bytes = 0;

  // The tensor that came has come to its end.
  void finish() {
    if (!object) return;
    auto& tensor = tensors.back();
    tensor.object = object->id();
    addition.put(tensor, *object, parents.base_of(tensor.name, tensor.dtype, tensor.shape));
    object.reset();
  }

  void describe(ZooRecord& record) {
    record.tensors = tensors;
    std::ranges::sort(record.tensors, {}, &TensorRecord::name);
    record.parameters = parameters;
    record.bytes = bytes;
    record.weights_hash = hash_of_tensors(tensors);
  }
};

void WeightsSink::derive_from(const std::string& parent) {
  impl_.addition.add_parent(impl_.parents, parent);
}

void WeightsSink::begin(const std::string& name, DType dtype, const Shape& shape) {
  impl_.finish();
  expect_tensor_name(name);
  if (!impl_.names.insert(name).second)
    throw Error(ErrorCode::kUsage, "zoo.bad_tensor", "cannot store tensor '" + name + "'", "it comes twice");
  const auto bytes = byte_count(dtype, shape);
  impl_.tensors.push_back({name, dtype, shape, {}});
  impl_.parameters += element_count(shape);
  impl_.bytes += static_cast<std::int64_t>(bytes);
  impl_.object.emplace(impl_.addition.incoming(bytes));
}

void WeightsSink::append(std::span<const std::byte> bytes) {
  impl_.object.value().append(bytes);
}

std::string WeightsSink::weights_hash() {
  impl_.finish();
  return hash_of_tensors(impl_.tensors);
}

ZooRecord Zoo::store(const std::string& name, const std::function<ZooRecord(WeightsSink&)>& produce, Taken taken) {
  Addition addition(*this, taken);
  addition.take_name(name);
  addition.begin();
  WeightsSink::Impl weights{.addition = addition};
  WeightsSink sink(weights);
  auto record = produce(sink);
  weights.finish();
  record.name = name;
  expect_storable(record);
  addition.complete(record);
  weights.describe(record);
  addition.commit({record});
  return record;
}

}  // namespace weightloom
