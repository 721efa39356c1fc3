#pragma once
// Recipes: which networks to grow, and how (docs/recipes.md).

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/network/config_ranges.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {

// What a record keeps of a training: everything but seeds and checkpoints.
Json to_json(const TrainingOptions& options);

// The common ancestor of a family: one network trained on the union of data sets. Stored as "<family>/anchor".
struct AnchorRecipe {
  std::string family, architecture;
  Json config;          // without channels, size and classes
  ConfigRanges ranges;  // what the weights serve; they are those of the largest. Empty: one network
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

// The classes that `spec` names, else all of its source. Reads no images. Throws what source_class_names() throws.
std::int64_t class_count(const DataSpec& spec);

// `count` tasks, each `classes` classes of one source in random order, sources in turn. No two tasks, and no task and
// one of `exclude`, have the same set of classes of the same source. `sources`: DataSpec texts without classes, and how
// many classes they have. Throws kUsage when there are too few.
std::vector<DataSpec> draw_tasks(const std::vector<std::pair<std::string, std::int64_t>>& sources, std::int64_t classes,
                                 std::int64_t count, std::uint64_t seed, const std::vector<DataSpec>& exclude = {});

}  // namespace weightloom
