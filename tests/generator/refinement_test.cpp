#include "weightloom/generator/refinement.hpp"

#include <catch2/catch.hpp>

#include "../support/row_networks.hpp"
#include "weightloom/generator/start.hpp"
#include "weightloom/runtime/evaluation.hpp"

using namespace weightloom;
using namespace weightloom::test;

namespace {

struct AskedRows {
  TemporaryFolder folder;
  std::string three = (folder / "three").string();
  std::shared_ptr<const Tokenizer> tokenizer = anchor_tokenizer();
  DataCache data{ImageForm{1, 4}};
  Request request;

  AskedRows() {
    write_rows(three, 3);
    request.data = three;
    request.family = "line";
    request.shots = 8;
  }
};

}  // namespace

TEST_CASE("refinement makes a bad network good on images like its examples, and gives the same bits again",
          "[refinement]") {
  AskedRows rows;
  const auto plan = rows.tokenizer->plan(small_mlp(2), "line");
  const auto examples = example_images(rows.request, rows.data);
  const auto bad = initial_weights(plan->description(), 1, 3);
  const auto accuracy = [&](const Weights& of) {
    return evaluate(plan->executor(), of, {&rows.data.get(rows.three)->test}).accuracy[0];
  };
  const auto keep = [](const torch::Tensor&, Weights&) {};
  const Refined refined = refine(*plan, bad, examples, 150, 1, keep);
  CHECK(refined.learning_rate > 0);
  CHECK(accuracy(bad) < 0.8);
  CHECK(accuracy(refined.weights) > 0.9);
  CHECK(refined.expected_accuracy > 0.9);
  const Refined again = refine(*plan, bad, examples, 150, 1, keep);
  for (std::size_t p = 0; p < bad.tensors.size(); ++p)
    CHECK(torch::equal(refined.weights.tensors[p], again.weights.tensors[p]));
}

TEST_CASE("where no step is better than none, the network stays as it is", "[refinement]") {
  AskedRows rows;
  const Start start = make_start(*rows.tokenizer, small_mlp(2), rows.request, rows.data);
  const auto examples = example_images(rows.request, rows.data);
  const Refined refined = refine(*start.plan, start.weights, examples, 5, 1, [](const torch::Tensor&, Weights&) {});
  CHECK(refined.learning_rate == 0);
  for (std::size_t p = 0; p < start.weights.tensors.size(); ++p)
    CHECK(torch::equal(refined.weights.tensors[p], start.weights.tensors[p]));
  rows.request.refine = 5;
  CHECK(make_start(*rows.tokenizer, small_mlp(2), rows.request, rows.data).head.expected_accuracy == 1.0);
}
