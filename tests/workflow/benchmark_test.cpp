#include "weightloom/workflow/benchmark.hpp"

#include <catch2/catch.hpp>

#include "tiny_zoo.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

using namespace weightloom;

namespace {

constexpr const char* kBenchmark = R"(
form = {channels = 1, size = 8}

[[render]]
name = "letters"
scripts = ["greek"]
classes = 6
train = 12
test = 6
size = 8

[[anchor]]
family = "mlp"
architecture = "mlp"
config = {hidden = [8]}
data = ["{letters}"]
steps = 20

[[population]]
family = "mlp"
architecture = "mlp"
config = {hidden = [8]}
tasks = {source = ["{letters}"], classes = 3, count = 4}
from = "anchor"
steps = 5

[tokenizer]
chunk = 16
codebooks = 2
codes = 8
hidden = 16
steps = 5
batch = 32

[generator]
width = 16
layers = 1
heads = 2
steps = 3
networks = 2
images = 16
shots = 4
seeds = [0, 1]

[[generator.practice]]
architecture = "mlp"
family = "mlp"
config = {hidden = [8]}
tasks = {classes = [2, 4], count = 3}
data = ["{letters}"]

[[adapt]]
architecture = "cnn"
config = {width = [4], pool = [1]}
anchor_steps = 5
steps = 2

[[large]]
architecture = "mlp"
config = {hidden = [300], channels = 1, size = 8, classes = 6}
instruction = "letters"

[assessment]
samples = 2
zoo_rows = false
trials = [{architecture = "mlp", family = "mlp", config = {hidden = [8]}, data = ["{letters}[0,1,2]"]},
          {architecture = "cnn", family = "cnn", config = {width = [4], pool = [1]}, data = ["{letters}[3,4]"]}]
)";

}  // namespace

TEST_CASE("a benchmark is carried out from its first image to its table, and goes on where it was stopped",
          "[benchmark]") {
  test::TinyZoo tiny;
  const auto recipe = tiny.folder / "letters.toml";
  write_file(recipe, kBenchmark);
  const BenchmarkJob job{recipe, tiny.folder / "out", false, 1};
  CHECK_THROWS_AS(run_benchmark(job, tiny.plugins,
                                [](const ProgressEvent& event) {
                                  if (event.task == "train generator") request_interrupt();
                                }),
                  Error);
  clear_interrupt();
  const Results results = run_benchmark(job, tiny.plugins);
  REQUIRE(results.costs.size() == 1);
  CHECK(results.costs[0].weights == 64 * 300 + 300 + 300 * 6 + 6);
  CHECK(results.costs[0].seconds > 0);
  CHECK(results.costs[0].peak_rss_bytes > 1 << 20);
  for (const char* name : {"generated-trial", "start-trial", "head-only-trial", "discriminant-trial", "unadapted-trial",
                           "scratch-trial", "full-batch-trial", "refined-start-trial"})
    for (const char* family : {"mlp", "cnn"}) {
      INFO(name << " " << family);
      const auto row = std::ranges::find_if(results.assessment.rows, [&](const ResultRow& other) {
        return other.name == name && other.architecture == family;
      });
      REQUIRE(row != results.assessment.rows.end());
      CHECK(row->values.size() == 4);  // two of each generator
    }
  CHECK(std::filesystem::exists(job.folder / "report.html"));
  // Nothing is made twice.
  const Results again = run_benchmark(job, tiny.plugins, [](const ProgressEvent& event) {
    CHECK(event.task != "train generator");
    CHECK(event.task != "assess");
  });
  CHECK(to_json(again) == to_json(results));
}

TEST_CASE("a quick recipe is short everywhere and otherwise the same", "[benchmark]") {
  Json whole = parse_toml(kBenchmark);
  Json& trials = whole["assessment"]["trials"];
  trials[0]["data"].push_back("another");
  const Json quick = quick_recipe(whole);
  CHECK(quick.at("anchor").at(0).at("steps") == 8);
  CHECK(quick.at("population").at(0).at("steps") == 5);
  CHECK(quick.at("assessment").at("samples") == 1);
  CHECK_FALSE(quick.at("generator").contains("seeds"));
  Json first = trials[0];
  first["data"] = {"{letters}[0,1,2]"};
  CHECK(quick.at("assessment").at("trials") == Json::array({first}));
}

TEST_CASE("a benchmark that is not there is refused by name", "[benchmark]") {
  CHECK_THROWS_WITH(benchmark_recipe("no-such-benchmark"), Catch::Contains("no-such-benchmark"));
}
