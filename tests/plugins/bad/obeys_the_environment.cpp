// Describes what a variable of the environment says.
#include <cstdlib>
#include <string>

#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  const char* home = std::getenv("HOME");
  return raw::write(out, "{\"home\":\"" + std::string(home == nullptr ? "" : home) + "\"}");
}

RAW_PLUGIN(table.describe = describe)
