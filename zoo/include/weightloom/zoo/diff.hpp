#pragma once
// In what two networks differ. Pure functions [any-thread].

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/formats/tensor_form.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {

// How far apart values are. Pairs of which one is no finite number are counted, and in no sum.
struct ValueDistance {
  std::int64_t values = 0, changed = 0, not_finite = 0;
  double difference_squares = 0, first_squares = 0, second_squares = 0, product = 0;  // sums
  double largest = 0;                                                                 // difference

  // Of the difference, against the first's norm. nullopt where that is 0 and the second's is not, beyond what numbers
  // hold, where no two finite values were compared, and where all that differs is no finite number.
  std::optional<double> relative() const;
  // nullopt where one of the two is 0.
  std::optional<double> cosine() const;
  void join(const ValueDistance& other);
};

struct TensorDifference {
  enum class Kind {
    kSame,     // bit for bit
    kChanged,  // other values; also another dtype
    kOnlyFirst,
    kOnlySecond,
    kOtherShape,
    kNotCompared  // other bytes of a type whose values are not read
  };
  std::string name;
  Kind kind = Kind::kSame;
  std::optional<TensorForm> first, second;
  ValueDistance distance;  // of kChanged
};

// "same", "changed", "only first", "only second", "other shape", "not compared".
std::string_view kind_name(TensorDifference::Kind kind);

// One entry for each name that occurs, in natural order.
std::vector<TensorDifference> compare_tensors(const TensorMap& first, const TensorMap& second);
// Of all tensors that were compared, those that are the same too.
ValueDistance total_distance(const std::vector<TensorDifference>& differences);

struct FactDifference {
  std::string fact;    // "dataset", "config.depth", "metrics.test_accuracy"
  Json first, second;  // null: not known
};

// Facts that differ, but for what follows from the weights and what is each network's own: id, name, creation, source.
std::vector<FactDifference> compare_facts(const ZooRecord& first, const ZooRecord& second);

}  // namespace weightloom
