#include "weightloom/workflow/elastic_anchor.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/network/address.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/network/symmetry.hpp"
#include "weightloom/workflow/random_networks.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kNetworks = 64;
// The cost of the largest network of elastic_ranges(), alone and beside the one that was asked for: beyond that a
// minute brings too few steps (docs/lab/0005).
constexpr std::int64_t kMostOperations = 40'000'000, kMostTimesDearer = 3;
// Values that are tried before a setting counts as having no other one.
constexpr int kTries = 64;

// The lengths of an axis that do not come from interchangeable units.
std::vector<std::int64_t> places(const std::vector<AxisFactor>& factors) {
  std::vector<std::int64_t> sizes;
  for (const auto& factor : factors)
    if (!factor.is_free) sizes.push_back(factor.size);
  return sizes;
}

// Do both have the same tensors, block for block, but for the number of units and blocks?
bool differ_in_size_only(const NetworkDescription& a, const NetworkDescription& b) {
  const auto matches = match_by_address(b, a);
  const auto factors_a = axis_factors(a), factors_b = axis_factors(b);
  bool differ = a.parameters.size() != b.parameters.size();
  for (std::size_t p = 0; p < matches.size(); ++p) {
    if (!matches[p]) return false;
    const auto& shape_a = a.parameters[*matches[p]].shape;
    const auto& shape_b = b.parameters[p].shape;
    for (std::size_t axis = 0; axis < shape_b.size(); ++axis)
      if (places(factors_a[*matches[p]][axis]) != places(factors_b[p][axis])) return false;
    differ = differ || shape_a != shape_b;
  }
  const auto back = match_by_address(a, b);
  return differ && std::ranges::all_of(back, [](const auto& match) { return match.has_value(); });
}

// Numbers of one setting: a bare one, or a list.
using Numbers = std::vector<std::int64_t>;

Json to_setting(const Numbers& numbers, bool is_list) {
  return is_list ? Json(numbers) : Json(numbers.front());
}

// Searches the settings of one architecture for those that are elastic.
class ElasticSettings {
 public:
  ElasticSettings(const PluginRegistry& registry, const std::string& architecture, const Json& config)
      : registry_(registry),
        architecture_(architecture),
        config_(config),
        values_(registry.canonicalise(architecture, config)),
        network_(registry.describe(architecture, config)) {}

  ConfigRanges find(const std::set<std::string>& fixed, std::int64_t times) const {
    Json ranges = Json::object();
    const Json schema = registry_.schema(architecture_);
    for (const auto& [key, rule] : schema.at("keys").items()) {
      const auto type = rule.at("type").get<std::string>();
      if ((type != "integer" && type != "integers") || fixed.contains(key) || !values_.contains(key)) continue;
      const Json range = range_of(key, type == "integers", times);
      if (!range.is_null()) ranges[key] = range;
    }
    return ConfigRanges(ranges, "'" + architecture_ + "'");
  }

  std::int64_t operations(const ConfigRanges& ranges) const {
    return analyse(registry_.describe(architecture_, ranges.largest(config_))).flops;
  }

 private:
  bool is_elastic(const std::string& key, const Json& value) const {
    Json config = config_;
    config[key] = value;
    try {
      return differ_in_size_only(network_, registry_.describe(architecture_, config));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) throw;
      return false;
    }
  }

  // The value nearest to all of `from` * factor that makes another network of the same kind, on the way to `from`.
  Numbers furthest(const std::string& key, bool is_list, const Numbers& from, const Numbers& wanted) const {
    Numbers tried = wanted;
    for (int i = 0; i < kTries && tried != from; ++i) {
      if (is_elastic(key, to_setting(tried, is_list))) return tried;
      for (std::size_t n = 0; n < tried.size(); ++n) tried[n] += (tried[n] < from[n]) - (tried[n] > from[n]);
    }
    return from;
  }

  Json range_of(const std::string& key, bool is_list, std::int64_t times) const {
    const Numbers now = is_list ? values_.at(key).get<Numbers>() : Numbers{values_.at(key).get<std::int64_t>()};
    if (now.empty()) return nullptr;
    Numbers half, twice;
    for (const auto n : now) {
      half.push_back((n + 1) / 2);
      twice.push_back(n * times);
    }
    const auto low = furthest(key, is_list, now, half), high = furthest(key, is_list, now, twice);
    if (low == high) return nullptr;
    Json each = Json::array();
    for (std::size_t n = 0; n < now.size(); ++n) each.push_back({low[n], high[n]});
    return is_list ? Json{{"each", each}} : each.front();
  }

  const PluginRegistry& registry_;
  const std::string& architecture_;
  const Json& config_;
  Json values_;  // complete: one setting may follow from another, so that changes start from what was given
  NetworkDescription network_;
};

// The mean of the sources' running statistics. Whoever uses the weights re-estimates those of the data at hand.
Weights with_mean_statistics(const Executor& network, Weights weights,
                             const std::vector<const LabelledImages*>& sources, std::uint64_t seed) {
  std::vector<Weights> of_source;
  for (const auto* source : sources) of_source.push_back(recalibrate(network, weights, {source}, seed));
  const auto& parameters = network.description().parameters;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    if (parameters[p].trainable) continue;
    std::vector<torch::Tensor> values;
    for (const auto& one : of_source) values.push_back(one.tensors[p]);
    weights.tensors[p] = torch::stack(values).mean(0);
  }
  return weights;
}

}  // namespace

ConfigRanges elastic_ranges(const PluginRegistry& registry, const std::string& architecture, const Json& config,
                            const std::set<std::string>& fixed) {
  const ElasticSettings settings(registry, architecture, config);
  const ConfigRanges wide = settings.find(fixed, 2), narrow = settings.find(fixed, 1);
  const auto most = std::min(kMostOperations, kMostTimesDearer * settings.operations(narrow));
  return settings.operations(wide) <= most ? wide : narrow;
}

std::vector<Executor> anchor_networks(const PluginRegistry& plugins, const std::string& architecture,
                                      const Json& config, const ConfigRanges& ranges, std::uint64_t seed,
                                      std::set<std::string> except) {
  auto largest = plugins.describe(architecture, ranges.largest(config));
  std::vector<Executor> networks;
  if (!ranges.empty()) {
    Random random(seed);
    if (auto usual = plugins.describe(architecture, config);
        ranges.outside(usual.config).empty() && except.insert(configuration_key(usual)).second)
      networks.emplace_back(std::move(usual));
    except.insert(configuration_key(largest));
    for (auto& description :
         random_networks(plugins, architecture, config, ranges, kNetworks, random, std::move(except)))
      networks.emplace_back(std::move(description));
  }
  networks.emplace_back(std::move(largest));
  return networks;
}

Weights train_anchor(const std::vector<Executor>& networks, const std::vector<const LabelledImages*>& sources,
                     const TrainingOptions& options, const ProgressSink& progress) {
  const Executor& largest = networks.back();
  std::vector<const Executor*> all;
  for (const auto& network : networks) all.push_back(&network);
  auto weights = train_shared(all, initial_weights(largest.description(), 1, derive_seed(options.seed, "init")),
                              sources, options, progress);
  return with_mean_statistics(largest, std::move(weights), sources, options.seed);
}

}  // namespace weightloom
