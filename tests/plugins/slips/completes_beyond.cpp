// Its completion leads out of the range that it declares, of all but small widths.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return usual_schema().complete([](Config& config) {
    const auto width = config.integer("width");
    if (width > 200 && width % 2 != 0) config.set("width", 2 * width);
    if (width == 256) config.set("width", 2 * width);
  });
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
