#pragma once
// The library's log. It says warnings and errors unless the application sets another level; messages go to stderr, one
// a line, printable() (text.hpp).

#include <spdlog/logger.h>

#include <string_view>

namespace weightloom {

// The process-wide logger, which lives as long as the process; level `warn` until set_log_level(). [any-thread]
spdlog::logger& log();
// "trace", "debug", "info", "warn", "error" or "off"; throws kUsage "log.level" on anything else. [any-thread]
void set_log_level(std::string_view level);

}  // namespace weightloom
