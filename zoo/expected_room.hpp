#pragma once
// What new networks would take, where they are not stored. Private to the module.

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "weightloom/base/error.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// kOverQuota "zoo.quota", in bytes.
Error over_quota(std::uint64_t taken, std::uint64_t arriving, std::uint64_t quota);

// Of a zoo that does not change while it lives.
class ExpectedRoom {
 public:
  explicit ExpectedRoom(const Zoo& zoo);

  // Counts a network, by its tensors. `weights`: where they are at hand, so that what would be stored as a difference
  // from a parent counts as that. `follows`: it has parents among the networks that were counted before. Throws
  // kOverQuota as storing it would.
  void add(const ZooRecord& record, const TensorMap* weights, bool follows);
  // Would the quota be exceeded if nothing whose differences are not known were stored as one? As text.
  std::optional<std::string> doubt() const;

 private:
  const Zoo& zoo_;
  std::optional<std::uint64_t> quota_;
  std::uint64_t taken_ = 0, room_ = 0, unknown_ = 0;  // unknown: of what may take less
  std::set<std::string> objects_;
};

}  // namespace weightloom
