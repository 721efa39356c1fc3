#include "weightloom/assessment/novelty.hpp"

#include <catch2/catch.hpp>

#include "hand_made.hpp"

namespace weightloom {
namespace {

using namespace weightloom::test;

// Networks that differ by one number, so that distances can be told by looking.
Weights shifted(const Weights& network, const NetworkDescription& description, float by) {
  Weights out = network.clone();
  out.tensors[*description.find_parameter("block0.linear.bias")][0][7] += by;
  return out;
}

TEST_CASE("distances are in units of the members' own") {
  HandMade zoo;
  const NetworkDescription description = small_mlp(2);
  const auto plan = zoo.tokenizer->plan(description, "apart");
  const Weights right = right_network(2);
  // Each one's nearest is 1, 1 and 2 away: the median is 1.
  const Weights members = concatenate({right, shifted(right, description, 1), shifted(right, description, 3)});
  const Weights networks = concatenate({right, shifted(right, description, -2)});
  const auto tokens = zoo.tokenizer->encode(*plan, networks);
  const auto loaded = zoo.data.get(zoo.three);
  const TensorData& data = *loaded;
  const NoveltySamples samples =
      measure_novelty(*zoo.tokenizer, *plan, networks, tokens, networks, members, members, data.test);
  REQUIRE(samples.distances.size() == 2);
  CHECK(samples.distances[0] == Approx(0).margin(1e-3));
  CHECK(samples.distances[1] == Approx(2).epsilon(1e-3));
  // Unit 7 is not read by the head.
  CHECK(samples.disagreements == std::vector<double>{0, 0});
}

TEST_CASE("a member with its units in another order is no new network where members are independent") {
  HandMade zoo;
  const auto plan = zoo.tokenizer->plan(small_mlp(2), "apart");
  const Weights members = concatenate({right_network(2), wrong_network(2)});
  const Weights turned = turned_round(2, right_network(2));
  REQUIRE((plan->deviations(turned) - plan->deviations(right_network(2))).norm().item<double>() > 1);
  const auto loaded = zoo.data.get(zoo.three);
  const auto tokens = zoo.tokenizer->encode(*plan, turned);
  const NoveltySamples samples =
      measure_novelty(*zoo.tokenizer, *plan, turned, tokens, turned, members, members, loaded->test);
  CHECK(samples.distances[0] == Approx(0).margin(1e-3));
}

TEST_CASE("shared tokens are those of the one member that has most of them, scales left out") {
  HandMade zoo;
  const auto plan = zoo.tokenizer->plan(small_mlp(2), "apart");
  const Weights right = right_network(2);
  const Weights members = concatenate({right, wrong_network(2)});
  auto tokens = zoo.tokenizer->encode(*plan, members);
  const auto loaded = zoo.data.get(zoo.three);
  const TensorData& data = *loaded;
  tokens.index_put_({0, plan->scale_slots()}, 1);
  tokens.index_put_({1, plan->chunk_slots()[0]}, 1);
  const NoveltySamples samples =
      measure_novelty(*zoo.tokenizer, *plan, members, tokens, members, members, members, data.test);
  CHECK(samples.tokens_shared[0] == 1);
  CHECK(samples.tokens_shared[1] == Approx(1 - 1.0 / static_cast<double>(plan->chunk_slots().size(0))));
}

TEST_CASE("disagreement is the share of images on which even the nearest network answers differently") {
  HandMade zoo;
  const auto plan = zoo.tokenizer->plan(small_mlp(2), "apart");
  const auto loaded = zoo.data.get(zoo.three);
  const TensorData& data = *loaded;
  const Weights networks = concatenate({right_network(2), wrong_network(2)});
  const auto alone = disagreements(*plan, networks, right_network(2), data.test);
  CHECK(alone[0] == 0);
  CHECK(alone[1] == Approx(1.0 / 3));
  CHECK(disagreements(*plan, networks, networks, data.test) == std::vector<double>{0, 0});
}

TEST_CASE("a summary has medians, and nothing of what was not measured") {
  CHECK_FALSE(summarise({}));
  const auto behaviour = summarise({{}, {}, {0.5, 0.1, 0.3}});
  REQUIRE(behaviour);
  CHECK(behaviour->disagreement_with_nearest == 0.3);
  CHECK_FALSE(behaviour->distance_to_nearest);
  const auto all = summarise({{2, 1, 4}, {0.1, 0.9, 0.2}, {0.5, 0.1, 0.3}});
  CHECK(all->distance_to_nearest == 2.0);
  CHECK(all->tokens_shared_with_nearest == 0.2);
}

}  // namespace
}  // namespace weightloom
