// Takes two gigabytes while it describes.
#include <vector>

#include "raw_plugin.hpp"

static std::int32_t describe(const char* config, std::uint64_t size, const wl_sink* out, const wl_sink* err) {
  const std::vector<char> table(std::size_t{2} << 30, 1);
  return table[size] == 1 ? raw::describe(config, size, out, err) : WL_INTERNAL;
}

RAW_PLUGIN(table.describe = describe)
