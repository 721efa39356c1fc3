#pragma once
// What the initialiser of a parameter amounts to: the one place that start values, slots and anchors take it from.
// Normative formulas: docs/network_description.md, "Initialisers". Pure functions [any-thread]. No LibTorch.

#include "weightloom/network/description.hpp"

namespace weightloom {

// Connections into and out of a unit, as in torch.nn.init (_calculate_fan_in_and_fan_out), and for vectors too: [n] has
// one connection in and n out.
struct Fans {
  double in;   // product of all dimensions but the first
  double out;  // the first dimension times the receptive field (the product of all dimensions but the first two)
};
// REQUIRES dimensions of at least 1, as parse_description() ensures.
Fans fans(const Shape& shape);

// Mean and standard deviation of fresh values. The deviation of a truncated normal is that of the normal before the cut
// (after it, 0.88 of that); those of zeros, ones and constants are 0.
double initial_mean(const ParameterSpec& parameter);
double initial_deviation(const ParameterSpec& parameter);

}  // namespace weightloom
