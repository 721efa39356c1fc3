#pragma once
// Classes of a data set taken together.

#include "weightloom/data/grouping.hpp"
#include "weightloom/runtime/dataset.hpp"

namespace weightloom {

// What load_images() makes of the groups of `data`, a whole source with one class a sample: groups as classes, equally
// many images of each. Throws kUsage "data.class".
TensorData group_classes(const TensorData& data, const ClassGrouping& grouping, std::uint64_t split_seed);

}  // namespace weightloom
