// The shipped plugins: parameter counts as published, names that carry places, dialects that cover every tensor.
#include <catch2/catch.hpp>
#include <set>

#include "weightloom/base/error.hpp"
#include "weightloom/plugin/registry.hpp"

using namespace weightloom;

namespace {

PluginRegistry& registry() {
  static PluginRegistry result({std::filesystem::path(std::getenv("WEIGHTLOOM_BIN")) / "../plugins"});
  return result;
}

Json describe(const std::string& plugin, const Json& config) {
  return Json::parse(registry().describe_text(plugin, config));
}

std::int64_t trainable(const Json& description) {
  std::int64_t total = 0;
  for (const auto& parameter : description["parameters"]) {
    if (!parameter["trainable"]) continue;
    std::int64_t count = 1;
    for (const auto& dimension : parameter["shape"]) count *= dimension.get<std::int64_t>();
    total += count;
  }
  return total;
}

std::int64_t count(const std::string& plugin, const Json& config) {
  return trainable(describe(plugin, config));
}

std::set<std::string> names(const Json& description) {
  std::set<std::string> result;
  for (const auto& parameter : description["parameters"]) result.insert(parameter["name"]);
  return result;
}

std::string config_error(const std::string& plugin, const Json& config) {
  try {
    registry().canonicalise(plugin, config);
    registry().describe_text(plugin, config);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
    return error.why();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("parameter counts equal the published ones") {
  CHECK(count("mlp", {{"size", 14}, {"depth", 2}, {"width", 32}}) == 196 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10);
  CHECK(count("cnn", {{"preset", "modelzoo-2464"}}) == 2464);
  CHECK(count("cnn", {{"preset", "modelzoo-10853"}}) == 10853);
  CHECK(count("resnet", {{"preset", "cifar-20"}}) == 272474);
  CHECK(count("resnet", {{"preset", "cifar-56"}}) == 855770);
  CHECK(count("resnet", {{"preset", "imagenet-18"}}) == 11689512);
  CHECK(count("resnet", {{"preset", "imagenet-34"}}) == 21797672);
  CHECK(count("resnet", {{"preset", "imagenet-50"}}) == 25557032);
  CHECK(count("resnet", {{"preset", "imagenet-101"}}) == 44549160);
  CHECK(count("resnet", {{"preset", "imagenet-152"}}) == 60192808);
  CHECK(count("vit", {{"preset", "ti"}}) == 5717416);
  CHECK(count("vit", {{"preset", "s"}}) == 22050664);
  CHECK(count("vit", {{"preset", "b"}}) == 86567656);
  CHECK(count("vit", {{"preset", "l"}}) == 304326632);
}

TEST_CASE("parameter names carry the place of a block") {
  CHECK(names(describe("mlp", {{"depth", 2}})).contains("block1.linear.weight"));
  CHECK(names(describe("cnn", {{"preset", "modelzoo-2464"}})).contains("block0.conv.weight"));
  CHECK(names(describe("resnet", Json::object())).contains("stage1.block0.conv1.weight"));
  CHECK(names(describe("resnet", Json::object())).contains("stage2.block0.shortcut.norm.running_var"));
  CHECK(names(describe("vit", Json::object())).contains("block3.attention.query.weight"));
}

TEST_CASE("a canonical configuration is a fixed point and gives the same network") {
  for (const auto& plugin : registry().plugins()) {
    const auto presets = registry().schema(plugin.id)["presets"];
    for (const auto& preset : presets.items()) {
      INFO(plugin.id << " " << preset.key());
      const Json given = {{"preset", preset.key()}};
      const auto canonical = registry().canonicalise(plugin.id, given);
      CHECK(registry().canonicalise(plugin.id, canonical) == canonical);
      CHECK_FALSE(canonical.contains("preset"));
      CHECK(registry().describe_text(plugin.id, canonical) == registry().describe_text(plugin.id, given));
    }
  }
}

TEST_CASE("every plugin spells channels, size and classes alike") {
  for (const auto& plugin : registry().plugins()) {
    const auto description = describe(plugin.id, {{"channels", 2}, {"size", 16}, {"classes", 7}});
    CHECK(description["input"]["shape"] == Json({2, 16, 16}));
    CHECK(description["parameters"].back()["name"] == "head.bias");
    CHECK(description["parameters"].back()["shape"] == Json::array({7}));
  }
}

TEST_CASE("the torchvision dialects cover every tensor once") {
  for (const auto& [plugin, config] : std::vector<std::pair<std::string, Json>>{{"resnet", {{"preset", "imagenet-18"}}},
                                                                                {"resnet", {{"preset", "imagenet-50"}}},
                                                                                {"vit", {{"preset", "b"}}}}) {
    const auto description = describe(plugin, config);
    std::multiset<std::string> covered;
    std::set<std::string> foreign;
    for (const auto& rule : description["dialects"][0]["rules"]) {
      CHECK(foreign.insert(rule["foreign"]).second);
      if (rule.contains("ignore")) continue;
      const auto& canonical = rule["canonical"];
      if (canonical.is_array())
        covered.insert(canonical.begin(), canonical.end());
      else
        covered.insert(canonical.get<std::string>());
    }
    const auto all = names(description);
    CHECK(covered == std::multiset<std::string>(all.begin(), all.end()));
    CHECK(foreign.contains(plugin == "vit" ? "encoder.layers.encoder_layer_11.mlp.3.weight"
                                           : "layer4.0.downsample.1.running_mean"));
  }
}

TEST_CASE("a configuration that does not work out names the key and a remedy") {
  CHECK(config_error("resnet", {{"depth", 21}}) == "config key 'depth': 21 is not 6n+2; use 8, 14, 20, 26, 32, ...");
  CHECK(config_error("resnet", {{"style", "imagenet"}, {"depth", 20}}) ==
        "config key 'depth': 20 has no imagenet form; use 18, 34, 50, 101 or 152");
  CHECK(config_error("resnet", {{"width", {16, 32}}}) ==
        "config key 'width': needs one number per stage; give 3 numbers");
  CHECK(config_error("vit", {{"heads", 5}}) ==
        "config key 'heads': 5 does not divide width 64; use a divisor of 'width'");
  CHECK(config_error("vit", {{"patch", 5}}) ==
        "config key 'patch': 5 does not divide size 32; use a divisor of 'size'");
  CHECK(config_error("mlp", {{"hidden", {8, 4}}, {"depth", 3}}) ==
        "config key 'depth': contradicts the 2 widths in 'hidden'; give one of the two");
  CHECK(config_error("cnn", {{"kernel", 4}}) ==
        "config key 'kernel': 4 is even, which padding 'same' cannot centre; use an odd kernel or padding 'valid'");
  CHECK_THAT(config_error("cnn", {{"size", 4}, {"pool", 4}, {"depth", 3}}),
             Catch::Contains("a window of 4 is larger than the padded input of 1"));
  CHECK_THAT(config_error("mlp", {{"widht", 3}}),
             Catch::Contains("config key 'widht': no such key; use one of: channels"));
}

TEST_CASE("mlp and cnn accept short forms of their lists") {
  CHECK(registry().canonicalise("mlp", {{"hidden", {32, 32, 32}}}) ==
        registry().canonicalise("mlp", {{"depth", 3}, {"width", 32}}));
  CHECK(registry().canonicalise("cnn", {{"width", {8, 16}}})["depth"] == 2);
  CHECK(registry().canonicalise("cnn", {{"depth", 4}, {"width", 8}})["pool"] == Json({2, 2, 1, 1}));
}

TEST_CASE("every preset is a valid description, whose shapes the host infers alike") {
  for (const auto& plugin : registry().plugins()) {
    const auto presets = registry().schema(plugin.id)["presets"];
    for (const auto& preset : presets.items()) {
      INFO(plugin.id << " " << preset.key());
      const Json config = {{"preset", preset.key()}};
      const auto description = registry().describe(plugin.id, config);
      CHECK(description.architecture == plugin.id);
      CHECK(description.parameter_count() == count(plugin.id, config));
    }
  }
}
