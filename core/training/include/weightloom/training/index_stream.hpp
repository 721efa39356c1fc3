#pragma once
// Where the batches of a training come from.

#include <cstdint>
#include <string>

#include "weightloom/compute/torch.hpp"
#include "weightloom/training/checkpoint.hpp"

namespace weightloom {

// Goes through random orders of 0 .. count-1 without end. REQUIRES count > 0. Not thread-safe.
class IndexStream {
 public:
  IndexStream(std::int64_t count, std::uint64_t seed);
  // The next `wanted` > 0 indices, [wanted] int64 on the CPU.
  torch::Tensor next(std::int64_t wanted);
  // The present order, the place in it, and the generator of the next one.
  void keep_in(TrainingState& state, const std::string& prefix);

 private:
  std::int64_t count_, at_ = 0;
  torch::Generator generator_;
  torch::Tensor order_;
};

}  // namespace weightloom
