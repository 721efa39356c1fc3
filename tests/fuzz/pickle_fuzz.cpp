#include "fuzz_target.hpp"
#include "pickle.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::expect_read_or_refused([&] { pickle::Pickle(fuzz::text_of(data, size), "input", 0); });
}
