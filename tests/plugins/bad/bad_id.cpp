// The id has no dots and bytes that do not print; the version is empty.
#include "raw_plugin.hpp"

#undef WEIGHTLOOM_PLUGIN_VERSION
#define WEIGHTLOOM_PLUGIN_VERSION ""
RAW_RECORD(WL_ABI_MAJOR, WL_ABI_MINOR, "bad\x1b[31m")
RAW_ENTRY(static_cast<void>(0))
