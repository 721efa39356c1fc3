// Dies while it is loaded.
#include <csignal>

#include "raw_plugin.hpp"

__attribute__((constructor)) static void die() {
  std::raise(SIGSEGV);
}

RAW_PLUGIN(static_cast<void>(0))
