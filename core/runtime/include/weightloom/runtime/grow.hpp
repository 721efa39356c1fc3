#pragma once
// Grows a zoo from a recipe: trains populations of networks, from scratch or from a common ancestor, and stores them
// with all that is needed to make them again (docs/recipes.md).

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/runtime/training.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// The common ancestor of a family: one network trained on the union of data sets. Stored as "<family>/anchor".
struct AnchorRecipe {
  std::string family, architecture;
  Json config;               // without channels, size and classes
  std::string depth_key;     // empty: one network
  std::vector<Json> depths;  // ascending; the weights are those of the last and serve all of them
  std::vector<DataSpec> data;
  TrainingOptions training;
};

// One network of a population.
struct MemberRecipe {
  std::string name, family, architecture, split;
  Json config;  // without channels, size and classes
  DataSpec data;
  std::int64_t seed = 0;
  bool from_anchor = false;
  TrainingOptions training;
};

struct Recipe {
  std::uint64_t seed = 0;
  ImageForm form;
  std::vector<AnchorRecipe> anchors;
  std::vector<MemberRecipe> members;  // populations expanded, in order
};

// Reads `weightloom.recipe/1`. Throws kUsage naming the table and the key.
Recipe parse_recipe(const Json& recipe);

// `count` tasks, each `classes` classes of one source in random order, sources in turn. No two tasks, and no task and
// one of `exclude`, have the same set of classes of the same source. `sources`: DataSpec texts without classes, and how
// many classes they have. Throws kUsage when there are too few.
std::vector<DataSpec> draw_tasks(const std::vector<std::pair<std::string, std::int64_t>>& sources, std::int64_t classes,
                                 std::int64_t count, std::uint64_t seed, const std::vector<DataSpec>& exclude = {});

// The network of `target` made of an ancestor's weights: tensors by address, the head at zero, fresh values where there
// is no counterpart.
Weights descend_from(const NetworkDescription& target, const NetworkDescription& ancestor, const Weights& weights,
                     std::uint64_t seed);

struct GrowSummary {
  std::vector<std::string> stored, present;  // names; `present` were there already
};

// Trains and stores what the zoo does not hold yet. Networks are trained as batched populations, or, where
// executes_apart() holds, one by one, `workers` at a time (0: one for each core). The same recipe gives the same
// weights bit for bit on the same machine, whatever was there before and however many workers. Stores as it goes: an
// interruption loses only networks in training. Throws kUsage "grow.name_taken" when a name belongs to a network of
// another recipe.
GrowSummary grow(const Recipe& recipe, Zoo& zoo, const PluginRegistry& plugins, const ProgressSink& progress = {},
                 int workers = 0);

}  // namespace weightloom
