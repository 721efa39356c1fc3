// Each operator against the formula in LibTorch's own words, one network at a time.

#include <catch2/catch.hpp>
#include <functional>

#include "networks.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/executor.hpp"

using namespace weightloom;
using namespace weightloom::testing;
using torch::Tensor;

namespace {

constexpr std::int64_t kPopulation = 3, kImages = 5;

Weights random_weights(const NetworkDescription& description, std::int64_t population) {
  auto generator = make_generator(11);
  Weights weights = initial_weights(description, population, 3);
  for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
    auto& tensor = weights.tensors[i];
    tensor = description.parameters[i].role == Role::kRunningVar ? torch::rand(tensor.sizes(), generator) + 0.5
                                                                 : torch::randn(tensor.sizes(), generator);
  }
  return weights;
}

// Wraps `operation` on the image into a network whose output is a linear map of the result, and reads the operation's
// value.
struct Case {
  Shape input;
  std::function<std::string(DescriptionWriter&)> build;  // returns the name of the value under test
  // images [N, ...], parameters of one member by name -> expected [N, ...]
  std::function<Tensor(const Tensor&, const std::function<Tensor(const std::string&)>&)> expect;
};

NetworkDescription describe(const Case& test, std::string& name, std::int64_t features) {
  DescriptionWriter net("test.operator", test.input);
  name = test.build(net);
  return net.finish(net.linear("head", net.node("flat_end", "flatten", {name}), features, 2));
}

void check(const Case& test) {
  auto generator = make_generator(5);
  auto sizes = test.input;
  sizes.insert(sizes.begin(), {kPopulation, kImages});
  const auto images = torch::randn(sizes, generator);

  // The number of features is found from the expected value, computed with parameters that have the right shapes.
  std::string name;
  NetworkDescription description;
  for (std::int64_t features = 1;; ++features) {
    REQUIRE(features < 2000);
    try {
      description = describe(test, name, features);
      break;
    } catch (const Error&) {
    }
  }
  const Executor executor(std::move(description));
  for (const std::int64_t population : {std::int64_t{1}, kPopulation}) {
    const auto weights = random_weights(executor.description(), population);
    const auto expected = [&](std::int64_t p, const Tensor& own) {
      return test.expect(own, [&](const std::string& parameter) {
        return weights.tensors[executor.description().find_parameter(parameter).value()][p];
      });
    };
    const auto from_shared = executor.value(weights, images[0], name);
    const auto from_own = executor.value(weights, images.narrow(0, 0, population), name);
    REQUIRE(from_shared.size(0) == population);
    for (std::int64_t p = 0; p < population; ++p) {
      CHECK(torch::allclose(from_shared[p], expected(p, images[0]), 1e-4, 1e-5));
      CHECK(torch::allclose(from_own[p], expected(p, images[p]), 1e-4, 1e-5));
    }
  }
}

using Parameters = std::function<Tensor(const std::string&)>;

Case unary(const char* op, Tensor (*function)(const Tensor&)) {
  return {{2, 4, 4},
          [=](DescriptionWriter& net) { return net.node("x", op, {"image"}); },
          [=](const Tensor& x, const Parameters&) { return function(x); }};
}

Case with_attributes(const char* op, Json attributes, std::function<Tensor(const Tensor&)> function) {
  return {{4, 6, 6},
          [=](DescriptionWriter& net) { return net.node("x", op, {"image"}, Json::object(), attributes); },
          [=](const Tensor& x, const Parameters&) { return function(x); }};
}

}  // namespace

TEST_CASE("activations match their formulas", "[operators]") {
  check(unary("relu", [](const Tensor& x) { return x.clamp_min(0); }));
  check(unary("gelu", [](const Tensor& x) { return 0.5 * x * (1 + torch::erf(x / std::sqrt(2.0))); }));
  check(unary("silu", [](const Tensor& x) { return x * torch::sigmoid(x); }));
  check(unary("tanh", [](const Tensor& x) { return torch::tanh(x); }));
  check(unary("sigmoid", [](const Tensor& x) { return 1 / (1 + torch::exp(-x)); }));
  check(unary("hardswish", [](const Tensor& x) { return x * (x + 3).clamp(0, 6) / 6; }));
  check(with_attributes("scale", {{"factor", -2.5}}, [](const Tensor& x) { return x * -2.5; }));
  check(with_attributes("softmax", {{"axis", 1}}, [](const Tensor& x) { return torch::softmax(x, 2); }));
  check(with_attributes("dropout", {{"rate", 0.5}}, [](const Tensor& x) { return x; }));
}

TEST_CASE("shape operators match their formulas", "[operators]") {
  check(with_attributes("reshape", {{"shape", {8, 18}}}, [](const Tensor& x) { return x.reshape({-1, 8, 18}); }));
  check(with_attributes("permute", {{"order", {2, 0, 1}}}, [](const Tensor& x) { return x.permute({0, 3, 1, 2}); }));
  check(with_attributes("select", {{"axis", 1}, {"index", 2}}, [](const Tensor& x) { return x.select(2, 2); }));
  check(unary("flatten", [](const Tensor& x) { return x.flatten(1); }));
  check(unary("global_avg_pool", [](const Tensor& x) { return x.mean({2, 3}); }));
}

TEST_CASE("pooling matches its formulas, on images and behind a convolution", "[operators]") {
  const Json attributes{{"kernel", {3, 2}}, {"stride", {2, 1}}, {"padding", {1, 0}}};
  check(with_attributes("max_pool", attributes, [](const Tensor& x) {
    return torch::max_pool2d(x, {3, 2}, {2, 1}, {1, 0});
  }));
  check(with_attributes("avg_pool", attributes, [](const Tensor& x) {
    return torch::avg_pool2d(x, {3, 2}, {2, 1}, {1, 0});
  }));
  check({{2, 6, 6},
         [=](DescriptionWriter& net) {
           return net.node("x", "max_pool", {net.conv("c", "image", 2, 4, 3, 1, 1, true)}, Json::object(),
                           {{"kernel", {2, 2}}});
         },
         [](const Tensor& x, const Parameters& w) {
           return torch::max_pool2d(torch::conv2d(x, w("c.weight"), w("c.bias"), 1, 1), {2, 2});
         }});
}

TEST_CASE("convolutions match the formula for every attribute", "[operators]") {
  struct Options {
    std::int64_t kernel, stride, padding, groups;
    bool bias;
  };
  for (const auto& o : std::vector<Options>{{3, 1, 1, 1, true},
                                            {3, 2, 1, 1, false},
                                            {1, 1, 0, 1, true},
                                            {5, 2, 0, 1, true},
                                            {3, 1, 1, 2, true},
                                            {3, 1, 1, 4, false},
                                            {3, 2, 0, 4, true}}) {
    check({{4, 7, 7},
           [=](DescriptionWriter& net) {
             return net.conv("x", "image", 4, 8, o.kernel, o.stride, o.padding, o.bias, o.groups);
           },
           [=](const Tensor& x, const Parameters& w) {
             return torch::conv2d(x, w("x.weight"), o.bias ? w("x.bias") : Tensor(), o.stride, o.padding, 1, o.groups);
           }});
    // Behind another convolution, where every member sees images of its own.
    check({{4, 7, 7},
           [=](DescriptionWriter& net) {
             return net.conv("x", net.conv("first", "image", 4, 4, 3, 1, 1, true), 4, 8, o.kernel, o.stride, o.padding,
                             o.bias, o.groups);
           },
           [=](const Tensor& x, const Parameters& w) {
             const auto y = torch::conv2d(x, w("first.weight"), w("first.bias"), 1, 1);
             return torch::conv2d(y, w("x.weight"), o.bias ? w("x.bias") : Tensor(), o.stride, o.padding, 1, o.groups);
           }});
  }
  check({{2, 9, 7},
         [](DescriptionWriter& net) {
           return net.node("x", "conv2d", {"image"},
                           {{"weight", net.parameter("x.weight", {3, 2, 2, 3}, "weight", {{"kind", "zeros"}})}},
                           {{"stride", {2, 1}}, {"padding", {0, 2}}, {"dilation", {3, 2}}, {"groups", 1}});
         },
         [](const Tensor& x, const Parameters& w) {
           return torch::conv2d(x, w("x.weight"), Tensor(), torch::IntArrayRef{2, 1}, torch::IntArrayRef{0, 2},
                                torch::IntArrayRef{3, 2});
         }});
}

TEST_CASE("linear maps act on the last axis", "[operators]") {
  check({{4, 3, 6},
         [](DescriptionWriter& net) { return net.linear("x", "image", 6, 5); },
         [](const Tensor& x, const Parameters& w) { return torch::matmul(x, w("x.weight").t()) + w("x.bias"); }});
  check({{4, 3, 6},
         [](DescriptionWriter& net) { return net.linear("x", net.linear("first", "image", 6, 4, false), 4, 5, false); },
         [](const Tensor& x, const Parameters& w) {
           return torch::matmul(torch::matmul(x, w("first.weight").t()), w("x.weight").t());
         }});
}

TEST_CASE("normalisations match their formulas", "[operators]") {
  check({{4, 5, 5},
         [](DescriptionWriter& net) { return net.batch_norm("x", "image", 4); },
         [](const Tensor& x, const Parameters& w) {
           const auto at = [&](const char* name) { return w(name).view({1, -1, 1, 1}); };
           return (x - at("x.running_mean")) / torch::sqrt(at("x.running_var") + 1e-5) * at("x.scale") + at("x.shift");
         }});
  check({{4, 1, 1},
         [](DescriptionWriter& net) { return net.batch_norm("x", net.node("flat", "flatten", {"image"}), 4); },
         [](const Tensor& x, const Parameters& w) {
           return (x.flatten(1) - w("x.running_mean")) / torch::sqrt(w("x.running_var") + 1e-5) * w("x.scale") +
                  w("x.shift");
         }});
  const auto layer = [](const Tensor& x, const Tensor& scale, const Tensor& shift) {
    const auto mean = x.mean(-1, true), variance = (x - mean).square().mean(-1, true);
    return (x - mean) / torch::sqrt(variance + 1e-5) * scale + shift;
  };
  check({{2, 3, 6},
         [](DescriptionWriter& net) { return net.layer_norm("x", "image", 6); },
         [=](const Tensor& x, const Parameters& w) { return layer(x, w("x.scale"), w("x.shift")); }});
  check({{2, 3, 6},
         [](DescriptionWriter& net) { return net.layer_norm("x", net.linear("first", "image", 6, 6, false), 6); },
         [=](const Tensor& x, const Parameters& w) {
           return layer(torch::matmul(x, w("first.weight").t()), w("x.scale"), w("x.shift"));
         }});
  check({{4, 5, 5},
         [](DescriptionWriter& net) {
           return net.node("x", "group_norm", {"image"},
                           {{"scale", net.parameter("x.scale", {4}, "scale", {{"kind", "ones"}})},
                            {"shift", net.parameter("x.shift", {4}, "shift", {{"kind", "zeros"}})}},
                           {{"groups", 2}});
         },
         [](const Tensor& x, const Parameters& w) {
           const auto g = x.view({x.size(0), 2, -1});
           const auto mean = g.mean(-1, true), variance = (g - mean).square().mean(-1, true);
           const auto n = ((g - mean) / torch::sqrt(variance + 1e-5)).view(x.sizes());
           return n * w("x.scale").view({1, 4, 1, 1}) + w("x.shift").view({1, 4, 1, 1});
         }});
}

TEST_CASE("attention is softmax(q k^T / sqrt(d)) v in every head", "[operators]") {
  check({{1, 5, 6},
         [](DescriptionWriter& net) {
           const auto x = net.node("sequence", "reshape", {"image"}, Json::object(), {{"shape", {5, 6}}});
           return net.node("x", "attention",
                           {net.linear("q", x, 6, 6), net.linear("k", x, 6, 6), net.linear("v", x, 6, 6)},
                           Json::object(), {{"heads", 2}});
         },
         [](const Tensor& images, const Parameters& w) {
           const auto x = images.view({-1, 5, 6});
           const auto project = [&](const std::string& n) {
             return torch::matmul(x, w(n + ".weight").t()) + w(n + ".bias");
           };
           const auto q = project("q"), k = project("k"), v = project("v");
           std::vector<Tensor> heads;
           for (int h = 0; h < 2; ++h) {
             const auto part = [&](const Tensor& t) { return t.narrow(2, 3 * h, 3); };
             heads.push_back(torch::matmul(
                 torch::softmax(torch::matmul(part(q), part(k).transpose(1, 2)) / std::sqrt(3.0), -1), part(v)));
           }
           return torch::cat(heads, 2);
         }});
}

TEST_CASE("several inputs are added, multiplied and joined, shared or not", "[operators]") {
  for (const bool add : {true, false})
    check({{2, 4, 4},
           [=](DescriptionWriter& net) {
             const auto y = net.conv("y", "image", 2, 2, 1, 1, 0, false);
             return net.node("x", add ? "add" : "mul", {"image", y, "image"});
           },
           [=](const Tensor& x, const Parameters& w) {
             const auto y = torch::conv2d(x, w("y.weight"));
             return add ? x + y + x : x * y * x;
           }});
  check({{2, 4, 4},
         [](DescriptionWriter& net) {
           return net.node("x", "concat", {"image", net.conv("y", "image", 2, 3, 1, 1, 0, false)}, Json::object(),
                           {{"axis", 0}});
         },
         [](const Tensor& x, const Parameters& w) {
           return torch::cat({x, torch::conv2d(x, w("y.weight"))}, 1);
         }});
}

TEST_CASE("tokens and positions are each member's own", "[operators]") {
  check({{1, 5, 6},
         [](DescriptionWriter& net) {
           auto x = net.node("sequence", "reshape", {"image"}, Json::object(), {{"shape", {5, 6}}});
           x = net.node("classed", "prepend_token", {x},
                        {{"token", net.parameter("token", {6}, "class_token", {{"kind", "zeros"}})}});
           return net.node("x", "add_position", {x},
                           {{"position", net.parameter("position", {6, 6}, "position", {{"kind", "zeros"}})}});
         },
         [](const Tensor& images, const Parameters& w) {
           const auto x = images.view({-1, 5, 6});
           return torch::cat({w("token").expand({x.size(0), 1, 6}), x}, 1) + w("position");
         }});
}
