#pragma once
// Networks that need no generator: what a generator has to beat (docs/assessment.md).

#include <cstdint>
#include <vector>

#include "weightloom/base/random.hpp"
#include "weightloom/generator/generator.hpp"

namespace weightloom {

// Drawn from the members of one description and data set, `count` of each kind. `members` [M >= 1] are aligned: the
// mean of networks whose units stand in different orders is no network.
struct SeenBaselines {
  Weights random_init;  // fresh draws of the initialiser
  Weights average;      // the mean of up to 8 members each
  Weights noise;        // one member each, plus 0.1 of each tensor's standard deviation
  Weights retrieval;    // one member each
};
SeenBaselines seen_baselines(const NetworkPlan& plan, const Weights& members, std::int64_t count, Random& random);

// `members`, of the network `source`, in turn until there are `count`, copied block by block (map_anchor) to another
// depth.
Weights layer_copies(const NetworkPlan& target, const NetworkPlan& source, const Weights& members, std::int64_t count);

// The plan's anchor with a linear-discriminant head, from the example images that the generator sees for `request` as
// well. Population 1.
Weights discriminant_network(const NetworkPlan& plan, const Request& request, DataCache& data);

}  // namespace weightloom
