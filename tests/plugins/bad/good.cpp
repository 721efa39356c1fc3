// The control: nothing is wrong.
#include "raw_plugin.hpp"

RAW_PLUGIN(static_cast<void>(0))
