// Which format is it, and what does its reader say? Of whatever begins like a weights file.

#include "fuzz_target.hpp"
#include "weightloom/formats/weights_file.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = fuzz::memory_file(data, size);
  foreign_format(path);
  shard_names(path);
  return fuzz::expect_read_or_refused([&] { fuzz::expect_whole(read_weights(path).tensors); });
}
