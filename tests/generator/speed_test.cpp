#include "weightloom/generator/speed.hpp"

#include <catch2/catch.hpp>

#include "small_generator.hpp"

namespace weightloom {

TEST_CASE("speeds are positive, and writing needs no gradients") {
  for (const auto order : {GenerationOrder::kTensor, GenerationOrder::kChunk}) {
    test::SmallGenerator small(order);
    const auto speed = measure_speed(small.model, *small.tokenizer->plan(test::small_mlp(2)), 2, 0.01);
    CHECK(speed.generation > 0);
    CHECK(speed.training > 0);
    for (const auto& parameter : small.model.parameters()) CHECK_FALSE(parameter.grad().defined());
  }
}

}  // namespace weightloom
