// A shared object with an entry, but no identity record.
#include "raw_plugin.hpp"

RAW_ENTRY(static_cast<void>(0))
