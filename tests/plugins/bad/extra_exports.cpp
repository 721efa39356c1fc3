// Exports more than its entry.
#include "raw_plugin.hpp"

extern "C" WL_EXPORT int someone_elses_business() {
  return 1;
}

RAW_PLUGIN(static_cast<void>(0))
