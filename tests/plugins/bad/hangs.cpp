// Never comes back from describing.
#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink*, const wl_sink*) {
  for (volatile bool forever = true; forever;) {
  }
  return WL_OK;
}

RAW_PLUGIN(table.describe = describe)
