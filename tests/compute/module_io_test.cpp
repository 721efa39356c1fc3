#include "weightloom/compute/module_io.hpp"

#include <catch2/catch.hpp>

#include "weightloom/base/error.hpp"
#include "weightloom/compute/layers.hpp"
#include "weightloom/compute/random.hpp"

namespace weightloom {
namespace {

TEST_CASE("tensors of every stored type survive the way to host tensors and back", "[module_io]") {
  for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kInt64, torch::kUInt8}) {
    const auto tensor = torch::arange(6).view({2, 3}).to(type).t();  // not contiguous
    const auto back = to_torch(to_host(tensor));
    CHECK(back.scalar_type() == type);
    CHECK(torch::equal(back, tensor));
  }
  CHECK(to_torch(to_host(torch::tensor(2.5, torch::kFloat64))).item<double>() == 2.5);
  CHECK_THROWS_AS(to_host(torch::zeros({1}, torch::kBool)), Error);
  CHECK_THROWS_AS(to_torch(HostTensor{DType::kI32, {1}, std::vector<std::byte>(4)}), Error);
}

TEST_CASE("parameters that are missing or of another shape are refused by name", "[module_io]") {
  auto generator = make_generator(1);
  Linear linear(2, 3, generator);
  TensorMap tensors;
  collect_parameters(*linear.pointer(), "layer.", tensors);
  auto wrong = tensors;
  wrong.at("layer.weight") = to_host(torch::zeros({3, 3}));
  for (const auto& broken : {TensorMap{}, wrong}) try {
      restore_parameters(*linear.pointer(), "layer.", broken);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.id() == "model.tensors");
      CHECK(error.summary().find("'layer.weight'") != std::string::npos);
    }
  Linear other(2, 3, generator);
  restore_parameters(*other.pointer(), "layer.", tensors);
  CHECK(torch::equal(other->weight, linear->weight));
}

}  // namespace
}  // namespace weightloom
