// A reserved field is not zero.
#include "raw_plugin.hpp"

RAW_PLUGIN(table.reserved = 7)
