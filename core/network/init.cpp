#include "weightloom/network/init.hpp"

#include <cmath>

namespace weightloom {

Fans fans(const Shape& shape) {
  const auto count = static_cast<double>(element_count(shape));
  const double first = shape.empty() ? 1.0 : static_cast<double>(shape[0]);
  const double second = shape.size() < 2 ? 1.0 : static_cast<double>(shape[1]);
  return {count / first, count / second};
}

double initial_mean(const ParameterSpec& parameter) {
  switch (parameter.init.kind) {
    case Init::Kind::kOnes:
      return 1.0;
    case Init::Kind::kConstant:
      return parameter.init.value;
    default:
      return 0.0;
  }
}

double initial_deviation(const ParameterSpec& parameter) {
  const double value = parameter.init.value;
  const auto [fan_in, fan_out] = fans(parameter.shape);
  switch (parameter.init.kind) {
    case Init::Kind::kNormal:
    case Init::Kind::kTruncatedNormal:
      return value;
    case Init::Kind::kUniform:
      return value / std::sqrt(3.0);
    case Init::Kind::kKaimingNormal:
    case Init::Kind::kKaimingUniform:
      return value / std::sqrt(fan_in);
    case Init::Kind::kXavierUniform:
      return value * std::sqrt(2.0 / (fan_in + fan_out));
    default:
      return 0.0;
  }
}

}  // namespace weightloom
