// Reports success and writes nothing; fails and gives no reason.
#include "raw_plugin.hpp"

static std::int32_t schema(const wl_sink*, const wl_sink*) {
  return WL_OK;
}
static std::int32_t describe(const char*, std::uint64_t, const wl_sink*, const wl_sink*) {
  return WL_INTERNAL;
}
static std::int32_t canonicalise(const char*, std::uint64_t, const wl_sink*, const wl_sink* err) {
  raw::write(err, "config key 'depth': 3 is too deep; use 2");
  return WL_INVALID_CONFIG;
}

RAW_PLUGIN(table.schema = schema; table.canonicalise = canonicalise; table.describe = describe)
