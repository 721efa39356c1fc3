#pragma once
// A tensor, but for its bytes.

#include "weightloom/base/tensor.hpp"

namespace weightloom {

struct TensorForm {
  DType dtype = DType::kF32;
  Shape shape;
  bool operator==(const TensorForm&) const = default;
};

}  // namespace weightloom
