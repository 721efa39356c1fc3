// Calls a function that nobody defines.
#include "raw_plugin.hpp"

extern "C" std::int32_t nobody_defines_this(const wl_sink* out, const wl_sink* err);

RAW_PLUGIN(table.schema = nobody_defines_this)
