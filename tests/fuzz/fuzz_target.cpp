#include "fuzz_target.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace weightloom::fuzz {

std::filesystem::path memory_file(const std::uint8_t* data, std::size_t size) {
  static const int descriptor = ::memfd_create("input", 0);
  if (descriptor < 0 || ::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, data, size, 0) != static_cast<ssize_t>(size))
    std::abort();
  return "/proc/self/fd/" + std::to_string(descriptor);
}

void expect_whole(const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors)
    if (tensor.bytes.size() != byte_count(tensor.dtype, tensor.shape)) std::abort();
}

}  // namespace weightloom::fuzz
