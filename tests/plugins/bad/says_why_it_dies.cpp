// Dies with a last word.
#include <cstdio>
#include <cstdlib>

#include "raw_plugin.hpp"

static std::int32_t schema(const wl_sink*, const wl_sink*) {
  std::fputs("assertion 'depth < 4' failed\n", stderr);
  std::abort();
}

RAW_PLUGIN(table.schema = schema)
