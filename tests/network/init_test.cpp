#include "weightloom/network/init.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "weightloom/network/slots.hpp"

using namespace weightloom;

namespace {

ParameterSpec xavier(Shape shape) {
  ParameterSpec parameter;
  parameter.shape = std::move(shape);
  parameter.init = {Init::Kind::kXavierUniform, 1.0};
  return parameter;
}

}  // namespace

// The numbers are those of torch.nn.init._calculate_fan_in_and_fan_out.
TEST_CASE("fans count the connections of a unit", "[init]") {
  CHECK(fans({10, 196}).in == 196);
  CHECK(fans({10, 196}).out == 10);
  CHECK(fans({16, 8, 3, 3}).in == 72);
  CHECK(fans({16, 8, 3, 3}).out == 144);
  CHECK(fans({32, 1, 3, 3}).in == 9);
  CHECK(fans({32, 1, 3, 3}).out == 288);
  CHECK(fans({7}).in == 1);
  CHECK(fans({7}).out == 7);
}

TEST_CASE("a deviation follows from the initialiser and the fans", "[init]") {
  CHECK(initial_deviation(xavier({16, 8, 3, 3})) == Approx(std::sqrt(2.0 / (72 + 144))));
  auto parameter = xavier({10, 40});
  parameter.init = {Init::Kind::kKaimingUniform, 2.0};
  CHECK(initial_deviation(parameter) == Approx(2.0 / std::sqrt(40.0)));
  parameter.init = {Init::Kind::kUniform, 0.3};
  CHECK(initial_deviation(parameter) == Approx(0.3 / std::sqrt(3.0)));
  parameter.init = {Init::Kind::kConstant, 0.3};
  CHECK(initial_deviation(parameter) == 0);
  CHECK(initial_mean(parameter) == 0.3);
}

TEST_CASE("a slot's reference scale is the deviation of fresh values, or what a constant may move", "[init]") {
  NetworkDescription network;
  network.parameters = {xavier({16, 8, 3, 3}), xavier({16})};
  network.parameters[0].name = "conv.weight";
  network.parameters[1].name = "conv.bias";
  network.parameters[1].init = {Init::Kind::kZeros, 0};
  const auto layout = make_slots(network, {}, 144, 16);
  CHECK(layout.tensors[0].reference_scale == Approx(initial_deviation(network.parameters[0])));
  CHECK(layout.tensors[1].reference_scale == Approx(0.1));
}
