// The shipped plugins: parameter counts as published, names that carry places, dialects that cover every tensor.
#include <catch2/catch.hpp>
#include <map>
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
  const std::map<std::string, std::map<std::string, std::int64_t>> published{
      {"vgg",
       {{"vgg11", 132863336},
        {"vgg11_bn", 132868840},
        {"vgg13", 133047848},
        {"vgg13_bn", 133053736},
        {"vgg16", 138357544},
        {"vgg16_bn", 138365992},
        {"vgg19", 143667240},
        {"vgg19_bn", 143678248}}},
      {"mobilenet", {{"v2", 3504872}, {"v3-small", 2542856}, {"v3-large", 5483032}}},
      {"densenet",
       {{"densenet121", 7978856}, {"densenet161", 28681000}, {"densenet169", 14149480}, {"densenet201", 20013928}}},
      {"convnext", {{"tiny", 28589128}, {"small", 50223688}, {"base", 88591464}, {"large", 197767336}}},
      {"efficientnet",
       {{"b0", 5288548},
        {"b1", 7794184},
        {"b2", 9109994},
        {"b3", 12233232},
        {"b4", 19341616},
        {"b5", 30389784},
        {"b6", 43040704},
        {"b7", 66347960}}},
      {"googlenet", {{"imagenet", 6624904}}},
      {"shufflenet", {{"x0_5", 1366792}, {"x1_0", 2278604}, {"x1_5", 3503624}, {"x2_0", 7393996}}},
      {"swin", {{"tiny", 28288354}, {"small", 49606258}, {"base", 87768224}}},
      {"mixer", {{"s32", 19104624}, {"s16", 18528264}, {"b32", 60293428}, {"b16", 59880472}, {"l16", 208196168}}},
      {"unet", {{"classic", 31036546}, {"bilinear", 17261890}}},
      {"gpt", {{"gpt2", 124439808}, {"gpt2-medium", 354823168}, {"gpt2-large", 774030080}, {"gpt2-xl", 1557611200}}},
      {"bert",
       {{"tiny", 4385920},
        {"base", 109482240},
        {"large", 335141888},
        {"minilm-l6", 22713216 - (384 * 384 + 384)},  // published with a pooler, which means of tokens leave out
        {"minilm-l12", 33360000 - (384 * 384 + 384)}}}};
  for (const auto& [plugin, presets] : published) {
    std::set<std::string> known, counted;
    const auto schema = registry().schema(plugin);
    for (const auto& [preset, values] : schema["presets"].items()) known.insert(preset);
    for (const auto& [preset, parameters] : presets) {
      INFO(plugin << " " << preset);
      counted.insert(preset);
      CHECK(count(plugin, {{"preset", preset}}) == parameters);
    }
    CHECK(counted == known);
  }
}

TEST_CASE("parameter names carry the place of a block") {
  CHECK(names(describe("mlp", {{"depth", 2}})).contains("block1.linear.weight"));
  CHECK(names(describe("cnn", {{"preset", "modelzoo-2464"}})).contains("block0.conv.weight"));
  CHECK(names(describe("resnet", Json::object())).contains("stage1.block0.conv1.weight"));
  CHECK(names(describe("resnet", Json::object())).contains("stage2.block0.shortcut.norm.running_var"));
  CHECK(names(describe("vit", Json::object())).contains("block3.attention.query.weight"));
  CHECK(names(describe("densenet", Json::object())).contains("stage1.transition.conv.weight"));
  CHECK(names(describe("unet", {{"depth", 3}})).contains("up.block2.conv1.weight"));
  CHECK(names(describe("lstm", {{"bidirectional", true}})).contains("block0.backward.hidden_weight"));
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

TEST_CASE("every plugin for images spells channels, size and classes alike") {
  for (const auto& plugin : registry().plugins()) {
    INFO(plugin.id);
    if (!registry().schema(plugin.id)["keys"].contains("channels")) continue;
    const auto description = describe(plugin.id, {{"channels", 2}, {"size", 16}, {"classes", 7}});
    CHECK(description["input"]["shape"] == Json({2, 16, 16}));
    CHECK(description["parameters"].back()["name"] == "head.bias");
    CHECK(description["parameters"].back()["shape"] == Json::array({7}));
  }
}

TEST_CASE("the dialects know the names of real checkpoints") {
  const auto foreign = [](const std::string& plugin, const std::string& preset, std::size_t dialect) {
    const auto description = describe(plugin, {{"preset", preset}});
    std::set<std::string> result;
    for (const auto& rule : description["dialects"][dialect]["rules"]) result.insert(rule["foreign"]);
    return result;
  };
  CHECK(foreign("resnet", "imagenet-18", 0).contains("layer4.0.downsample.1.running_mean"));
  CHECK(foreign("vit", "b", 0).contains("encoder.layers.encoder_layer_11.mlp.3.weight"));
  CHECK(foreign("densenet", "densenet121", 0).contains("features.denseblock4.denselayer16.conv2.weight"));
  CHECK(foreign("densenet", "densenet121", 1).contains("features.denseblock4.denselayer16.conv.2.weight"));
  CHECK(foreign("convnext", "tiny", 1).contains("stages.3.blocks.2.gamma"));
  CHECK(foreign("gpt", "gpt2", 0).contains("transformer.h.11.attn.c_attn.weight"));
  CHECK(foreign("gpt", "gpt2", 1).contains("h.11.mlp.c_fc.bias"));
  CHECK(foreign("bert", "base", 1).contains("bert.encoder.layer.11.attention.output.LayerNorm.gamma"));
  CHECK(foreign("mixer", "b16", 0).contains("blocks.11.mlp_tokens.fc2.bias"));
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
  CHECK(config_error("swin", {{"heads", {3, 4, 8}}}) ==
        "config key 'heads': 3 does not divide the width 32; use divisors of 'width', which doubles with each stage");
  CHECK(config_error("shufflenet", {{"width", 33}}) == "config key 'width': 33 has no halves; use even numbers");
  CHECK(config_error("unet", {{"size", 6}, {"depth", 3}}) ==
        "config key 'depth': a size of 6 cannot be halved that often; lower 'depth' or raise 'size'");
  CHECK(config_error("gpt", {{"length", 32}, {"positions", 16}}) ==
        "config key 'length': is larger than 'positions'; use at most 16");
  CHECK(config_error("mixer", {{"patch", 5}}) ==
        "config key 'patch': 5 does not divide size 32; use a divisor of 'size'");
  CHECK(config_error("vgg", {{"depth", Json::array()}}) == "config key 'depth': is empty; give at least one number");
  CHECK(config_error("convnext", {{"kernel", 4}}) ==
        "config key 'kernel': is even, which has no centre; use an odd number");
  CHECK_THAT(config_error("mlp", {{"widht", 3}}),
             Catch::Contains("config key 'widht': no such key; use one of: channels"));
}

TEST_CASE("every plugin scales down to a few weights on a small image") {
  const std::vector<std::pair<std::string, Json>> small{
      {"vgg", {{"depth", {1, 1}}, {"width", 8}}},
      {"mobilenet", {{"depth", 2}, {"width", 8}, {"stem", 8}, {"features", 8}}},
      {"mobilenet", {{"style", "v3"}, {"depth", 2}, {"width", 8}, {"stem", 8}, {"squeeze", 1}, {"features", 8}}},
      {"efficientnet", {{"depth", {1, 1}}, {"width", 8}, {"stem", 8}, {"expansion", 2}, {"features", 8}}},
      {"densenet", {{"depth", {1, 1}}, {"width", 8}, {"growth", 4}, {"bottleneck", 2}}},
      {"convnext", {{"depth", {1, 1}}, {"width", 8}, {"kernel", 3}, {"mlp_ratio", 2}}},
      {"googlenet", {{"depth", {1, 1}}, {"width", 4}}},
      {"shufflenet", {{"depth", {1, 2}}, {"width", 8}, {"stem_width", 4}, {"features", 8}}},
      {"swin", {{"depth", {1, 1}}, {"width", 8}, {"heads", 2}, {"mlp_ratio", 1}}},
      {"mixer", {{"depth", 2}, {"width", 8}, {"patch", 7}, {"token_hidden", 8}, {"channel_hidden", 8}}},
      {"unet", {{"depth", 1}, {"width", 4}}},
      {"lstm", {{"width", 8}}},
      {"gpt", {{"depth", 1}, {"width", 8}, {"words", 16}, {"length", 8}}},
      {"bert", {{"depth", 1}, {"width", 8}, {"hidden", 8}, {"words", 16}, {"length", 8}}}};
  for (const auto& [plugin, settings] : small)
    for (const int size : {14, 28}) {
      auto config = settings;
      if (registry().schema(plugin)["keys"].contains("size")) config.update(Json{{"channels", 1}, {"size", size}});
      INFO(plugin << " " << config.dump());
      CHECK(registry().describe(plugin, config).parameter_count() < 5000);
    }
}

TEST_CASE("lists of stages go on with their last number") {
  CHECK(registry().canonicalise("convnext", {{"width", 8}})["width"] == Json({8, 8, 8}));
  CHECK(registry().canonicalise("convnext", {{"depth", {1, 2}}})["width"] == Json({32, 64}));
  CHECK(registry().canonicalise("vgg", {{"depth", 1}, {"width", 8}})["depth"] == Json::array({1}));
  CHECK(registry().canonicalise("mobilenet", {{"depth", 3}})["expanded"] == Json({16, 96, 144}));
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
