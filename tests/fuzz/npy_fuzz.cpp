#include "fuzz_target.hpp"
#include "weightloom/formats/npy.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::expect_read_or_refused([&] { fuzz::expect_whole({{"w", read_npy(fuzz::memory_file(data, size))}}); });
}
