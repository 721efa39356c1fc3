#pragma once
// Results of several generators as those of one.

#include <vector>

#include "weightloom/report/results.hpp"

namespace weightloom {

// The samples of equal rows (name, data, architecture, epochs) one after the other, in the order of `several`; novelty
// is that of all samples together, except for shared tokens, of which only medians are known: their mean. Fingerprint
// and seeds are those of all; facts of generator and zoo are the first's; stages and wall_seconds are left empty. Of
// one: that one without them. REQUIRES one at least. [any-thread]
Results pool(std::vector<Results> several);

}  // namespace weightloom
