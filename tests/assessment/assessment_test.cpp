#include "weightloom/assessment/assessment.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "hand_made.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

using namespace weightloom::test;

const ResultRow* find(const Assessment& assessment, const std::string& name, const std::string& family = "all",
                      double epochs = 0) {
  for (const ResultRow& row : assessment.rows)
    if (row.name == name && row.architecture == family && row.epochs == epochs) return &row;
  return nullptr;
}

// The accuracies of a row; empty when there is no such row.
std::vector<double> values(const Assessment& assessment, const std::string& name, const std::string& family = "all",
                           double epochs = 0) {
  const ResultRow* row = find(assessment, name, family, epochs);
  return row ? row->values : std::vector<double>{};
}

std::vector<double> times(std::size_t count, double value) {
  return std::vector<double>(count, value);
}

bool near(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return x == Approx(y); });
}

TEST_CASE("of members that are all the same, average, retrieval and a little noise are as good as each of them") {
  HandMade zoo;
  zoo.input.train.push_back(
      zoo.group("line", {member_of(zoo.three, 0.9), member_of(zoo.three, 0.8)}, {right_network(2), right_network(2)}));
  zoo.input.held_out.push_back(zoo.group("line", {member_of(zoo.three, 0.7)}, {right_network(2)}));
  const Assessment found = assess(zoo.input, zoo.options);
  CHECK(values(found, "zoo") == std::vector<double>{0.9, 0.8, 0.7});
  CHECK(values(found, "average") == times(4, 1.0));
  CHECK(values(found, "retrieval") == times(4, 1.0));
  CHECK(values(found, "noise") == times(4, 1.0));
  CHECK(values(found, "random-init").size() == 4);
  // The ancestor's head is zero, so that every image is of class 0: one in three is. Examples bring a head along.
  CHECK(near(values(found, "decoded"), {1.0 / 3}));
  CHECK(values(found, "generated-seen") == times(4, 1.0));
  CHECK(values(found, "start") == times(4, 1.0));
  CHECK(values(found, "generated-instruction") == times(4, 1.0));
  CHECK(values(found, "average", "line") == values(found, "average"));
}

TEST_CASE("the strongest baseline beside a generated row is found among the rows of an assessment") {
  HandMade zoo;
  zoo.input.train.push_back(
      zoo.group("line", {member_of(zoo.three, 1), member_of(zoo.three, 1)}, {right_network(2), right_network(2)}));
  zoo.input.unseen.push_back(zoo.tokenizer->plan(small_mlp(3), "line"));
  const Assessment found = assess(zoo.input, zoo.options);
  CHECK(values(found, "layer-copy") == times(4, 1.0));
  CHECK(values(found, "start-unseen-depth") == times(4, 1.0));
  const auto comparison = [&](const std::string& name) {
    const ResultRow* row = find(found, name);
    REQUIRE(row);
    const ResultRow* baseline = strongest_baseline(found.rows, *row);
    REQUIRE(baseline);
    return compare_baseline(*row, *baseline);
  };
  CHECK(comparison("generated-instruction") == "average is as good (100.0 %)");
  CHECK(comparison("generated-unseen-depth") == "layer-copy is as good (100.0 %)");
  const ResultRow* row = find(found, "generated-unseen-depth");
  REQUIRE(row->novelty);
  CHECK(row->novelty->disagreement_with_nearest == 0.0);
  CHECK_FALSE(row->novelty->distance_to_nearest);
}

TEST_CASE("retrieval takes members as they are, average mixes them") {
  HandMade zoo;
  zoo.options.samples = 20;
  zoo.input.train.push_back(
      zoo.group("line", {member_of(zoo.three, 1), member_of(zoo.three, 0.66)}, {right_network(2), wrong_network(2)}));
  const Assessment found = assess(zoo.input, zoo.options);
  const auto retrieved = values(found, "retrieval");
  const auto right = std::ranges::count(retrieved, 1.0);
  CHECK(right > 0);
  CHECK(right < 20);
  CHECK(std::ranges::all_of(retrieved, [](double a) { return a == 1.0 || a == Approx(2.0 / 3); }));
  // Half of the head's evidence for class 2 goes to class 0: a tie, and always the same one.
  const auto averages = values(found, "average");
  CHECK(averages == times(20, averages.front()));
}

TEST_CASE("a generator that writes a member again is found out: distance 0, all tokens, no disagreement") {
  HandMade zoo;
  zoo.input.train.push_back(
      zoo.group("apart", {member_of(zoo.three, 1), member_of(zoo.three, 0.66)}, {right_network(2), wrong_network(2)}));
  const Assessment found = assess(zoo.input, zoo.options);
  const ResultRow* row = find(found, "generated-seen", "apart");
  REQUIRE(row);
  CHECK(row->values == times(4, 1.0));
  REQUIRE(row->novelty);
  CHECK(row->novelty->distance_to_nearest == 0.0);
  CHECK(row->novelty->tokens_shared_with_nearest == 1.0);
  CHECK(row->novelty->disagreement_with_nearest == 0.0);
  // A family whose anchor is a mean stands for itself.
  CHECK(find(found, "generated-seen") == nullptr);
  CHECK(found.instruction.samples == 0);
}

TEST_CASE("independent members are averaged with their units in one order") {
  HandMade zoo;
  zoo.input.train.push_back(zoo.group("apart", {member_of(zoo.three, 1), member_of(zoo.three, 1)},
                                      {right_network(2), turned_round(2, right_network(2))}));
  CHECK(values(assess(zoo.input, zoo.options), "average", "apart") == times(4, 1.0));
}

TEST_CASE("a task that a network of another family was trained on is not unseen") {
  HandMade zoo;
  zoo.options.tasks = 10;
  zoo.input.train.push_back(zoo.group("line", {member_of(zoo.four + "[0,1,2]", 1)}, {right_network(2)}));
  zoo.input.train.push_back(zoo.group("apart", {member_of(zoo.four + "[3,0,1]", 1)}, {right_network(2)}));
  CHECK(values(assess(zoo.input, zoo.options), "generated-unseen-task", "line").size() == 2);
}

TEST_CASE("unseen tasks are class subsets that no member has, beside what needs no generator") {
  HandMade zoo;
  zoo.input.train.push_back(zoo.group("line", {member_of(zoo.four + "[0,1,2]", 1)}, {right_network(2)}));
  const Assessment found = assess(zoo.input, zoo.options);
  CHECK(find(found, "generated-unseen-task")->data == zoo.four);
  CHECK(values(found, "generated-unseen-task").size() == 2);
  CHECK(values(found, "generated-unseen-task") == times(2, 1.0));
  CHECK(values(found, "start-unseen-task") == times(2, 1.0));
  // One member: the nearest one is the mean of all.
  CHECK(values(found, "retrieval-unseen-task") == values(found, "average-unseen-task"));
  CHECK(values(found, "retrieval-unseen-task") != times(2, 1.0));
  // The ancestor sees which row is bright, whatever the class is called.
  CHECK(values(found, "discriminant-unseen-task") == times(2, 1.0));
  CHECK(values(found, "zoo").empty());
}

TEST_CASE("configurations of which all members are held out stand beside their members and their start") {
  HandMade zoo;
  zoo.input.train.push_back(zoo.group("line", {member_of(zoo.three, 1)}, {right_network(2)}));
  zoo.input.held_out.push_back(
      {zoo.tokenizer->plan(small_mlp(4), "line"), {member_of(zoo.three, 0.9)}, right_network(4), {}});
  // The anchor's own configuration was trained.
  zoo.input.held_out.push_back(
      {zoo.tokenizer->plan(small_mlp(3), "line"), {member_of(zoo.three, 0.1)}, right_network(3), {}});
  const Assessment found = assess(zoo.input, zoo.options);
  CHECK(values(found, "zoo-configuration") == std::vector<double>{0.9});
  CHECK(values(found, "generated-configuration") == times(1, 1.0));
  CHECK(values(found, "start-configuration") == times(1, 1.0));
  CHECK(values(found, "random-init-configuration").size() == 1);
  CHECK(find(found, "generated-configuration")->novelty->disagreement_with_nearest == 0.0);
}

TEST_CASE("there are no more unseen tasks than class subsets") {
  HandMade zoo;
  zoo.options.tasks = 10;
  zoo.input.train.push_back(zoo.group("line", {member_of(zoo.four + "[0,1,2]", 1)}, {right_network(2)}));
  CHECK(values(assess(zoo.input, zoo.options), "generated-unseen-task").size() == 3);
}

TEST_CASE("words pick the right data set when they are read as it, and those that are refused have no network") {
  HandMade zoo;
  const std::string circles = (zoo.folder / "circles").string(), unheard = (zoo.folder / "unheard").string();
  for (const auto& folder : {circles, unheard}) write_rows(folder, 3);
  zoo.generator.remember(draw_exemplars(zoo.data, {zoo.three, circles}, 0));
  zoo.options.samples = 3;
  zoo.input.train.push_back(
      zoo.group("line", {member_of(circles, 1), member_of(unheard, 1)}, {right_network(2), right_network(2)}));
  const Assessment found = assess(zoo.input, zoo.options);
  CHECK(found.instruction.samples == 6);
  CHECK(found.instruction.right_data == 3);
  CHECK(values(found, "generated-instruction") == times(3, 1.0));
}

TEST_CASE("words pick a data set, not how many of its images a member was trained on") {
  HandMade zoo;
  zoo.options.samples = 2;
  zoo.input.train.push_back(zoo.group("line", {member_of(zoo.three, 1), member_of(zoo.three + "@30", 1)},
                                      {right_network(2), right_network(2)}));
  const Assessment found = assess(zoo.input, zoo.options);
  CHECK(found.instruction.samples == 4);
  CHECK(found.instruction.right_data == 4);
}

TEST_CASE("a member whose accuracy was never recorded is measured") {
  HandMade zoo;
  zoo.input.train.push_back(
      zoo.group("line", {member_of(zoo.three, 0.5), member_of(zoo.three)}, {right_network(2), wrong_network(2)}));
  CHECK(near(values(assess(zoo.input, zoo.options), "zoo"), {0.5, 2.0 / 3}));
}

TEST_CASE("fine-tuned rows have the same starts and stand beside those before") {
  HandMade zoo;
  zoo.options.finetune_epochs = 2;
  zoo.input.train.push_back(
      zoo.group("line", {member_of(zoo.three, 1), member_of(zoo.three, 1)}, {right_network(2), right_network(2)}));
  const Assessment found = assess(zoo.input, zoo.options);
  CHECK(values(found, "generated-seen", "all", 2).size() == 2);
  CHECK(values(found, "random-init", "all", 2).size() == 2);
  CHECK(values(found, "average", "all", 2).empty());
}

TEST_CASE("the same input gives the same rows, and they survive the way through JSON") {
  HandMade zoo;
  zoo.input.train.push_back(
      zoo.group("line", {member_of(zoo.three, 1), member_of(zoo.three, 0.66)}, {right_network(2), wrong_network(2)}));
  zoo.input.train.push_back(zoo.group("line", {member_of(zoo.four + "[0,1,2]", 1)}, {right_network(2)}));
  Results first, again;
  first.assessment = assess(zoo.input, zoo.options);
  again.assessment = assess(zoo.input, zoo.options);
  const Json json = to_json(first);
  CHECK(json == to_json(again));
  CHECK(to_json(results_from_json(Json::parse(json.dump()))) == json);
}

TEST_CASE("what LibTorch throws becomes an error of this library") {
  HandMade zoo;
  // More records than networks.
  zoo.input.train.push_back(zoo.group("line", {member_of(zoo.three, 1), member_of(zoo.three, 1)}, {right_network(2)}));
  try {
    assess(zoo.input, zoo.options);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.id() == "runtime.torch");
    CHECK(error.summary() == "cannot assess generated networks");
  }
}

TEST_CASE("the assessment table of a recipe is checked") {
  CHECK(parse_assessment({{"samples", 3}, {"seed", 9223372036854775807}}, "r").seed == 9223372036854775807ULL);
  CHECK_THROWS_AS(parse_assessment({{"sample", 3}}, "r"), Error);
  CHECK_THROWS_AS(parse_assessment({{"samples", 0}}, "r"), Error);
  CHECK_THROWS_AS(parse_assessment({{"unseen", {{{"config", Json::object()}}}}}, "r"), Error);
}

}  // namespace
}  // namespace weightloom
