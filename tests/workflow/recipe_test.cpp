#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "weightloom/assessment/assessment.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/generator/training.hpp"
#include "weightloom/tokenizer/training.hpp"
#include "weightloom/workflow/grow.hpp"

using namespace weightloom;

namespace {

constexpr const char* kRecipe = R"(
schema = "weightloom.recipe/1"
seed = 3
form = {channels = 1, size = 14}
[[anchor]]
family = "net"
architecture = "mlp"
config = {width = 16}
ranges = {depth = [2, 4], width = {values = [16, 8]}}
data = ["mnist", "fashion-mnist[1,2]"]
steps = 20
[[population]]
family = "net"
architecture = "mlp"
config = {width = 16}
vary = {depth = [2, 3], data = ["mnist@500", "fashion-mnist"], seed = [0, 1, 2, 3, 4]}
from = "anchor"
epochs = 1.5
learning_rate = 0.01
name = "{family}/{data}/d{depth}/{seed}"
held_out = 0.2
)";

std::string refusal(const std::string& text) {
  try {
    parse_recipe(parse_toml(text));
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a recipe expands into every combination", "[recipe]") {
  const auto recipe = parse_recipe(parse_toml(kRecipe));
  CHECK(recipe.seed == 3);
  CHECK(recipe.form.size == 14);
  REQUIRE(recipe.anchors.size() == 1);
  CHECK(recipe.anchors[0].ranges.largest({{"width", 1}}) == Json{{"width", 16}, {"depth", 4}});
  CHECK(recipe.anchors[0].data[1].text() == "fashion-mnist[1,2]");
  REQUIRE(recipe.members.size() == 20);
  std::set<std::string> names;
  int held_out = 0;
  for (const auto& member : recipe.members) {
    names.insert(member.name);
    CHECK(member.from_anchor);
    CHECK(member.config.at("width") == 16);
    CHECK(member.training.epochs == 1.5);
    CHECK((member.split == "held-out") == (member.seed == 4));
    held_out += member.split == "held-out";
  }
  CHECK(names.size() == 20);
  CHECK(names.contains("net/mnist@500/d3/4"));
  CHECK(held_out == 4);
}

TEST_CASE("tasks are random class subsets without repetition", "[recipe]") {
  const std::vector<std::pair<std::string, std::int64_t>> sources{{"a", 10}, {"b@300", 10}};
  const auto tasks = draw_tasks(sources, 4, 200, 1), again = draw_tasks(sources, 4, 200, 1);
  std::set<std::pair<std::string, std::set<std::int64_t>>> sets;
  bool unsorted = false;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    CHECK(tasks[i].text() == again[i].text());
    CHECK(tasks[i].source == (i % 2 == 0 ? "a" : "b"));
    CHECK(tasks[i].train_limit == (i % 2 == 0 ? 0 : 300));
    sets.insert({tasks[i].source, {tasks[i].classes.begin(), tasks[i].classes.end()}});
    unsorted |= !std::is_sorted(tasks[i].classes.begin(), tasks[i].classes.end());
  }
  CHECK(sets.size() == 200);
  CHECK(unsorted);
  for (const auto& task : draw_tasks(sources, 4, 100, 2, tasks))
    CHECK(sets.insert({task.source, {task.classes.begin(), task.classes.end()}}).second);
  CHECK_THROWS_AS(draw_tasks({{"a", 3}}, 2, 4, 1), Error);
  CHECK_THROWS_AS(draw_tasks({{"a", 3}}, 4, 1, 1), Error);
}

TEST_CASE("a population of tasks holds out its last tasks", "[recipe]") {
  const auto recipe =
      parse_recipe(parse_toml("[[population]]\nfamily = 'mlp'\ntasks = {source = ['mnist'], classes = 2, count = 10, "
                              "seed = 1}\nsteps = 5\nheld_out = 0.3"));
  REQUIRE(recipe.members.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(recipe.members[i].split == (i < 7 ? "train" : "held-out"));
  CHECK(recipe.members[0].name == "mlp/" + recipe.members[0].data.text());
}

TEST_CASE("ranges hold every number between their ends, listed values, and lists of them", "[recipe]") {
  const ConfigRanges ranges({{"a", {3, 5}}, {"b", {{"values", {8, 2}}}}, {"c", {{"each", {{1, 2}, {4, 4}}}}}}, "r");
  Random random(1);
  std::set<std::int64_t> a, b, c;
  for (int i = 0; i < 200; ++i) {
    const Json config = ranges.draw({{"kept", true}}, random);
    CHECK(config.at("kept") == true);
    a.insert(config.at("a").get<std::int64_t>());
    b.insert(config.at("b").get<std::int64_t>());
    c.insert(config.at("c").at(0).get<std::int64_t>());
    CHECK(config.at("c").at(1) == 4);
  }
  CHECK(a == std::set<std::int64_t>{3, 4, 5});
  CHECK(b == std::set<std::int64_t>{2, 8});
  CHECK(c == std::set<std::int64_t>{1, 2});
  CHECK(ranges.largest(Json::object()) == Json{{"a", 5}, {"b", 8}, {"c", {2, 4}}});
  for (const Json& wrong :
       {Json{{"a", 3}}, Json{{"a", {5, 3}}}, Json{{"a", {1, 2, 3}}}, Json{{"a", {{"values", Json::array()}}}},
        Json{{"a", {{"each", {3}}}}}, Json{{"a", {0.5, 2}}}, Json{{"a", {0, 1 << 30}}},
        Json{{"a", {INT64_MIN, INT64_MAX}}}, Json{{"size", {1, 2}}}, Json(3)})
    CHECK_THROWS_AS(ConfigRanges(wrong, "r"), Error);
}

TEST_CASE("a wrong recipe is refused with the place of the mistake", "[recipe]") {
  const std::string population = "[[population]]\nfamily = 'mlp'\n", good = population + "data = 'mnist'\nsteps = 5\n";
  CHECK(refusal(good) == "accepted");
  CHECK(refusal("[tokenizer]\nsteps = 5\n" + good) == "accepted");
  CHECK(refusal("schema = 'weightloom.recipe/2'\n" + good).find("recipe/2") != std::string::npos);
  CHECK(refusal(good + "epochs = 1\n").find("population 1") != std::string::npos);
  CHECK(refusal(good + "learning_rat = 1\n").find("learning_rat") != std::string::npos);
  CHECK(refusal(good + good).find("'mlp'") != std::string::npos);
  CHECK(refusal(good + "from = 'anchor'\n").find("no anchor") != std::string::npos);
  CHECK(refusal(good + "from = 'nothing'\n").find("'nothing'") != std::string::npos);
  CHECK(refusal(good + "name = '{family}/{width}'\n").find("{width}") != std::string::npos);
  CHECK(refusal(good + "vary = {data = ['mnist']}\n").find("once") != std::string::npos);
  CHECK(refusal(good + "vary = {seed = 3}\n").find("seed") != std::string::npos);
  CHECK(refusal(good + "vary = {seed = ['x']}\n").find("seed") != std::string::npos);
  CHECK(refusal(population + "steps = 5\n").find("data") != std::string::npos);
  CHECK(refusal(population + "data = 'mnist@x'\nsteps = 5\n").find("mnist@x") != std::string::npos);
}

TEST_CASE("the quick start's recipe is one that every reader of recipes accepts", "[recipe]") {
  const auto json = load_toml(std::string(std::getenv("WEIGHTLOOM_SOURCE")) + "/examples/quickstart/quickstart.toml");
  CHECK(parse_recipe(json).anchors.size() == 4);
  CHECK_NOTHROW(parse_tokenizer_training(json.at("tokenizer"), "tokenizer"));
  CHECK_NOTHROW(parse_generator_training(json.at("generator"), "generator"));
  CHECK(parse_assessment(json.at("assessment"), "assessment").unseen.size() == 1);
}
