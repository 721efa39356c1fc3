#pragma once
// Weight matching without LibTorch, for tensors as files and the zoo hold them: two networks of one description may
// compute nearly the same and yet have their hidden units in another order. Pure functions [any-thread].

#include <cstdint>
#include <optional>

#include "weightloom/base/tensor.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

struct AlignedTensors {
  TensorMap tensors;                  // the same values, units reordered
  std::int64_t moved = 0, units = 0;  // hidden units that stand elsewhere than before, and all that may
};

// Reorders the hidden units of `tensors` (symmetry_groups()) to bring its values near to those of `reference`: Git
// Re-Basin (Ainsworth et al. 2023, algorithm 1), a linear assignment for each group in turn until nothing changes. What
// the network computes stays. Both hold the description's parameters under canonical names. nullopt when that would
// take too long: `work` bounds the multiply-adds, of which there are billions a second. Throws kUsage
// "alignment.tensors" when a parameter is missing, of another shape or of a type without numbers, and kInterrupted.
inline constexpr double kMostAlignmentWork = 5e10;
std::optional<AlignedTensors> align_units(const NetworkDescription& description, TensorMap tensors,
                                          const TensorMap& reference, double work = kMostAlignmentWork);

}  // namespace weightloom
