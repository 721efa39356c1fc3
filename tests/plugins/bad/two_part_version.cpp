// Built by other means than the SDK's, with a version of two numbers.
#undef WEIGHTLOOM_PLUGIN_VERSION
#define WEIGHTLOOM_PLUGIN_VERSION "1.2"
#include "raw_plugin.hpp"

RAW_PLUGIN(static_cast<void>(0))
