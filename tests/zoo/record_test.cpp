#include "weightloom/zoo/record.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "sample_networks.hpp"

namespace weightloom {

TEST_CASE("a record survives JSON unchanged", "[zoo]") {
  auto record = test::record_named("a/b");
  record.id = std::string(32, 'a');
  record.notes = "text";
  record.parents = {{"fine-tuned-from", std::string(32, 'b')}};
  record.recipe = {{"steps", 3}};
  record.source = {{"sha256", "x"}};
  record.tensors = {{"w", DType::kBF16, {2, 3}, std::string(64, 'c')}};
  record.parameters = 6;
  record.created = "2026-05-01T10:00:00Z";
  CHECK(to_json(record_from_json(to_json(record))) == to_json(record));
}

TEST_CASE("the weights hash depends on names, shapes and values, and on nothing else", "[zoo]") {
  const TensorMap one{{"a", test::tensor_of(4, 1)}};
  CHECK(weights_hash(one) == weights_hash({{"a", test::tensor_of(4, 1)}}));
  CHECK(weights_hash(one) != weights_hash({{"b", test::tensor_of(4, 1)}}));
  CHECK(weights_hash(one) != weights_hash({{"a", test::tensor_of(4, 2)}}));
  auto reshaped = test::tensor_of(4, 1);
  reshaped.shape = {2, 2};
  CHECK(weights_hash(one) != weights_hash({{"a", reshaped}}));
}

}  // namespace weightloom
