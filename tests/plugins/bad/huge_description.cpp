// Writes without end and does not listen to the sink.
#include <string>

#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  const std::string megabyte(1u << 20, ' ');
  for (int i = 0; i < 70; ++i) raw::write(out, megabyte);
  return WL_OK;
}

RAW_PLUGIN(table.describe = describe)
