// The entry returns nothing.
#include "raw_plugin.hpp"

RAW_RECORD(WL_ABI_MAJOR, WL_ABI_MINOR, WEIGHTLOOM_PLUGIN_ID)
extern "C" WL_EXPORT const wl_plugin_v1* weightloom_plugin_v1() {
  return nullptr;
}
