// Describes another network every second.
#include <ctime>
#include <string>

#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  return raw::write(out, "{\"time\":" + std::to_string(std::time(nullptr)) + "}");
}

RAW_PLUGIN(table.describe = describe)
