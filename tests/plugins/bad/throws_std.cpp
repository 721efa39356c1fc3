// Throws across the boundary.
#include <stdexcept>

#include "raw_plugin.hpp"

static std::int32_t schema(const wl_sink*, const wl_sink*) {
  throw std::runtime_error("out of the plugin");
}
static std::int32_t describe(const char*, std::uint64_t, const wl_sink*, const wl_sink*) {
  throw 42;
}

RAW_PLUGIN(table.schema = schema; table.describe = describe)
