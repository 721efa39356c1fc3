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

// A network that ends with the operation under test.
struct Case {
  Shape input;
  std::function<std::string(DescriptionWriter&)> build;  // returns the name of the value under test
  // images [N, ...], parameters of one member by name -> expected [N, ...]
  std::function<Tensor(const Tensor&, const std::function<Tensor(const std::string&)>&)> expect;
  std::int64_t tokens = 0;  // the input holds numbers below this one
};

void check(const Case& test) {
  auto generator = make_generator(5);
  auto sizes = test.input;
  sizes.insert(sizes.begin(), {kPopulation, kImages});
  const auto images =
      test.tokens > 0 ? torch::randint(test.tokens, sizes, generator, torch::kFloat) : torch::randn(sizes, generator);
  DescriptionWriter net("test.operator", test.input);
  const auto name = test.build(net);
  // A parameter after it, so that there are members where the operation has none.
  const auto slope = net.parameter("end.slope", {1}, "scale", {{"kind", "ones"}});
  const Executor executor(
      net.finish(net.node("end", "prelu", {net.node("end_flat", "flatten", {name})}, {{"slope", slope}})));
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
    auto shape = executor.facts().shapes.at(name);
    shape.insert(shape.begin(), {population, kImages});
    REQUIRE(from_shared.sizes().vec() == shape);
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

namespace {

// Draws sizes; every test below meets new ones in each of its rounds.
struct Draw {
  torch::Generator generator = make_generator(17);
  std::int64_t operator()(std::int64_t least, std::int64_t most) {
    return torch::randint(least, most + 1, {1}, generator, torch::kLong).item<std::int64_t>();
  }
  bool coin() { return (*this)(0, 1) == 1; }
};
constexpr int kRounds = 8;

std::string weight_of(DescriptionWriter& net, const std::string& name, const Shape& shape,
                      const std::string& role = "weight") {
  return net.parameter(name, shape, role, {{"kind", "zeros"}});
}

}  // namespace

TEST_CASE("more activations match their formulas", "[operators]") {
  check(unary("relu6", [](const Tensor& x) { return x.clamp(0, 6); }));
  check(unary("hardsigmoid", [](const Tensor& x) { return (x / 6 + 0.5).clamp(0, 1); }));
  check(unary("softplus", [](const Tensor& x) { return torch::log1p(torch::exp(x)); }));
  check(unary("mish", [](const Tensor& x) { return x * torch::tanh(torch::log1p(torch::exp(x))); }));
  check(
      with_attributes("leaky_relu", {{"slope", 0.2}}, [](const Tensor& x) { return torch::where(x > 0, x, 0.2 * x); }));
  check(with_attributes("elu", {{"alpha", 0.7}},
                        [](const Tensor& x) { return torch::where(x > 0, x, 0.7 * (torch::exp(x) - 1)); }));
  check(
      with_attributes("clamp", {{"least", -0.5}, {"most", 0.25}}, [](const Tensor& x) { return x.clamp(-0.5, 0.25); }));
  check(with_attributes("gelu", {{"approximate", "tanh"}}, [](const Tensor& x) {
    return 0.5 * x * (1 + torch::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  }));
  check(with_attributes("stochastic_depth", {{"rate", 0.5}}, [](const Tensor& x) { return x; }));
  for (const std::int64_t slopes : {1, 4})
    check({{4, 3, 2},
           [=](DescriptionWriter& net) {
             return net.node("x", "prelu", {"image"}, {{"slope", weight_of(net, "slope", {slopes}, "scale")}});
           },
           [](const Tensor& x, const Parameters& w) {
             return torch::where(x > 0, x, w("slope").view({1, -1, 1, 1}) * x);
           }});
}

TEST_CASE("add and mul repeat dimensions of 1, of values that members share or not", "[operators]") {
  Draw draw;
  for (int round = 0; round < kRounds; ++round) {
    const auto channels = draw(2, 5), height = draw(2, 4), width = draw(2, 4);
    const Shape other = round % 4 == 0   ? Shape{channels, 1, 1}
                        : round % 4 == 1 ? Shape{height, 1}
                        : round % 4 == 2 ? Shape{1, height, width}
                                         : Shape{1};
    const bool own = draw.coin();
    const auto op = draw.coin() ? "add" : "mul";
    check({{channels, height, width},
           [=](DescriptionWriter& net) {
             std::vector<double> values;
             for (std::int64_t i = 0; i < element_count(other); ++i) values.push_back(0.5 + static_cast<double>(i));
             auto y = net.node("c", "constant", {}, Json::object(), {{"shape", other}, {"values", values}});
             if (own)
               y = net.node("l", "affine", {y}, {{"scale", weight_of(net, "s", {other[0]}, "scale")}}, {{"axis", 0}});
             return net.node("x", op, {y, "image"});
           },
           [=](const Tensor& x, const Parameters& w) {
             auto y = (torch::arange(element_count(other)) + 0.5).view(other);
             if (own) {
               std::vector<std::int64_t> sizes(other.size(), 1);
               sizes[0] = other[0];
               y = y * w("s").view(sizes);
             }
             return std::string(op) == "add" ? x + y : x * y;
           }});
  }
}

TEST_CASE("convolutions of other dimensions match the library on random shapes", "[operators]") {
  Draw draw;
  for (int round = 0; round < kRounds; ++round) {
    const auto groups = draw(1, 2), in = groups * draw(1, 3), out = groups * draw(1, 3), kernel = draw(1, 3),
               stride = draw(1, 2), padding = draw(0, 2), dilation = draw(1, 2), more = draw(0, stride - 1);
    const bool bias = draw.coin();
    const auto parameters = [=](DescriptionWriter& net, const Shape& weight) {
      Json keys{{"weight", weight_of(net, "w", weight)}};
      if (bias) keys["bias"] = weight_of(net, "b", {out}, "bias");
      return keys;
    };
    check({{in, draw(5, 8)},
           [=](DescriptionWriter& net) {
             return net.node("x", "conv1d", {"image"}, parameters(net, {out, in / groups, kernel}),
                             {{"stride", stride}, {"padding", padding}, {"dilation", dilation}, {"groups", groups}});
           },
           [=](const Tensor& x, const Parameters& w) {
             return torch::conv1d(x, w("w"), bias ? w("b") : Tensor(), stride, padding, dilation, groups);
           }});
    check({{in, draw(5, 6), draw(5, 6), draw(5, 6)},
           [=](DescriptionWriter& net) {
             return net.node("x", "conv3d", {"image"}, parameters(net, {out, in / groups, kernel, kernel, 1}),
                             {{"stride", {stride, 1, 2}},
                              {"padding", {padding, 0, 1}},
                              {"dilation", {1, dilation, 1}},
                              {"groups", groups}});
           },
           [=](const Tensor& x, const Parameters& w) {
             return torch::conv3d(x, w("w"), bias ? w("b") : Tensor(), {stride, 1, 2}, {padding, 0, 1},
                                  {1, dilation, 1}, groups);
           }});
    check({{in, draw(3, 6), draw(3, 6)},
           [=](DescriptionWriter& net) {
             return net.node("x", "conv_transpose2d", {"image"}, parameters(net, {in, out / groups, kernel, 2}),
                             {{"stride", {stride, 2}},
                              {"padding", {0, 1}},
                              {"dilation", {dilation, 1}},
                              {"output_padding", {more, 1}},
                              {"groups", groups}});
           },
           [=](const Tensor& x, const Parameters& w) {
             return torch::conv_transpose2d(x, w("w"), bias ? w("b") : Tensor(), torch::IntArrayRef{stride, 2},
                                            torch::IntArrayRef{0, 1}, torch::IntArrayRef{more, 1}, groups,
                                            torch::IntArrayRef{dilation, 1});
           }});
  }
}

TEST_CASE("pools match the library with every flag, on random shapes", "[operators]") {
  Draw draw;
  for (int round = 0; round < 3 * kRounds; ++round) {
    const auto kernel = draw(2, 4), stride = draw(1, 4), padding = draw(0, kernel / 2), channels = draw(1, 3);
    const bool ceil_mode = draw.coin(), count = draw.coin();
    const Shape input{channels, draw(4, 9), draw(4, 9)};
    Json attributes{
        {"kernel", {kernel, 2}}, {"stride", {stride, 3}}, {"padding", {padding, 1}}, {"ceil_mode", ceil_mode}};
    check({input,
           [=](DescriptionWriter& net) { return net.node("x", "max_pool", {"image"}, Json::object(), attributes); },
           [=](const Tensor& x, const Parameters&) {
             return torch::max_pool2d(x, {kernel, 2}, {stride, 3}, {padding, 1}, 1, ceil_mode);
           }});
    attributes["count_padding"] = count;
    check({input,
           [=](DescriptionWriter& net) { return net.node("x", "avg_pool", {"image"}, Json::object(), attributes); },
           [=](const Tensor& x, const Parameters&) {
             return torch::avg_pool2d(x, {kernel, 2}, {stride, 3}, {padding, 1}, ceil_mode, count);
           }});
  }
  check(unary("global_max_pool", [](const Tensor& x) { return x.amax({2, 3}); }));
  check(with_attributes("mean", {{"axis", 1}}, [](const Tensor& x) { return x.mean(2); }));
}

TEST_CASE("norms and affine maps match their formulas on any rank", "[operators]") {
  check(
      {{3, 4, 5},
       [](DescriptionWriter& net) {
         return net.node("x", "rms_norm", {"image"}, {{"scale", weight_of(net, "s", {5}, "scale")}}, {{"eps", 0.01}});
       },
       [](const Tensor& x, const Parameters& w) { return x / torch::sqrt(x.pow(2).mean(-1, true) + 0.01) * w("s"); }});
  for (const Shape& input : {Shape{4}, Shape{4, 3}, Shape{4, 2, 3}, Shape{4, 2, 3, 2}}) {
    check({input, [](DescriptionWriter& net) { return net.batch_norm("x", "image", 4); },
           [](const Tensor& x, const Parameters& w) {
             return torch::batch_norm(x, w("x.scale"), w("x.shift"), w("x.running_mean"), w("x.running_var"), false, 0,
                                      1e-5, false);
           }});
    const auto axis = static_cast<std::int64_t>(input.size()) - 1;
    check({input,
           [=](DescriptionWriter& net) {
             return net.node("x", "affine", {"image"},
                             {{"scale", weight_of(net, "s", {input.back()}, "scale")},
                              {"shift", weight_of(net, "t", {input.back()}, "shift")}},
                             {{"axis", axis}});
           },
           [](const Tensor& x, const Parameters& w) { return x * w("s") + w("t"); }});
  }
}

TEST_CASE("attention with masks, causal order, shared keys and any leading dimensions", "[operators]") {
  Draw draw;
  for (int round = 0; round < 2 * kRounds; ++round) {
    const auto key_heads = draw(1, 2), group = draw(1, 3), heads = key_heads * group, width = draw(2, 4),
               queries = draw(2, 4), keys = queries + draw(0, 3), windows = draw(1, 3);
    const bool causal = draw.coin(), leading = draw.coin(), masked = draw.coin(), per_head = draw.coin();
    const Shape front = leading ? Shape{windows} : Shape{};
    const auto with = [=](std::int64_t tokens, std::int64_t size) {
      Shape shape = front;
      shape.insert(shape.end(), {tokens, size});
      return shape;
    };
    const Shape mask{per_head ? heads : 1, queries, keys};
    check({with(keys, heads * width),
           [=](DescriptionWriter& net) {
             const auto axis = static_cast<std::int64_t>(front.size());
             const auto query =
                 net.node("q", "slice", {"image"}, Json::object(), {{"axis", axis}, {"start", 0}, {"stop", queries}});
             const auto key = net.linear("k", "image", heads * width, key_heads * width);
             std::vector<std::string> inputs{query, key, net.linear("v", "image", heads * width, key_heads * width)};
             if (masked) {
               std::vector<double> values;
               for (std::int64_t i = 0; i < element_count(mask); ++i)
                 values.push_back(std::sin(static_cast<double>(i)));
               inputs.push_back(net.node("m", "constant", {}, Json::object(), {{"shape", mask}, {"values", values}}));
             }
             return net.node("x", "attention", inputs, Json::object(),
                             {{"heads", heads}, {"key_heads", key_heads}, {"causal", causal}});
           },
           [=](const Tensor& x, const Parameters& w) {
             const auto apart = [&](const Tensor& y, std::int64_t count) {
               return y.unflatten(-1, {count, width}).transpose(-3, -2);
             };
             const auto spread = [&](const Tensor& y) {  // head h reads key head h / group
               return y.unsqueeze(-3)
                   .expand([&] {
                     auto sizes = y.unsqueeze(-3).sizes().vec();
                     sizes[sizes.size() - 3] = group;
                     return sizes;
                   }())
                   .flatten(-4, -3);
             };
             const auto q = apart(x.narrow(-2, 0, queries), heads);
             const auto k = spread(apart(torch::linear(x, w("k.weight"), w("k.bias")), key_heads));
             const auto v = spread(apart(torch::linear(x, w("v.weight"), w("v.bias")), key_heads));
             auto scores = torch::matmul(q, k.transpose(-2, -1)) / std::sqrt(static_cast<double>(width));
             if (masked) scores = scores + torch::sin(torch::arange(element_count(mask)).to(torch::kFloat)).view(mask);
             if (causal)
               for (std::int64_t i = 0; i < queries; ++i)
                 scores.select(-2, i).slice(-1, i + keys - queries + 1) = -std::numeric_limits<float>::infinity();
             return torch::matmul(torch::softmax(scores, -1), v).transpose(-3, -2).flatten(-2, -1);
           }});
  }
}

TEST_CASE("rotary positions turn pairs by their place", "[operators]") {
  for (const bool interleaved : {false, true})
    check({{5, 12},
           [=](DescriptionWriter& net) {
             return net.node("x", "rotary_position", {"image"}, Json::object(),
                             {{"heads", 2}, {"width", 4}, {"base", 100.0}, {"interleaved", interleaved}});
           },
           [=](const Tensor& x, const Parameters&) {
             auto out = x.clone();
             for (std::int64_t t = 0; t < 5; ++t)
               for (std::int64_t head = 0; head < 2; ++head)
                 for (std::int64_t i = 0; i < 2; ++i) {
                   const auto a = head * 6 + (interleaved ? 2 * i : i), b = interleaved ? a + 1 : a + 2;
                   const double angle = static_cast<double>(t) * std::pow(100.0, -2.0 * static_cast<double>(i) / 4);
                   const auto left = x.select(1, t).select(1, a), right = x.select(1, t).select(1, b);
                   out.select(1, t).select(1, a) = left * std::cos(angle) - right * std::sin(angle);
                   out.select(1, t).select(1, b) = right * std::cos(angle) + left * std::sin(angle);
                 }
             return out;
           }});
}

TEST_CASE("lookups, products and recurrent layers match the library on random shapes", "[operators]") {
  Draw draw;
  for (int round = 0; round < kRounds; ++round) {
    const auto words = draw(2, 9), width = draw(1, 4), tokens = draw(2, 5);
    check(
        {{tokens, 2},
         [=](DescriptionWriter& net) {
           return net.node("x", "embedding", {"image"}, {{"weight", weight_of(net, "w", {words, width}, "embedding")}});
         },
         [](const Tensor& x, const Parameters& w) { return torch::embedding(w("w"), x.to(torch::kLong)); },
         words});
    check({{2, tokens, width},
           [=](DescriptionWriter& net) {
             return net.node("x", "matmul",
                             {"image", net.node("t", "permute", {net.linear("l", "image", width, width)},
                                                Json::object(), {{"order", {0, 2, 1}}})});
           },
           [](const Tensor& x, const Parameters& w) {
             return torch::matmul(x, torch::linear(x, w("l.weight"), w("l.bias")).transpose(-2, -1));
           }});
    const auto units = draw(1, 4);
    const bool reverse = draw.coin(), bias = draw.coin();
    for (const std::int64_t gates : {4, 3})
      check({{tokens, width},
             [=](DescriptionWriter& net) {
               Json keys{{"weight", weight_of(net, "w", {gates * units, width})},
                         {"hidden_weight", weight_of(net, "u", {gates * units, units})}};
               if (bias)
                 keys.update({{"bias", weight_of(net, "b", {gates * units}, "bias")},
                              {"hidden_bias", weight_of(net, "c", {gates * units}, "bias")}});
               return net.node("x", gates == 4 ? "lstm" : "gru", {"image"}, keys, {{"reverse", reverse}});
             },
             [=](const Tensor& x, const Parameters& w) {
               // Step by step, after Hochreiter and Schmidhuber (1997) and Cho et al. (2014).
               auto hidden = torch::zeros({x.size(0), units}), cell = hidden;
               std::vector<Tensor> outputs(static_cast<std::size_t>(tokens));
               for (std::int64_t step = 0; step < tokens; ++step) {
                 const auto t = reverse ? tokens - 1 - step : step;
                 const auto read = torch::linear(x.select(1, t), w("w"), bias ? w("b") : Tensor()).chunk(gates, 1);
                 const auto own = torch::linear(hidden, w("u"), bias ? w("c") : Tensor()).chunk(gates, 1);
                 if (gates == 4) {
                   cell = torch::sigmoid(read[1] + own[1]) * cell +
                          torch::sigmoid(read[0] + own[0]) * torch::tanh(read[2] + own[2]);
                   hidden = torch::sigmoid(read[3] + own[3]) * torch::tanh(cell);
                 } else {
                   const auto reset = torch::sigmoid(read[0] + own[0]), update = torch::sigmoid(read[1] + own[1]);
                   hidden = (1 - update) * torch::tanh(read[2] + reset * own[2]) + update * hidden;
                 }
                 outputs[static_cast<std::size_t>(t)] = hidden;
               }
               return torch::stack(outputs, 1);
             }});
  }
}

TEST_CASE("more shape operators match their formulas", "[operators]") {
  check(with_attributes("slice", {{"axis", 1}, {"start", 1}, {"stop", 6}, {"step", 2}},
                        [](const Tensor& x) { return x.slice(2, 1, 6, 2); }));
  check(with_attributes("pad", {{"before", {1, 0, 2}}, {"after", {0, 0, 1}}, {"value", -3.5}}, [](const Tensor& x) {
    return torch::constant_pad_nd(x, {2, 1, 0, 0, 1, 0}, -3.5);
  }));
  check(with_attributes("resize", {{"size", {9, 4}}}, [](const Tensor& x) {
    return at::upsample_nearest2d(x, {9, 4});
  }));
  for (const bool corners : {false, true})
    check(with_attributes("resize", {{"size", {9, 4}}, {"mode", "bilinear"}, {"align_corners", corners}},
                          [=](const Tensor& x) {
                            return at::upsample_bilinear2d(x, {9, 4}, corners);
                          }));
  // What is the same for all images beside what is not.
  check({{2, 3},
         [](DescriptionWriter& net) {
           const auto constant = net.node("c", "constant", {}, Json::object(), {{"shape", {1, 3}}, {"values", {7.0}}});
           return net.node("x", "concat", {"image", constant}, Json::object(), {{"axis", 0}});
         },
         [](const Tensor& x, const Parameters&) {
           return torch::cat({x, torch::full({x.size(0), 1, 3}, 7.0)}, 1);
         }});
}

TEST_CASE("a token that the table lacks is an error that names both", "[operators]") {
  DescriptionWriter net("test.tokens", {4});
  const auto x = net.node("x", "embedding", {"image"}, {{"weight", weight_of(net, "w", {5, 2}, "embedding")}});
  const Executor executor(net.finish(net.node("flat", "flatten", {x})));
  const auto weights = random_weights(executor.description(), 2);
  CHECK_THROWS_WITH(executor.forward(weights, torch::full({1, 4}, 5.0)), Catch::Contains("0 to 4, found 5"));
  CHECK_THROWS_WITH(executor.forward(weights, torch::full({1, 4}, -1.0)), Catch::Contains("found -1"));
  CHECK_THROWS_WITH(executor.forward(weights, torch::full({1, 4}, 1.5)), Catch::Contains("expected whole numbers"));
}

TEST_CASE("a network without parameters is executed", "[operators]") {
  DescriptionWriter net("test.none", {4});
  const Executor executor(net.finish(net.node("relu", "relu", {"image"})));
  const auto weights = initial_weights(executor.description(), 1, 1);
  CHECK(torch::equal(executor.forward(weights, torch::full({2, 4}, -1.0)), torch::zeros({1, 2, 4})));
}
