#include "weightloom/base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>

#include <memory>

#include "weightloom/base/error.hpp"

namespace weightloom {

spdlog::logger& log() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("weightloom", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_level(spdlog::level::warn);
    made->set_pattern("%^%l%$: %v");
    return made;
  }();
  return *logger;
}

void set_log_level(std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off")
    throw Error(ErrorCode::kUsage, "log.level", "unknown log level '" + std::string(level) + "'", "",
                "use trace, debug, info, warn, error or off");
  log().set_level(parsed);
}

}  // namespace weightloom
