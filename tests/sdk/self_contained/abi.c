#include <weightloom/sdk/abi.h>

const wl_plugin_v1* weightloom_plugin_v1(void) {
  return NULL;
}
