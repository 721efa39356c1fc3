#include <torch/autograd.h>

#include <catch2/catch.hpp>

#include "networks.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/runtime/training.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

torch::Tensor images(const NetworkDescription& description, std::vector<std::int64_t> lead) {
  auto generator = make_generator(9);
  lead.insert(lead.end(), description.input.shape.begin(), description.input.shape.end());
  return torch::randn(lead, generator);
}

std::vector<NetworkDescription> small_networks() {
  return {small_mlp(), small_cnn(), small_resnet(), small_vit()};
}

}  // namespace

TEST_CASE("a population gives what its members give alone", "[population]") {
  for (auto& description : small_networks()) {
    INFO(description.architecture);
    const auto shared = images(description, {7}), own = images(description, {4, 7});
    const Executor executor(std::move(description));
    const auto weights = initial_weights(executor.description(), 4, 2);
    for (const auto norm : {ExecutionMode::Norm::kRunning, ExecutionMode::Norm::kBatch}) {
      const auto together = executor.forward(weights, shared, {norm}), apart = executor.forward(weights, own, {norm});
      CHECK(together.sizes() == torch::IntArrayRef({4, 7, 3}));
      for (std::int64_t p = 0; p < 4; ++p) {
        CHECK(torch::allclose(together[p], executor.forward(weights.member(p), shared, {norm})[0], 1e-4, 1e-5));
        CHECK(torch::allclose(apart[p], executor.forward(weights.member(p), own[p], {norm})[0], 1e-4, 1e-5));
      }
    }
  }
}

TEST_CASE("gradients of a population are those of its members alone", "[population]") {
  for (auto& description : small_networks()) {
    INFO(description.architecture);
    const auto own = images(description, {3, 6});
    const Executor executor(std::move(description));
    const auto gradients = [&](const Weights& weights, const torch::Tensor& x, bool statistics_too) {
      Weights leaves = weights.clone();
      std::vector<torch::Tensor> wanted;
      for (std::size_t i = 0; i < leaves.tensors.size(); ++i)
        if (executor.description().parameters[i].trainable || statistics_too)
          wanted.push_back(leaves.tensors[i].requires_grad_());
      const auto out =
          executor.forward(leaves, x, {statistics_too ? ExecutionMode::Norm::kRunning : ExecutionMode::Norm::kBatch});
      return torch::autograd::grad({out.square().sum()}, wanted);
    };
    const auto weights = initial_weights(executor.description(), 3, 2);
    for (const bool statistics_too : {false, true}) {
      const auto together = gradients(weights, own, statistics_too);
      for (std::int64_t p = 0; p < 3; ++p) {
        const auto alone = gradients(weights.member(p), own[p], statistics_too);
        for (std::size_t i = 0; i < alone.size(); ++i) {
          const double scale = alone[i].abs().max().item<double>();
          CHECK((together[i][p] - alone[i][0]).abs().max().item<double>() <= 1e-3 * scale + 1e-4);
        }
      }
    }
  }
}

TEST_CASE("gradients agree with finite differences where the function is smooth", "[population]") {
  const Executor executor(small_vit());
  const auto x = images(executor.description(), {3, 4});
  Weights weights = initial_weights(executor.description(), 3, 2).clone();
  for (auto& tensor : weights.tensors) tensor.requires_grad_();
  const auto loss = [&] { return torch::tanh(executor.forward(weights, x)).sum(); };
  const auto gradients = torch::autograd::grad({loss()}, weights.tensors);
  const torch::NoGradGuard no_grad;
  auto generator = make_generator(3);
  for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
    const auto direction = torch::randn(weights.tensors[i].sizes(), generator);
    const double step = 1e-3;
    weights.tensors[i].add_(direction, step);
    const double above = loss().item<double>();
    weights.tensors[i].sub_(direction, 2 * step);
    const double below = loss().item<double>();
    weights.tensors[i].add_(direction, step);
    CHECK((gradients[i] * direction).sum().item<double>() ==
          Approx((above - below) / (2 * step)).epsilon(0.05).margin(0.02));
  }
}

TEST_CASE("every value of the graph can be read", "[population]") {
  const Executor executor(small_vit());
  const auto x = images(executor.description(), {5});
  const auto weights = initial_weights(executor.description(), 2, 2);
  CHECK(executor.value(weights, x, "image").sizes() == torch::IntArrayRef({2, 5, 1, 8, 8}));
  for (const auto& node : executor.description().nodes) {
    const auto value = executor.value(weights, x, node.name);
    auto expected = executor.facts().shapes.at(node.name);
    expected.insert(expected.begin(), {2, 5});
    CHECK(value.sizes() == torch::IntArrayRef(expected));
  }
  CHECK_THROWS_AS(executor.value(weights, x, "nowhere"), Error);
}

TEST_CASE("shapes that do not fit are refused with both shapes", "[population]") {
  const Executor executor(small_mlp());
  const auto weights = initial_weights(executor.description(), 2, 2);
  for (const auto& x :
       {torch::zeros({5, 1, 6, 7}), torch::zeros({3, 5, 1, 6, 6}), torch::zeros({1, 6, 6}), torch::zeros({36})}) {
    try {
      executor.forward(weights, x);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.id() == "executor.shape");
      CHECK(error.code() == ErrorCode::kUsage);
    }
  }
  auto wrong = weights;
  wrong.tensors.pop_back();
  CHECK_THROWS_AS(executor.forward(wrong, torch::zeros({5, 1, 6, 6})), Error);
  wrong = weights;
  wrong.tensors[0] = torch::zeros({2, 3});
  CHECK_THROWS_AS(executor.forward(wrong, torch::zeros({5, 1, 6, 6})), Error);
}

TEST_CASE("dropout draws from each member's own generator", "[population]") {
  DescriptionWriter net("test.dropout", {1, 8, 8});
  const auto x =
      net.node("drop", "dropout", {net.node("flat", "flatten", {"image"})}, Json::object(), {{"rate", 0.25}});
  const Executor executor(net.finish(net.linear("head", x, 64, 2)));
  const auto weights = initial_weights(executor.description(), 2, 2);
  const auto ones = torch::ones({50, 1, 8, 8});
  std::vector<torch::Generator> two{make_generator(1), make_generator(2)}, second{make_generator(2)};
  const auto together = executor.value(weights, ones, "drop", {ExecutionMode::Norm::kBatch, true, &two});
  const auto alone = executor.value(weights.member(1), ones, "drop", {ExecutionMode::Norm::kBatch, true, &second});
  CHECK(torch::equal(together[1], alone[0]));
  CHECK(!torch::equal(together[0], together[1]));
  CHECK(together.mean().item<double>() == Approx(1).epsilon(0.05));
  CHECK(together.max().item<double>() == Approx(1 / 0.75));
  CHECK_THROWS_AS(executor.forward(weights, ones, {ExecutionMode::Norm::kBatch, true}), Error);
}
