#include "weightloom/training/index_stream.hpp"

#include <catch2/catch.hpp>

namespace weightloom {
namespace {

TEST_CASE("every index comes once in each round, whatever the size of the batches", "[index_stream]") {
  IndexStream stream(10, 3);
  std::vector<torch::Tensor> drawn;
  for (int i = 0; i < 10; ++i) drawn.push_back(stream.next(3));
  const auto all = torch::cat(drawn);
  for (int round = 0; round < 3; ++round)
    CHECK(torch::equal(std::get<0>(all.narrow(0, 10 * round, 10).sort()), torch::arange(10)));
  CHECK(!torch::equal(all.narrow(0, 0, 10), all.narrow(0, 10, 10)));
  CHECK(IndexStream(2, 0).next(5).size(0) == 5);
}

TEST_CASE("a stream goes on where its state was kept, also before its first draw", "[index_stream]") {
  for (const int draws : {0, 1, 4}) {
    IndexStream stream(7, 3);
    for (int i = 0; i < draws; ++i) stream.next(2);
    TrainingState state;
    stream.keep_in(state, "");
    const auto kept = state.save();
    IndexStream other(7, 99);
    TrainingState other_state;
    other.keep_in(other_state, "");
    other_state.restore(kept);
    for (int i = 0; i < 9; ++i) CHECK(torch::equal(other.next(2), stream.next(2)));
  }
}

}  // namespace
}  // namespace weightloom
