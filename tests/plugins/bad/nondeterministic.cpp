// Describes another network each time.
#include <string>

#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  static int calls = 0;
  return raw::write(out, "{\"call\":" + std::to_string(++calls) + "}");
}

RAW_PLUGIN(table.describe = describe)
