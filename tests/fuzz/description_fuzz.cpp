// What is read is written, and read again equal.

#include <cstdlib>

#include "fuzz_target.hpp"
#include "weightloom/network/description.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::expect_read_or_refused(
      [&] {
        const auto written = to_json(parse_description(fuzz::text_of(data, size))).dump();
        if (to_json(parse_description(written)).dump() != written) std::abort();
      },
      ErrorCode::kPlugin);
}
