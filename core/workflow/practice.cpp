#include "weightloom/workflow/practice.hpp"

#include <algorithm>
#include <cmath>

#include "weightloom/base/error.hpp"
#include "weightloom/workflow/random_networks.hpp"
#include "weightloom/workflow/recipe.hpp"

namespace weightloom {
namespace {

// The networks that `entry` stands for; what its configuration leaves open follows from the images and the data.
std::vector<NetworkDescription> networks_of(const Practice& entry, const PluginRegistry& registry,
                                            const Tokenizer& tokenizer, const std::set<std::string>& unseen,
                                            Random& random) {
  if (entry.data.empty() || !entry.config.is_object())
    throw Error(ErrorCode::kUsage, "generator.practice", "there is nothing to practise on",
                "'" + entry.architecture + "' needs data sets, and a table of settings");
  Json config = {{"channels", tokenizer.reference_images().size(1)},
                 {"size", tokenizer.reference_images().size(2)},
                 {"classes", class_count(DataSpec::parse(entry.data.front()))}};
  config.update(entry.config);
  if (entry.ranges.empty()) return {registry.describe(entry.architecture, config)};
  auto networks = random_networks(registry, entry.architecture, config, entry.ranges,
                                  static_cast<std::size_t>(entry.count), random, unseen);
  if (networks.empty())
    throw Error(ErrorCode::kUsage, "generator.practice", "there is nothing to practise on",
                "'" + entry.architecture + "' accepts no configuration of the ranges " + entry.ranges.json().dump());
  return networks;
}

}  // namespace

std::vector<PracticeNetwork> practice_networks(const std::vector<Practice>& practice, std::uint64_t seed,
                                               const PluginRegistry& registry, const Tokenizer& tokenizer,
                                               const std::set<std::string>& unseen) {
  std::vector<PracticeNetwork> networks;
  for (std::size_t i = 0; i < practice.size(); ++i) {
    const Practice& entry = practice[i];
    Random random(derive_seed(seed, "practice/" + std::to_string(i)));
    const auto descriptions = networks_of(entry, registry, tokenizer, unseen, random);
    // An entry counts as one to four groups of the zoo, by how many networks it stands for.
    const double count = static_cast<double>(descriptions.size());
    const double weight = std::clamp(std::sqrt(count), 1.0, 4.0) / count;
    for (const auto& description : descriptions)
      networks.push_back({tokenizer.plan(description, entry.family), entry.data, weight});
  }
  return networks;
}

}  // namespace weightloom
