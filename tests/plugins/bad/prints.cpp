// Talks while it works.
#include <cstdio>

#include "raw_plugin.hpp"

static std::int32_t describe(const char* config, std::uint64_t size, const wl_sink* out, const wl_sink* err) {
  std::puts("on stdout");
  std::fputs("on stderr\n", stderr);
  return raw::describe(config, size, out, err);
}

RAW_PLUGIN(table.describe = describe)
