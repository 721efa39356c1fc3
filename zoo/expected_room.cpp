#include "expected_room.hpp"

#include "parent_tensors.hpp"
#include "weightloom/base/units.hpp"
#include "zoo_impl.hpp"

namespace weightloom {

Error over_quota(std::uint64_t taken, std::uint64_t arriving, std::uint64_t quota) {
  return {ErrorCode::kOverQuota, "zoo.quota", "cannot store the network",
          "the zoo's weights take " + format_size(taken) + ", the new ones " + format_size(arriving) +
              " and more, and its quota is " + format_size(quota),
          "remove networks and empty the trash with `weightloom zoo gc --trash-age 0`, or change the quota with "
          "`weightloom zoo quota`"};
}

ExpectedRoom::ExpectedRoom(const Zoo& zoo)
    : zoo_(zoo), quota_(zoo.quota()), taken_(quota_ ? static_cast<std::uint64_t>(zoo.stored_bytes()) : 0) {}

void ExpectedRoom::add(const ZooRecord& record, const TensorMap* weights, bool follows) {
  if (!quota_) return;
  const auto& database = *zoo_.impl_->database;
  ParentTensors parents;
  for (const auto& link : record.parents)
    if (zoo_.knows(link.parent)) parents.add(zoo_.get(link.parent));
  for (const auto& tensor : record.tensors) {
    const bool there =
        database.has(Family::kObj, from_hex(tensor.object)) && is_sound(zoo_.directory(), database, tensor.object);
    if (!objects_.insert(tensor.object).second || there) continue;
    const auto bytes = byte_count(tensor.dtype, tensor.shape);
    const auto base = parents.base_of(tensor.name, tensor.dtype, tensor.shape);
    const bool may_be_delta = bytes >= kSmallestDelta && (follows || !base.id.empty());
    if (may_be_delta && (follows || !weights)) {
      unknown_ += bytes;
      continue;
    }
    const auto delta = may_be_delta
                           ? delta_room(zoo_.directory(), database, tensor.object, weights->at(tensor.name).bytes, base)
                           : std::nullopt;
    room_ += delta.value_or(bytes);
    if (taken_ + room_ > *quota_) throw over_quota(taken_, room_, *quota_);
  }
}

std::optional<std::string> ExpectedRoom::doubt() const {
  if (!quota_ || room_ + unknown_ == 0 || taken_ + room_ + unknown_ <= *quota_) return std::nullopt;
  return "the quota of " + format_size(*quota_) + " may be exceeded: the new weights take " + format_size(room_) +
         " and up to " + format_size(unknown_) + " more, less what they share with their parents";
}

}  // namespace weightloom
