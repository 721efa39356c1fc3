// Answers every question with the first configuration that it saw.
#include <string>

#include "raw_plugin.hpp"

static std::int32_t canonicalise(const char* config, std::uint64_t size, const wl_sink* out, const wl_sink*) {
  static const std::string first(config, size);
  return raw::write(out, first);
}

RAW_PLUGIN(table.canonicalise = canonicalise)
