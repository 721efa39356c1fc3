#include "weightloom/report/results.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "results_sample.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/report/results_page.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

const ResultRow& find(const Results& results, const std::string& name) {
  for (const ResultRow& row : results.assessment.rows)
    if (row.name == name) return row;
  throw std::runtime_error("no row " + name);
}

// What reading `json` says, empty when it is read.
std::string refusal(const Json& json) {
  try {
    results_from_json(json);
    return "";
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kRefused);
    CHECK(error.id() == "results.schema");
    return error.why();
  }
}

}  // namespace

TEST_CASE("every row is defined once, and every generated one has a headline and a baseline to be compared with") {
  std::set<std::string_view> names;
  for (const RowDefinition& row : row_definitions()) {
    CHECK(names.insert(row.name).second);
    CHECK((row.kind == RowKind::kGenerated) == !row.headline.empty());
    const auto is_its_baseline = [&](const RowDefinition& other) {
      return other.kind == RowKind::kBaseline && other.setting == row.setting;
    };
    CHECK(std::ranges::any_of(row_definitions(), is_its_baseline));
  }
  CHECK_THROWS_AS(row_definition("generated-unheard-of"), Error);
}

TEST_CASE("how a sentence was understood is kept with the results, and on their page") {
  Results results = sample_results();
  CHECK(!to_json(results).contains("sentence"));
  results.sentence = {"digits <now>", "mnist", "resnet depth=20", 0.7, {"digits"}, 0.956};
  const Results again = results_from_json(to_json(results));
  REQUIRE(again.sentence);
  CHECK(to_json(again) == to_json(results));
  const auto page = render_results_page(again);
  CHECK(page.find("digits &lt;now&gt;") != std::string::npos);
  CHECK(page.find("95.6") != std::string::npos);
}

TEST_CASE("the strongest baseline is the best one of the same setting, data, architecture and epochs") {
  const Results results = sample_results();
  const auto& rows = results.assessment.rows;
  // Stronger, but elsewhere: random-init after an epoch, noise on other data, retrieval of one family, the zoo itself.
  const ResultRow* seen = strongest_baseline(rows, find(results, "generated-seen"));
  REQUIRE(seen);
  CHECK(seen->name == "noise");
  CHECK(seen->data == "mnist");
  const ResultRow* deep = strongest_baseline(rows, find(results, "generated-unseen-depth"));
  REQUIRE(deep);
  CHECK(deep->name == "layer-copy");
  CHECK(strongest_baseline(rows, {"generated-unseen-task", "mnist", "all", 0, {0.5}, {}}) == nullptr);
}

TEST_CASE("a comparison says which one is better, by how much") {
  const auto row = [](const char* name, double value) { return ResultRow{name, "mnist", "all", 0, {value}, {}}; };
  CHECK(compare_baseline(row("generated-seen", 0.8), row("noise", 0.829)) == "noise is better by 2.9 points (82.9 %)");
  CHECK(compare_baseline(row("generated-seen", 0.9), row("noise", 0.79)) == "noise is weaker by 11.0 points (79.0 %)");
  CHECK(compare_baseline(row("generated-seen", 0.9), row("noise", 0.9001)) == "noise is as good (90.0 %)");
}

TEST_CASE("results survive the way through JSON text") {
  const Json json = to_json(sample_results());
  CHECK(json["schema"] == "weightloom.quickstart/1");
  CHECK(json["rows"][1]["n"] == 2);
  CHECK(json["rows"][1]["mean"].get<double>() == Approx(0.91));
  CHECK(json["rows"][1]["std"].get<double>() == Approx(std::sqrt(0.0002)));
  CHECK(json["instruction"]["share"].get<double>() == Approx(12000.0 / 12345));
  CHECK(json["seeds"]["assessment"].dump() == "9223372036854775807");
  const Json read = Json::parse(json.dump());
  CHECK(to_json(results_from_json(read)) == json);
}

TEST_CASE("a figure that is no number is null in JSON, and no number again afterwards") {
  Results results = sample_results();
  results.assessment.rows[1].novelty->distance_to_nearest = std::nan("");
  const Results read = results_from_json(Json::parse(to_json(results).dump()));
  REQUIRE(read.assessment.rows[1].novelty->distance_to_nearest);
  CHECK(std::isnan(*read.assessment.rows[1].novelty->distance_to_nearest));
}

TEST_CASE("malformed results are refused, naming the key") {
  const Json good = to_json(sample_results());
  const auto with = [&](const char* pointer, Json value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = std::move(value);
    return refusal(json);
  };
  const auto without = [&](const char* parent, const char* key) {
    Json json = good;
    json[Json::json_pointer(parent)].erase(key);
    return refusal(json);
  };
  CHECK(refusal(good).empty());
  CHECK(refusal(Json::array()).find("schema") != std::string::npos);
  CHECK(with("/schema", "weightloom.recipe/1").find("'schema'") != std::string::npos);
  CHECK(with("/rows", 3).find("'rows'") != std::string::npos);
  CHECK(with("/rows/2", "x").find("'rows[2]'") != std::string::npos);
  CHECK(with("/rows/2/values/0", "x").find("'rows[2].values[0]'") != std::string::npos);
  CHECK(with("/rows/0/row", "mystery").find("'rows[0].row'") != std::string::npos);
  CHECK(without("/rows/1", "epochs").find("'rows[1].epochs'") != std::string::npos);
  CHECK(without("/rows/1/novelty", "distances").find("'rows[1].novelty.distances'") != std::string::npos);
  CHECK(without("", "seeds").find("'seeds'") != std::string::npos);
  CHECK(with("/seeds/recipe", -1.5).find("'seeds.recipe'") != std::string::npos);
  CHECK(with("/zoo/networks", "many").find("'zoo.networks'") != std::string::npos);
}

TEST_CASE("the largest seed is written in full") {
  CHECK(seeds_text(sample_results()) == "recipe 7, assessment 9223372036854775807");
}
