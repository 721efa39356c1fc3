// Describes once in a process, and dies when it is asked again.
#include <cstdlib>

#include "raw_plugin.hpp"

static std::int32_t describe(const char* config, std::uint64_t size, const wl_sink* out, const wl_sink* error) {
  static bool described = false;
  if (described) std::abort();
  described = true;
  return raw::describe(config, size, out, error);
}

RAW_PLUGIN(table.describe = describe)
