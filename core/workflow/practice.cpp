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

// `network` for a random number of classes, and the class subsets to practise it on.
std::pair<NetworkDescription, std::vector<std::string>> with_tasks(const NetworkDescription& network,
                                                                   const Practice& entry,
                                                                   const PluginRegistry& registry, Random& random) {
  std::vector<std::pair<std::string, std::int64_t>> sources;
  std::int64_t most = entry.tasks->most;
  for (const auto& text : entry.data) {
    sources.emplace_back(text, static_cast<std::int64_t>(source_class_names(DataSpec::parse(text).source).size()));
    most = std::min(most, sources.back().second);
  }
  const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(0, most - entry.tasks->least) + 1);
  const auto classes = entry.tasks->least + static_cast<std::int64_t>(random.below(spread));
  std::vector<std::string> tasks;
  // One by one, so that two may have the same set of classes: small sources have few.
  for (std::int64_t i = 0; i < entry.tasks->count; ++i) {
    const auto& source = sources[static_cast<std::size_t>(i) % sources.size()];
    tasks.push_back(draw_tasks({source}, classes, 1, random.next()).front().text());
  }
  Json config = network.config;
  config["classes"] = classes;
  return {registry.describe(entry.architecture, config), std::move(tasks)};
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
    for (const auto& description : descriptions) {
      if (!entry.tasks) {
        networks.push_back({tokenizer.plan(description, entry.family), entry.data, weight});
        continue;
      }
      auto [network, tasks] = with_tasks(description, entry, registry, random);
      networks.push_back({tokenizer.plan(network, entry.family), std::move(tasks), weight});
    }
  }
  return networks;
}

}  // namespace weightloom
