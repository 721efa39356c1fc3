// Every text ends too early.
#include "raw_plugin.hpp"

static std::int32_t schema(const wl_sink* out, const wl_sink*) {
  return raw::write(out, R"({"schema":"weightl)");
}
static std::int32_t canonicalise(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  return raw::write(out, "{");
}
static std::int32_t describe(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  return raw::write(out, R"({"schema":"weightloom.network/1","nodes":[)");
}

RAW_PLUGIN(table.schema = schema; table.canonicalise = canonicalise; table.describe = describe)
