#pragma once
// The elements of a tensor as numbers, whatever type they are stored in. No LibTorch. Pure functions [any-thread].

#include <cstddef>
#include <span>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// Is it a type whose elements read_values() reads: every one but complex numbers and those that share bytes?
bool has_values(DType dtype);

// Fills `out` with the elements that stand one after another in `bytes`, which hold exactly as many. Exact, but for
// integers beyond 2^53, which are rounded; booleans are 0 and 1. Throws kRefused "dtype.no_values" for a type that
// has_values() denies. REQUIRES bytes.size() == out.size() * dtype_bytes(dtype).
void read_values(DType dtype, std::span<const std::byte> bytes, std::span<double> out);

}  // namespace weightloom
