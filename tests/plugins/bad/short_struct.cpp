// The entry table is shorter than version 1.
#include "raw_plugin.hpp"

RAW_PLUGIN(table.struct_size = 16)
