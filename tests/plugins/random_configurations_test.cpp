// Configurations that nobody wrote: each is described, or refused as the user's fault. WEIGHTLOOM_CONFIGURATIONS says
// how many of each plugin (default: 300).
#include <catch2/catch.hpp>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/plugin/registry.hpp"

using namespace weightloom;

namespace {

constexpr std::int64_t kMostDepth = 24;       // deeper networks are longer texts, and no others
constexpr std::int64_t kMostSmall = 100'000;  // weights that are brought to every dialect and back

Json drawn_number(Random& random, const Json& rule) {
  const auto least = rule.at("least").get<std::int64_t>(), most = rule.at("most").get<std::int64_t>();
  if (rule.at("type") == "number")
    return static_cast<double>(least) + random.uniform() * static_cast<double>(most - least);
  if (random.below(40) == 0) return most;
  return least + static_cast<std::int64_t>(
                     random.below(static_cast<std::uint64_t>(std::min(most - least + 1, std::int64_t{12}))));
}

Json drawn(Random& random, const Json& rule) {
  const auto type = rule.at("type").get<std::string>();
  if (type == "boolean") return random.below(2) == 1;
  if (type == "choice") return rule.at("options")[random.below(rule.at("options").size())];
  if (type != "integers") return drawn_number(random, rule);
  Json list = Json::array();
  for (auto count = random.below(4); count > 0; --count) list.push_back(drawn_number(random, rule));
  return list;
}

Json drawn_config(Random& random, const Json& schema) {
  Json config = Json::object();
  for (const auto& [key, rule] : schema.at("keys").items()) {
    if (random.below(2) == 0) continue;
    auto limited = rule;
    if (key == "depth") limited["most"] = std::min<std::int64_t>(kMostDepth, rule.at("most"));
    config[key] = drawn(random, limited);
  }
  return config;
}

// Numbers that show where each went.
TensorMap numbered(const NetworkDescription& network) {
  TensorMap tensors;
  float next = 0;
  for (const auto& parameter : network.parameters) {
    std::vector<float> values(static_cast<std::size_t>(element_count(parameter.shape)));
    for (auto& value : values) value = next++;
    tensors.emplace(parameter.name, HostTensor::from_f32(parameter.shape, values));
  }
  return tensors;
}

bool equal(const TensorMap& a, const TensorMap& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.shape == y.second.shape && x.second.bytes == y.second.bytes;
  });
}

}  // namespace

TEST_CASE("random configurations are described, or refused as the user's fault") {
  const auto* wanted = std::getenv("WEIGHTLOOM_CONFIGURATIONS");
  const auto count = wanted ? std::stoull(wanted) : 300;
  const PluginRegistry registry({std::filesystem::path(std::getenv("WEIGHTLOOM_BIN")) / "../plugins"});
  for (const auto& plugin : registry.plugins()) {
    Random random(derive_seed(1, plugin.id));
    const auto schema = registry.schema(plugin.id);
    std::size_t described = 0, converted = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto config = drawn_config(random, schema);
      INFO(plugin.id << " " << config.dump());
      try {
        const auto network = registry.describe(plugin.id, config);
        ++described;
        if (network.parameter_count() > kMostSmall) continue;
        const auto tensors = numbered(network);
        for (const auto& dialect : network.dialects) {
          const auto foreign = to_dialect(network, dialect.name, tensors);
          REQUIRE(equal(to_canonical(network, dialect.name, foreign).tensors, tensors));
          ++converted;
        }
      } catch (const Error& error) {
        INFO(error.what());
        REQUIRE(error.code() == ErrorCode::kUsage);
        REQUIRE(!error.why().empty());
      }
    }
    INFO(plugin.id);
    CHECK(described >= count / 10);
    if (!registry.describe(plugin.id, Json::object()).dialects.empty()) CHECK(converted > 0);
  }
}
