#include "weightloom/training/loop.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

using test::TemporaryFolder;

TEST_CASE("events come every few steps and after the last one", "[loop]") {
  TrainingState state;
  std::vector<std::uint64_t> done;
  std::vector<std::int64_t> worked;
  run_steps(
      {"learn", 7, 3, 1}, {}, state,
      [&](std::int64_t step) {
        worked.push_back(step);
        return Json{{"step", step}};
      },
      [&](const ProgressEvent& event) {
        CHECK(event.task == "learn");
        CHECK(event.total == 7);
        CHECK(event.detail.at("step") == event.done - 1);
        CHECK(event.finished == (event.done == 7));
        done.push_back(event.done);
      });
  CHECK(worked == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(done == std::vector<std::uint64_t>{3, 6, 7});
}

TEST_CASE("an interrupted loop keeps its state, goes on from there, and is done once", "[loop]") {
  const TemporaryFolder folder;
  const Checkpoint checkpoint{folder / "loop.safetensors", "print"};
  const auto run = [&](std::int64_t interrupt_at, std::vector<std::int64_t>& worked) {
    std::int64_t sum = 0;
    TrainingState state;
    state.keep("sum", sum);
    run_steps({"learn", 10, 1, 100}, checkpoint, state,
              [&](std::int64_t step) {
                worked.push_back(step);
                sum += step;
                if (step == interrupt_at) request_interrupt();
                return Json();
              },
              {});
    return sum;
  };
  std::vector<std::int64_t> first, second, third;
  CHECK_THROWS_AS(run(3, first), Error);
  clear_interrupt();
  CHECK(first == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(run(-1, second) == 45);
  CHECK(second == std::vector<std::int64_t>{4, 5, 6, 7, 8, 9});
  CHECK(run(-1, third) == 45);
  CHECK(third.empty());
}

TEST_CASE("a loop that fails goes on from its last regular checkpoint", "[loop]") {
  const TemporaryFolder folder;
  const Checkpoint checkpoint{folder / "loop.safetensors", "print"};
  TrainingState state;
  std::vector<std::int64_t> worked;
  const auto run = [&](std::int64_t fail_at) {
    run_steps({"learn", 8, 1, 2}, checkpoint, state,
              [&](std::int64_t step) {
                if (step == fail_at) throw Error(ErrorCode::kFailure, "test", "no power");
                worked.push_back(step);
                return Json();
              },
              {});
  };
  CHECK_THROWS_AS(run(5), Error);
  worked.clear();
  std::vector<std::int64_t> expected{4, 5, 6, 7};
  run(-1);
  CHECK(worked == expected);
}

}  // namespace
}  // namespace weightloom
