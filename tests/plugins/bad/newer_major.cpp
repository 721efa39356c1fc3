// Built for an ABI of the future; its constructor leaves a mark.
#include <cstdio>
#include <cstdlib>

#include "raw_plugin.hpp"

RAW_RECORD(WL_ABI_MAJOR + 1, 0, WEIGHTLOOM_PLUGIN_ID)
RAW_ENTRY(table.abi_major = WL_ABI_MAJOR + 1)

__attribute__((constructor)) static void leave_mark() {
  if (const char* path = std::getenv("WEIGHTLOOM_TEST_MARK"))
    if (std::FILE* file = std::fopen(path, "w")) std::fclose(file);
}
