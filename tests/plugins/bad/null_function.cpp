// Two functions are missing, and a string.
#include "raw_plugin.hpp"

RAW_PLUGIN(table.schema = nullptr; table.describe = nullptr; table.license = nullptr)
