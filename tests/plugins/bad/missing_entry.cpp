// A record, but no entry.
#include "raw_plugin.hpp"

RAW_RECORD(WL_ABI_MAJOR, WL_ABI_MINOR, WEIGHTLOOM_PLUGIN_ID)
