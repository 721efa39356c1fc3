#include "weightloom/runtime/example_gradients.hpp"

#include <catch2/catch.hpp>

#include "networks.hpp"
#include "weightloom/compute/random.hpp"

namespace weightloom::testing {
namespace {

constexpr std::int64_t kExamples = 5, kOutputs = 2;

// Row by row, by the library's own means.
torch::Tensor one_at_a_time(const Executor& executor, const Weights& weights,
                            const std::vector<std::size_t>& parameters, const torch::Tensor& images,
                            const torch::Tensor& outputs) {
  std::vector<torch::Tensor> rows;
  for (std::int64_t e = 0; e < images.size(0); ++e)
    for (std::int64_t i = 0; i < outputs.size(1); ++i) {
      Weights own = weights.clone();
      for (const auto p : parameters) own.tensors[p].requires_grad_();
      const auto scores = executor.forward(own, images.narrow(0, e, 1))[0][0];
      scores[outputs[e][i].item<std::int64_t>()].backward();
      std::vector<torch::Tensor> parts;
      for (const auto p : parameters) parts.push_back(own.tensors[p].grad().flatten());
      rows.push_back(torch::cat(parts));
    }
  return torch::stack(rows);
}

std::vector<std::size_t> trainable(const NetworkDescription& description) {
  std::vector<std::size_t> out;
  for (std::size_t p = 0; p < description.parameters.size(); ++p)
    if (description.parameters[p].trainable) out.push_back(p);
  return out;
}

NetworkDescription grouped_cnn() {
  DescriptionWriter w("grouped", {2, 8, 8});
  auto x = w.conv("wide", "image", 2, 6, 3, 2, 1, true);
  x = w.node("bend", "relu", {x});
  x = w.conv("depthwise", x, 6, 6, 3, 1, 1, true, 6);
  x = w.conv("halves", x, 6, 4, 2, 1, 0, false, 2);
  x = w.node("flat", "flatten", {x});
  return w.finish(w.linear("head", x, 4 * 3 * 3, 3));
}

TEST_CASE("gradients of examples are those that the library finds one at a time") {
  const NetworkDescription description = GENERATE(small_mlp(), small_cnn(), small_resnet(), small_vit(), grouped_cnn());
  INFO(description.label());
  const Executor executor(description);
  const Weights weights = initial_weights(description, 1, 3);
  auto draws = make_generator(5);
  auto shape = description.input.shape;
  shape.insert(shape.begin(), kExamples);
  const auto images = torch::randn(shape, draws);
  const auto outputs = torch::randint(description.classes, {kExamples, kOutputs}, draws, torch::kInt64);
  auto parameters = trainable(description);
  const auto found = example_gradients(executor, weights, parameters, images, outputs);
  const auto expected = one_at_a_time(executor, weights, parameters, images, outputs);
  REQUIRE(found.sizes() == expected.sizes());
  CHECK(torch::allclose(found, expected, 1e-3, 1e-5));
  // Some of the tensors, in another order.
  parameters = {parameters.back(), parameters.front()};
  CHECK(torch::allclose(example_gradients(executor, weights, parameters, images, outputs),
                        one_at_a_time(executor, weights, parameters, images, outputs), 1e-3, 1e-5));
  CHECK_FALSE(found.requires_grad());
}

}  // namespace
}  // namespace weightloom::testing
