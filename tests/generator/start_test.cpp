#include "weightloom/generator/start.hpp"

#include <catch2/catch.hpp>

#include "../support/row_networks.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/runtime/evaluation.hpp"

using namespace weightloom;
using namespace weightloom::test;

namespace {

Request on(const std::string& data) {
  Request request;
  request.data = data;
  request.family = "line";
  request.shots = 8;
  return request;
}

struct Rows {
  TemporaryFolder folder;
  std::string three = (folder / "three").string(), four = (folder / "four").string();
  std::shared_ptr<const Tokenizer> tokenizer = anchor_tokenizer();
  DataCache data{ImageForm{1, 4}};

  Rows() {
    write_rows(three, 3);
    write_rows(four, 4);
  }
  Start make(const std::string& spec) { return make_start(*tokenizer, small_mlp(2), on(spec), data); }
  double test_accuracy(const Start& start, const std::string& spec) {
    return evaluate(start.plan->executor(), start.weights, {&data.get(spec)->test}).accuracy[0];
  }
};

}  // namespace

TEST_CASE("a start has the ancestor's body and a head that works, in any order of the classes", "[start]") {
  Rows rows;
  for (const std::string classes : {"[0,1,2]", "[2,0,1]", "[1,2,0]"}) {
    const std::string data = rows.three + classes;
    const Start start = rows.make(data);
    INFO(data << ": " << head_source_name(start.head.source));
    CHECK(start.head.expected_accuracy == 1.0);
    CHECK(rows.test_accuracy(start, data) == 1.0);
  }
}

TEST_CASE("rows of the ancestor's head are taken where it knows the classes, a discriminant where it does not",
          "[start]") {
  Rows rows;
  // The ancestor was trained on three rows; the fourth it takes for the first.
  CHECK(rows.make(rows.three).head.source == HeadSource::kMatchedRows);
  const std::string unknown = rows.four + "[0,1,3]";
  const Start start = rows.make(unknown);
  CHECK(start.head.source != HeadSource::kMatchedRows);
  CHECK(rows.test_accuracy(start, unknown) == 1.0);
}

TEST_CASE("a start repeats for a seed, and refuses data of another number of classes", "[start]") {
  Rows rows;
  const Start first = rows.make(rows.three), second = rows.make(rows.three);
  for (std::size_t i = 0; i < first.weights.tensors.size(); ++i)
    CHECK(torch::equal(first.weights.tensors[i], second.weights.tensors[i]));
  CHECK_THROWS_WITH(rows.make(rows.four), Catch::Contains("3 outputs"));
}

TEST_CASE("a body that overflows gets a head that answers nothing, not an endless search", "[start]") {
  Rows rows;
  const auto plan = rows.tokenizer->plan(small_mlp(2), "line");
  Weights broken = plan->anchor().clone();
  broken.tensors[*plan->description().find_parameter("block0.linear.bias")].fill_(INFINITY);
  const auto examples = example_images(on(rows.three), rows.data).unsqueeze(0);
  const auto* anchor = rows.tokenizer->find_anchor(plan->description().architecture, "line");
  const auto head = refit_head(anchor, *plan, example_features(*plan, broken, examples), broken);
  CHECK(head.expected_accuracy <= 0.5);
}

TEST_CASE("a generated head stays where it is at least as good as what is fitted, and goes where it is not",
          "[start]") {
  Rows rows;
  const auto plan = rows.tokenizer->plan(small_mlp(2), "line");
  const auto* anchor = rows.tokenizer->find_anchor(plan->description().architecture, "line");
  const auto examples = example_images(on(rows.three), rows.data).unsqueeze(0);
  Weights right = right_network(2), wrong = wrong_network(2);
  const auto before = right.clone();
  CHECK(refit_head(anchor, *plan, example_features(*plan, right, examples), right).source == HeadSource::kGenerated);
  for (std::size_t i = 0; i < right.tensors.size(); ++i) CHECK(torch::equal(right.tensors[i], before.tensors[i]));
  CHECK(refit_head(anchor, *plan, example_features(*plan, wrong, examples), wrong).source != HeadSource::kGenerated);
  CHECK(evaluate(plan->executor(), wrong, {&rows.data.get(rows.three)->test}).accuracy[0] == 1.0);
}

TEST_CASE("what means no deviation is the start, bit for bit", "[start]") {
  Rows rows;
  // The tokenizer's one code means "no deviation", whatever a generator draws.
  const Generator generator({.width = 8, .layers = 1, .heads = 2}, rows.tokenizer, 3);
  const Request request = on(rows.three);
  const Generated made = generate(generator, small_mlp(2), request, rows.data);
  const ReadyNetworks ready = ready_to_use(generator, made, request, rows.data);
  const Start start = rows.make(rows.three);
  for (std::size_t p = 0; p < start.weights.tensors.size(); ++p)
    CHECK(torch::equal(ready.weights.tensors[p], start.weights.tensors[p]));
}

TEST_CASE("of a bad deviation nothing is kept, of a good one all", "[start]") {
  Rows rows;
  const Generator generator({.width = 8, .layers = 1, .heads = 2}, rows.tokenizer, 3);
  const Request request = on(rows.three);
  Generated made = generate(generator, small_mlp(2), request, rows.data);
  CHECK(ready_to_use(generator, made, request, rows.data).shares == std::vector<double>{1});
  for (auto& tensor : made.weights.tensors) tensor = torch::zeros_like(tensor);
  const ReadyNetworks gated = ready_to_use(generator, made, request, rows.data);
  CHECK(gated.shares.at(0) < 1);
  CHECK(gated.heads.at(0).expected_accuracy == 1.0);
}
