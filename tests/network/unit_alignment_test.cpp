#include "weightloom/network/unit_alignment.hpp"

#include <catch2/catch.hpp>

#include "descriptions.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/network/symmetry.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

TensorMap random_tensors(const NetworkDescription& description, Random& random) {
  TensorMap tensors;
  for (const auto& parameter : description.parameters) {
    std::vector<float> values;
    for (std::int64_t i = 0; i < element_count(parameter.shape); ++i)
      values.push_back(static_cast<float>(random.uniform() - 0.5));
    tensors.emplace(parameter.name, HostTensor::from_f32(parameter.shape, values));
  }
  return tensors;
}

// By axis_order(), element for element.
TensorMap permuted(const NetworkDescription& description, TensorMap tensors, Random& random) {
  for (const auto& group : symmetry_groups(description)) {
    const auto units = random.permutation(group.size);
    for (const auto& member : group.members) {
      auto& tensor = tensors.at(description.parameters[member.parameter].name);
      const auto order = axis_order(member, units);
      const auto axis = static_cast<std::size_t>(member.axis);
      std::int64_t before = 1, after = 1;
      for (std::size_t d = 0; d < axis; ++d) before *= tensor.shape[d];
      for (std::size_t d = axis + 1; d < tensor.shape.size(); ++d) after *= tensor.shape[d];
      std::vector<float> out;
      const auto old = tensor.f32();
      for (std::int64_t b = 0; b < before; ++b)
        for (const auto place : order)
          for (std::int64_t a = 0; a < after; ++a)
            out.push_back(old[static_cast<std::size_t>((b * tensor.shape[axis] + place) * after + a)]);
      tensor = HostTensor::from_f32(tensor.shape, out);
    }
  }
  return tensors;
}

TensorMap shaken(TensorMap tensors, Random& random, double scale) {
  for (auto& [name, tensor] : tensors) {
    std::vector<float> values(tensor.f32().begin(), tensor.f32().end());
    for (auto& value : values) value += static_cast<float>(scale * (random.uniform() - 0.5));
    tensor = HostTensor::from_f32(tensor.shape, values);
  }
  return tensors;
}

double distance(const TensorMap& a, const TensorMap& b) {
  double sum = 0;
  for (const auto& [name, tensor] : a)
    for (std::size_t i = 0; i < tensor.f32().size(); ++i) sum += std::pow(tensor.f32()[i] - b.at(name).f32()[i], 2);
  return sum;
}

}  // namespace

TEST_CASE("units in another order are brought back, exactly and with noise", "[alignment]") {
  Random random(11);
  for (const auto& net : {mlp(), cnn(), resnet(2)}) {
    const auto description = net.parse();
    for (int round = 0; round < 5; ++round) {
      const auto reference = random_tensors(description, random);
      const auto other = permuted(description, reference, random);
      const auto aligned = align_units(description, other, reference);
      REQUIRE(aligned);
      INFO(description.label());
      CHECK(distance(aligned->tensors, reference) == 0);
      CHECK(aligned->moved > 0);
      const auto noisy = shaken(reference, random, 0.02);
      const auto back = align_units(description, permuted(description, noisy, random), reference);
      CHECK(distance(back->tensors, noisy) == 0);
    }
  }
}

TEST_CASE("aligning never leads away, and leaves what is aligned", "[alignment]") {
  Random random(5);
  const auto description = mlp().parse();
  for (int round = 0; round < 10; ++round) {
    const auto reference = random_tensors(description, random), other = random_tensors(description, random);
    CHECK(distance(align_units(description, other, reference)->tensors, reference) <=
          distance(other, reference) * 1.01);
    CHECK(align_units(description, reference, reference)->moved == 0);
  }
}

TEST_CASE("half precision is moved bit for bit", "[alignment]") {
  Random random(2);
  const auto description = mlp().parse();
  auto reference = random_tensors(description, random);
  for (auto& [name, tensor] : reference) {
    tensor.dtype = DType::kBF16;
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < tensor.bytes.size(); i += 4) {
      bytes.push_back(tensor.bytes[i + 2]);
      bytes.push_back(tensor.bytes[i + 3]);
    }
    tensor.bytes = std::move(bytes);
  }
  auto other = reference;
  auto& weight = other.at("layer0.weight").bytes;
  auto& bias = other.at("layer0.bias").bytes;
  auto& next = other.at("layer1.weight").bytes;
  std::swap_ranges(weight.begin(), weight.begin() + 32, weight.begin() + 32);  // units 0 and 1 of 16 inputs
  std::swap_ranges(bias.begin(), bias.begin() + 2, bias.begin() + 2);
  for (std::size_t row = 0; row < 6; ++row)
    std::swap_ranges(next.begin() + static_cast<std::ptrdiff_t>(row * 16),
                     next.begin() + static_cast<std::ptrdiff_t>(row * 16 + 2),
                     next.begin() + static_cast<std::ptrdiff_t>(row * 16 + 2));
  const auto aligned = align_units(description, other, reference);
  REQUIRE(aligned);
  CHECK(aligned->moved == 2);
  for (const auto& [name, tensor] : reference) CHECK(aligned->tensors.at(name).bytes == tensor.bytes);
}

TEST_CASE("what cannot be aligned is said", "[alignment]") {
  Random random(1);
  const auto description = mlp().parse();
  const auto reference = random_tensors(description, random);
  CHECK_FALSE(align_units(description, reference, reference, 10));
  auto broken = reference;
  broken.erase("layer0.bias");
  CHECK_THROWS_AS(align_units(description, broken, reference), Error);
  CHECK_THROWS_AS(align_units(description, reference, broken), Error);
  broken = reference;
  broken.at("layer0.bias") = HostTensor{DType::kF4, {8}, std::vector<std::byte>(4)};
  CHECK_THROWS_AS(align_units(description, broken, reference), Error);
  broken = reference;  // not a number anywhere, and no crash
  std::ranges::fill(broken.at("layer0.weight").bytes, std::byte{0xFF});
  CHECK(align_units(description, broken, reference));
  CHECK(align_units(description, reference, broken));
}
