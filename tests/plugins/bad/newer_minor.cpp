// Needs a later minor version of this ABI.
#include "raw_plugin.hpp"

RAW_RECORD(WL_ABI_MAJOR, WL_ABI_MINOR + 3, WEIGHTLOOM_PLUGIN_ID)
RAW_ENTRY(table.abi_minor = WL_ABI_MINOR + 3)
