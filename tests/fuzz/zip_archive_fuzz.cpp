#include <cstdlib>

#include "fuzz_target.hpp"
#include "zip_archive.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::expect_read_or_refused([&] {
    const ZipArchive archive(fuzz::memory_file(data, size));
    for (const auto& entry : archive.entries())
      if (archive.read(entry).size() != entry.size || archive.find(entry.name) != &entry) std::abort();
  });
}
