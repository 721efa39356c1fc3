#include "weightloom/generator/body.hpp"

#include <catch2/catch.hpp>

#include "../support/row_networks.hpp"
#include "weightloom/generator/generator.hpp"

using namespace weightloom;
using namespace weightloom::test;

namespace {

// The halves of an image of class 0 differ, those of one of class 1 do not: no straight line tells them apart, and
// neither half does by itself. [R = 2, n, 1, 4, 4]
torch::Tensor halves(std::int64_t shots, std::uint64_t seed) {
  auto draws = make_generator(seed);
  auto images = torch::randn({2, shots, 1, 4, 4}, draws) * 0.1;
  for (std::int64_t i = 0; i < shots; ++i) {
    const double sign = i % 2 == 0 ? 1 : -1;
    const auto put = [&](std::int64_t cls, double left, double right) {
      images[cls][i][0].slice(1, 0, 2) += left;
      images[cls][i][0].slice(1, 2, 4) += right;
    };
    put(0, sign, -sign);
    put(1, sign, sign);
  }
  return images;
}

struct Fresh {
  std::shared_ptr<const Tokenizer> tokenizer = anchor_tokenizer();
  // Of an architecture's configuration that no anchor knows the features of: a head is fitted, nothing is matched.
  NetworkDescription description = [] {
    auto json = to_json(small_mlp(1));
    for (auto& parameter : json["parameters"])
      if (parameter["name"] == "head.weight" || parameter["name"] == "head.bias") parameter["shape"][0] = 2;
    return parse_description(json.dump());
  }();
  std::shared_ptr<const NetworkPlan> plan = tokenizer->plan(description, "unknown");
  // Its hidden units see the left half alone, which is the same for both classes.
  Weights weights = [this] {
    Weights out = initial_weights(description, 1, 2);
    out.tensors[*description.find_parameter("block0.linear.weight")].view({-1, 4, 4}).slice(2, 2, 4).zero_();
    return out;
  }();

  double accuracy(const Weights& of, const LinearHead& head, std::uint64_t seed) const {
    return head_accuracy(head, example_features(*plan, of, halves(64, seed).unsqueeze(0))[0]);
  }
};

}  // namespace

TEST_CASE("a pass brings the body to tell apart what its features did not", "[body]") {
  const Fresh fresh;
  const auto examples = with_copies(*fresh.plan, halves(16, 1), 4);
  REQUIRE(can_fit_body(*fresh.plan, examples[0]));
  Weights weights = fresh.weights;
  LinearHead head = fit_head(nullptr, *fresh.plan, example_features(*fresh.plan, weights, examples));
  const double before = fresh.accuracy(weights, head, 2);
  const auto passes = fit_body_where_better(nullptr, *fresh.plan, examples, 5, weights, head);
  INFO("before " << before);
  CHECK(passes >= 1);
  CHECK(fresh.accuracy(weights, head, 2) > before + 0.1);
  CHECK(fresh.accuracy(weights, head, 2) > 0.9);
  CHECK(std::abs(head.expected_accuracy - fresh.accuracy(weights, head, 3)) < 0.15);
  for (const auto& tensor : weights.tensors) CHECK(tensor.isfinite().all().item<bool>());
}

TEST_CASE("what is known already, what has too few examples and what overflows stays as it is", "[body]") {
  const Fresh fresh;
  const auto examples = with_copies(*fresh.plan, halves(16, 1), 4);
  Weights weights = fresh.weights;
  LinearHead head = fit_head(nullptr, *fresh.plan, example_features(*fresh.plan, weights, examples));
  head.known_classes = true;
  CHECK(fit_body_where_better(nullptr, *fresh.plan, examples, 5, weights, head) == 0);
  CHECK_FALSE(can_fit_body(*fresh.plan, examples[0].narrow(1, 0, 3)));

  Weights broken = fresh.weights.clone();
  broken.tensors[*fresh.description.find_parameter("block0.linear.bias")].fill_(INFINITY);
  auto draws = make_generator(6);
  const Weights after = fit_body(*fresh.plan, broken, examples[0], draws);
  for (std::size_t p = 0; p < after.tensors.size(); ++p) CHECK(torch::equal(after.tensors[p], broken.tensors[p]));
}

TEST_CASE("a request says whether the body is fitted, and one of before that did not", "[body]") {
  Request request;
  request.data = "mnist";
  CHECK(request_from_json(to_json(request)).fit_body);
  request.fit_body = false;
  CHECK_FALSE(request_from_json(to_json(request)).fit_body);
  Json old = to_json(request);
  old.erase("fit_body");
  CHECK_FALSE(request_from_json(old).fit_body);
}
