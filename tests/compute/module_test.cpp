#include "weightloom/compute/module.hpp"

#include <catch2/catch.hpp>

#include "weightloom/compute/layers.hpp"
#include "weightloom/compute/random.hpp"

namespace weightloom {
namespace {

class Pair : public Module {
 public:
  explicit Pair(torch::Generator& generator)
      : first(register_module("first", Linear(2, 3, generator, /*with_bias=*/false))),
        own(register_parameter("own", torch::ones({2}))),
        fixed(register_parameter("fixed", torch::ones({1}), /*trained=*/false)) {}

  Linear first;
  torch::Tensor own, fixed;
};

class Nested : public Module {
 public:
  explicit Nested(torch::Generator& generator)
      : pair(register_module("pair", std::make_shared<Pair>(generator))),
        last(register_module("last", Linear(3, 1, generator))) {}

  std::shared_ptr<Pair> pair;
  Linear last;
};

TEST_CASE("parameters have the paths of their parts, a module's own before those of its parts", "[module]") {
  auto generator = make_generator(1);
  const Nested nested(generator);
  std::vector<std::string> names;
  for (const auto& [name, parameter] : nested.named_parameters()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"pair.own", "pair.fixed", "pair.first.weight", "last.weight", "last.bias"});
  CHECK(nested.parameters().size() == 5);
  CHECK(nested.pair->own.requires_grad());
  CHECK_FALSE(nested.pair->fixed.requires_grad());
}

TEST_CASE("moved parameters stay the parameters, with their gradients' wish", "[module]") {
  auto generator = make_generator(1);
  Nested nested(generator);
  const auto weight = nested.pair->first->weight;
  const auto before = weight.detach().clone();
  nested.to(torch::kCPU, torch::kFloat64);
  CHECK(weight.scalar_type() == torch::kFloat64);
  CHECK(weight.requires_grad());
  CHECK_FALSE(nested.pair->fixed.requires_grad());
  CHECK(torch::equal(weight.detach().to(torch::kFloat32), before));
}

TEST_CASE("copies of a handle share its model", "[module]") {
  auto generator = make_generator(1);
  Linear one(2, 2, generator);
  Linear other = one;
  CHECK(other.pointer() == one.pointer());
  other = nullptr;
  CHECK(!other.pointer());
  CHECK(one.pointer());
}

}  // namespace
}  // namespace weightloom
