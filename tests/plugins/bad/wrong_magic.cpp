// The entry table has another magic.
#include "raw_plugin.hpp"

RAW_PLUGIN(table.magic = 0x12345678)
