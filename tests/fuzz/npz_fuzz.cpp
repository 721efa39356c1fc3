#include "stream_check.hpp"
#include "weightloom/formats/npz.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::expect_read_or_refused([&] {
    const auto file = fuzz::memory_file(data, size);
    const auto tensors = read_npz(file);
    fuzz::expect_whole(tensors);
    fuzz::expect_same_stream(file, tensors);
  });
}
