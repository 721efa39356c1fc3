#pragma once
// The library's log. It is silent unless the application raises the level; messages go to stderr.

#include <spdlog/logger.h>

#include <string_view>

namespace weightloom {

// The process-wide logger, level `warn` until set_log_level(). [any-thread]
spdlog::logger& log();
// "trace" "debug" "info" "warn" "error" "off"; throws kUsage on anything else.
void set_log_level(std::string_view level);

}  // namespace weightloom
