#include "weightloom/network/dialect.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "descriptions.hpp"
#include "weightloom/base/error.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

HostTensor counted(const Shape& shape, float first) {
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  std::iota(values.begin(), values.end(), first);
  return HostTensor::from_f32(shape, values);
}

TensorMap values_of(const NetworkDescription& net) {
  TensorMap tensors;
  float first = 0;
  for (const auto& parameter : net.parameters) {
    tensors.emplace(parameter.name, counted(parameter.shape, first));
    first += 1000;
  }
  return tensors;
}

bool equal(const TensorMap& a, const TensorMap& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.dtype == y.second.dtype && x.second.shape == y.second.shape &&
           x.second.bytes == y.second.bytes;
  });
}

std::string refusal_text(const std::string& id, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.id() == id);
    return std::string(error.what()) + " | " + error.hint();
  }
  FAIL("nothing was refused");
  return {};
}

void check_rule(const Json& rule, const std::string& expected) {
  auto rules = renames(mlp(), "x.", {"layer0.weight"});
  rules.push_back(rule);
  const auto text = refusal_text(expected.starts_with("type:") ? "description.type" : "description.dialect",
                                 [&] { with_dialect(mlp(), "broken", rules).parse(); });
  INFO(text);
  CHECK(text.find(expected.starts_with("type:") ? expected.substr(5) : expected) != std::string::npos);
  CHECK(text.find("$.dialects[0].rules") != std::string::npos);
}

}  // namespace

TEST_CASE("the canonical dialect is the identity") {
  const auto net = mlp().parse();
  const auto values = values_of(net);
  CHECK(equal(to_canonical(net, "canonical", values).tensors, values));
  CHECK(equal(to_dialect(net, "canonical", values), values));
}

TEST_CASE("every dialect takes tensors there and back bit for bit") {
  for (const auto& [net, dialect] : {std::pair{keras_mlp().parse(), "keras"}, std::pair{timm_vit().parse(), "timm"}}) {
    const auto values = values_of(net);
    const auto foreign = to_dialect(net, dialect, values);
    CHECK_FALSE(equal(foreign, values));
    CHECK(equal(to_canonical(net, dialect, foreign).tensors, values));
    CHECK(equal(to_dialect(net, dialect, to_canonical(net, dialect, foreign).tensors), foreign));
    CHECK(detect_dialect(net, foreign) == dialect);
    CHECK(detect_dialect(net, values) == "canonical");
  }
}

TEST_CASE("transposes, splits and joins put each value where it belongs") {
  const auto net = timm_vit().parse();
  const auto values = values_of(net);
  const auto foreign = to_dialect(net, "timm", values);
  CHECK(foreign.at("qkv.weight").shape == Shape{18, 6});
  CHECK(foreign.at("qkv.weight").f32()[36] == values.at("block0.key.weight").f32()[0]);
  CHECK(foreign.at("cls").shape == Shape{1, 1, 6});
  CHECK(foreign.at("patch").shape == Shape{4, 4, 6});
  CHECK(foreign.at("patch").f32()[5] ==
        values.at("patch.weight").f32()[5 * 16]);  // [0, 0, 5] is output channel 5 at the corner
  CHECK(foreign.at("patch").f32()[6] == values.at("patch.weight").f32()[1]);  // [0, 1, 0] is one pixel to the right
  CHECK(foreign.at("up.a").shape == Shape{12, 2});
  CHECK(foreign.at("up.b").f32()[4] == values.at("block0.up.weight").f32()[6 + 2]);
}

TEST_CASE("any dtype is moved, not converted") {
  const auto net = keras_mlp().parse();
  auto values = values_of(net);
  auto& half = values.at("layer0.weight");
  half = {DType::kBF16, half.shape, std::vector<std::byte>(half.bytes.begin(), half.bytes.begin() + 256)};
  CHECK(equal(to_canonical(net, "keras", to_dialect(net, "keras", values)).tensors, values));
}

TEST_CASE("ignored tensors are reported on import and not written on export") {
  const auto net = keras_mlp().parse();
  auto foreign = to_dialect(net, "keras", values_of(net));
  CHECK_FALSE(foreign.contains("step"));
  foreign.emplace("step", counted({1}, 7));
  CHECK(to_canonical(net, "keras", foreign).ignored == std::vector<std::string>{"step"});
  CHECK(detect_dialect(net, foreign) == "keras");
}

TEST_CASE("every missing, unexpected and misshapen tensor is listed at once") {
  const auto net = keras_mlp().parse();
  auto foreign = to_dialect(net, "keras", values_of(net));
  foreign.erase("head/bias");
  foreign.erase("layer1/kernel");
  foreign.emplace("optimizer", counted({2}, 0));
  foreign.at("layer0/kernel") = counted({16, 9}, 0);
  foreign.at("layer0/bias").bytes.pop_back();
  const auto text = refusal_text("dialect.mismatch", [&] { to_canonical(net, "keras", foreign); });
  for (const auto* part :
       {"2 missing: head/bias [1, 3], layer1/kernel [8, 6]", "1 unexpected: optimizer [2]", "2 misshapen",
        "layer0/kernel (expected [16, 8], found [16, 9])", "layer0/bias (expected [1, 8], found 31 bytes)"})
    CHECK_THAT(text, Catch::Matchers::Contains(part));
  refusal_text("dialect.mismatch", [&] { to_dialect(net, "keras", foreign); });
  CHECK_THAT(refusal_text("dialect.unknown", [&] { to_dialect(net, "kears", foreign); }),
             Catch::Matchers::Contains("did you mean 'keras'"));
}

TEST_CASE("parts of one tensor need one dtype") {
  const auto net = timm_vit().parse();
  auto values = values_of(net);
  auto& key = values.at("block0.key.bias");
  key = {DType::kF64, key.shape, std::vector<std::byte>(48)};
  CHECK_THAT(refusal_text("dialect.dtype", [&] { to_dialect(net, "timm", values); }),
             Catch::Matchers::Contains("F32 and F64"));
}

TEST_CASE("detection names the closest dialect, and says when two fit") {
  const auto net = keras_mlp().parse();
  auto foreign = to_dialect(net, "keras", values_of(net));
  foreign.erase("head/bias");
  CHECK_THAT(refusal_text("dialect.none", [&] { detect_dialect(net, foreign); }),
             Catch::Matchers::Contains("'keras'") && Catch::Matchers::Contains("1 missing: head/bias"));

  auto doubled = with_dialect(keras_mlp(), "also", keras_mlp().json["dialects"][0]["rules"]).parse();
  CHECK_THAT(refusal_text("dialect.ambiguous",
                          [&] { detect_dialect(doubled, to_dialect(doubled, "keras", values_of(doubled))); }),
             Catch::Matchers::Contains("'keras', 'also'"));
}

TEST_CASE("shapes decide between dialects with the same names") {
  auto net = mlp();
  auto rules = renames(net, "", {"layer0.weight"});
  rules.push_back(
      {{"foreign", "layer0.weight"}, {"canonical", "layer0.weight"}, {"transform", {{{"transpose", {1, 0}}}}}});
  const auto description = with_dialect(net, "flipped", rules).parse();
  CHECK(detect_dialect(description, to_dialect(description, "flipped", values_of(description))) == "flipped");
}

TEST_CASE("what a wrapper puts before all names is taken off where the rest fits, whatever it is called") {
  const auto description = mlp().parse();
  const auto wrapped = [&](const std::string& prefix) {
    TensorMap out;
    for (auto& [name, tensor] : values_of(description)) out.emplace(prefix + name, tensor);
    return out;
  };
  for (const char* prefix : {"module.", "_forward_module.", "backbone.", "my.student."})
    CHECK(fit_tensors(description, "", wrapped(prefix)).prefix == prefix);
  // Averaged weights, also where a wrapper is around what averages them.
  const HostTensor counter{DType::kI64, {}, std::vector<std::byte>(8)};
  for (const std::string outer : {"", "_orig_mod.", "module.", "model._orig_mod."}) {
    CAPTURE(outer);
    auto averaged = wrapped(outer + "module.");
    averaged[outer + "n_averaged"] = counter;
    const auto fitted = fit_tensors(description, "", averaged);
    CHECK(fitted.averaged);
    CHECK(fitted.prefix == outer + "module.");
    CHECK(fitted.tensors.size() == values_of(description).size());
  }
  for (const char* stranger : {"other.n_averaged", "module.layer0.n_averaged", "module.in_averaged"}) {
    auto averaged = wrapped("module.");
    averaged[stranger] = counter;
    CHECK_THROWS_AS(fit_tensors(description, "", averaged), Error);
  }
}

TEST_CASE("rules that are not bijective, or do not fit the network, are refused") {
  check_rule({{"foreign", "y"}, {"canonical", "layer0.wieght"}}, "did you mean 'layer0.weight'");
  check_rule({{"foreign", "x.head.bias"}, {"canonical", "layer0.weight"}}, "already stands in another rule");
  check_rule({{"foreign", "y"}, {"canonical", "head.bias"}}, "already stands in another rule");
  check_rule({{"foreign", "y"}, {"ignore", true}}, "found none for 'layer0.weight'");
  check_rule({{"foreign", "y"}, {"ignore", false}}, "type:expected true");
  check_rule({{"foreign", {"y", "z"}}, {"canonical", "layer0.weight"}}, "\"concat\" and \"sizes\"");
  check_rule({{"foreign", {"y", "z"}}, {"canonical", "layer0.weight"}, {"concat", 0}, {"sizes", {3, 4}}},
             "sizes that add up");
  check_rule({{"foreign", {"y", "z"}}, {"canonical", "layer0.weight"}, {"concat", 2}, {"sizes", {4, 4}}}, "axis 2");
  check_rule({{"foreign", "y"}, {"canonical", "layer0.weight"}, {"split", 0}}, "\"split\"");
  check_rule({{"foreign", "y"}, {"canonical", "layer0.weight"}, {"transform", {{{"transpose", {0, 0}}}}}},
             "type:every axis once");
  check_rule({{"foreign", "y"}, {"canonical", "layer0.weight"}, {"transform", {{{"transpose", {0, 1, 2}}}}}}, "rank 3");
  check_rule({{"foreign", "y"},
              {"canonical", "layer0.weight"},
              {"transform", {{{"reshape", {{"from", {128}}, {"to", {8, 15}}}}}}}},
             "same number");
  check_rule({{"foreign", "y"},
              {"canonical", "layer0.weight"},
              {"transform", {{{"reshape", {{"from", {128}}, {"to", {16, 8}}}}}}}},
             "[16, 8]");
  check_rule({{"foreign", "y"}, {"canonical", "layer0.weight"}, {"transform", {{{"unsqueeze", 0}}}}}, "squeezed");
  check_rule({{"foreign", "y"}, {"canonical", "layer0.weight"}, {"transform", {{{"squeeze", 5}}}}}, "axis 5");
  check_rule({{"foreign", "y"}, {"canonical", "layer0.weight"}, {"transform", {Json::object()}}},
             "type:one of transpose");

  auto twice = with_dialect(mlp(), "one", renames(mlp(), "x."));
  CHECK_THAT(refusal_text("description.dialect", [&] { with_dialect(twice, "one", renames(mlp(), "y.")).parse(); }),
             Catch::Matchers::Contains("'one' again"));
  CHECK_THAT(
      refusal_text("description.dialect", [&] { with_dialect(mlp(), "canonical", renames(mlp(), "y.")).parse(); }),
      Catch::Matchers::Contains("canonical"));
}
