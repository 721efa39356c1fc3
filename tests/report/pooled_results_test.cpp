#include "weightloom/report/pooled_results.hpp"

#include <catch2/catch.hpp>

#include "results_sample.hpp"

using namespace weightloom;

TEST_CASE("pooled rows hold the samples of all, and novelty is that of all samples") {
  Results first = testing::sample_results(), second = testing::sample_results();
  second.assessment.rows[1].values = {0.7};
  second.assessment.rows[1].novelty = Novelty{0.3, 0.9, 0.75, {0.9}, {0.3}};
  second.assessment.rows.push_back({"start", "mnist", "all", 0, {0.5}, {}});
  second.seeds[1].second = 8;
  const Results pooled = pool({first, second});
  const auto& row = pooled.assessment.rows[1];
  CHECK(row.values == std::vector<double>{0.90, 0.92, 0.7});
  CHECK(row.novelty->disagreements == std::vector<double>{0.1, 0.15, 0.3});
  CHECK(row.novelty->disagreement_with_nearest == 0.15);
  CHECK(*row.novelty->distance_to_nearest == 0.6);
  CHECK(*row.novelty->tokens_shared_with_nearest == 0.5);
  CHECK(pooled.assessment.rows.size() == first.assessment.rows.size() + 1);
  CHECK(pooled.assessment.instruction.samples == 2 * 12345);
  CHECK(pooled.seeds.back() == std::pair<std::string, std::uint64_t>("assessment 2", 8));
  CHECK(pooled.seeds.size() == first.seeds.size() + 1);
  CHECK(pooled.fingerprint != first.fingerprint);
  CHECK(pooled.stages.empty());
}

TEST_CASE("results of one generator are pooled as they are, but for the time they took") {
  Results sample = testing::sample_results();
  const Results pooled = pool({sample});
  sample.stages.clear();
  sample.wall_seconds = 0;
  CHECK(to_json(pooled) == to_json(sample));
}
