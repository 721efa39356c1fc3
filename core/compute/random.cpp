#include "weightloom/compute/random.hpp"

#include <ATen/CPUGeneratorImpl.h>

namespace weightloom {

torch::Generator make_generator(std::uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

}  // namespace weightloom
