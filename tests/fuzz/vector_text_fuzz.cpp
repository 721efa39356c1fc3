#include <cstdlib>

#include "fuzz_target.hpp"
#include "weightloom/language/vector_text.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = fuzz::memory_file(data, size);
  return fuzz::expect_read_or_refused([&] {
    const auto table = read_vector_text(path);
    if (table.rarity.size() != table.terms.size() || table.vectors.size() % table.terms.size() != 0) std::abort();
  });
}
