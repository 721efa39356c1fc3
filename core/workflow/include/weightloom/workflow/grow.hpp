#pragma once
// Grows a zoo from a recipe: trains populations of networks, from scratch or from a common ancestor, and stores them
// with all that is needed to make them again.

#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/workflow/recipe.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct GrowSummary {
  std::vector<std::string> stored, present;  // names; `present` were there already
};

// Trains and stores what the zoo does not hold yet. Networks of one description and training form batched populations,
// or are trained, where executes_apart() holds, one by one, `workers` at a time (0: one for each core). The same recipe
// gives the same weights bit for bit on the same machine, whatever was there before and however many workers. Stores as
// it goes: an interruption loses only members in training; an anchor's training goes on from its checkpoint in
// "<zoo>/growing". Throws kUsage "grow.name_taken" when a name belongs to a network of another recipe.
GrowSummary grow(const Recipe& recipe, Zoo& zoo, const PluginRegistry& plugins, const ProgressSink& progress = {},
                 int workers = 0);

}  // namespace weightloom
