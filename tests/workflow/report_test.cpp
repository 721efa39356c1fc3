#include "weightloom/workflow/report.hpp"

#include <catch2/catch.hpp>

#include "../support/small_tokenizer.hpp"
#include "tiny_zoo.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/workflow/members.hpp"

using namespace weightloom;

namespace {

// A generator that has learnt nothing, whose file and whose tokenizer's say this of their training.
Generator saved_generator(const test::TinyZoo& tiny, const Json& training) {
  auto draws = make_generator(1);
  const auto tokenizer = std::make_shared<Tokenizer>(test::small_tokenizer_config(), std::vector<Anchor>{},
                                                     torch::randn({16, 1, 4, 4}, draws));
  Generator({.width = 8, .layers = 1, .heads = 2}, tokenizer, 0).save(tiny.folder / "generator", training);
  return Generator::load(tiny.folder / "generator");
}

}  // namespace

TEST_CASE("a report states the seeds of its models, 0 where a file says nothing, and refuses what is no seed",
          "[report]") {
  test::TinyZoo tiny;
  grow(tiny.recipe(), tiny.zoo, tiny.plugins);
  ReportJob job;
  job.recipe_seed = 7;
  job.assessment = {.samples = 1, .tasks = 0, .finetune_epochs = 0};
  const auto report = [&](const Json& training) {
    return make_report(tiny.zoo, tiny.plugins, saved_generator(tiny, training), job, "f");
  };
  using Seeds = decltype(Results::seeds);
  CHECK(report({}).seeds == Seeds{{"recipe", 7}, {"assessment", 0}, {"generator", 0}, {"tokenizer", 0}});
  const auto known = report({{"options", {{"seed", 5}}}});
  CHECK(known.seeds[2].second == 5);
  CHECK(known.generator.training == Json{{"seed", 5}});
  for (const Json& seed : {Json(-1), Json("5"), Json(1.5)})
    CHECK_THROWS_AS(report({{"options", {{"seed", seed}}}}), Error);
}
