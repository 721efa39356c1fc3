#include "fuzz_target.hpp"
#include "weightloom/formats/npz.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::expect_read_or_refused([&] { fuzz::expect_whole(read_npz(fuzz::memory_file(data, size))); });
}
