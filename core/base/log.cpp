#include "weightloom/base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <memory>

#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

// Paths and other libraries' texts are logged as they are found; none of them may steer the terminal.
class PrintableText : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const auto text = printable({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PrintableText>(); }
};

std::unique_ptr<spdlog::formatter> line_formatter() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PrintableText>('v').set_pattern("%^%l%$: %v");
  return formatter;
}

}  // namespace

spdlog::logger& log() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("weightloom", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_level(spdlog::level::warn);
    made->set_formatter(line_formatter());
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
