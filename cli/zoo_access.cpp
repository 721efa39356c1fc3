#include "cli/zoo_access.hpp"

#include <cmath>

#include "weightloom/base/error.hpp"
#include "weightloom/base/units.hpp"

namespace weightloom::cli {

CLI::Option* declare_wait(CLI::App& app, WaitOption& options) {
  return app.add_option("--wait", options.wait, "Wait this long for another writer to finish")
      ->check(no_negative_number())
      ->type_name("SECONDS");
}

CLI::Validator not_empty() {
  return CLI::Validator([](const std::string& text) { return text.empty() ? "the value is empty" : ""; }, "");
}

Zoo open_for_reading(const Context& context) {
  return Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
}

Zoo open_for_writing(const Context& context, const WaitOption& options) {
  return Zoo::open(context.zoo_directory(), Zoo::Access::kWrite, options.wait);
}

Zoo open_to_remove(const Context& context, const WaitOption& options, bool dry_run) {
  return dry_run ? open_for_reading(context) : Zoo::open(context.zoo_directory(), Zoo::Access::kRemove, options.wait);
}

Zoo open_to_change(const Context& context, const WaitOption& options, bool dry_run) {
  return dry_run ? open_for_reading(context) : open_for_writing(context, options);
}

namespace {

// A share is no size, and there is no part of a byte: "1.5GB" says what it is a part of.
bool is_size(const std::string& text, double bytes) {
  const bool whole = bytes == std::floor(bytes);
  return !text.ends_with('%') && (whole || (bytes > 1 && text.find_first_of("kKMGT") != std::string::npos));
}

}  // namespace

std::uint64_t parse_size(const std::string& option, const std::string& text, std::uint64_t least) {
  const auto bytes = parse_number(text);
  if (!bytes || !is_size(text, *bytes) || *bytes < static_cast<double>(least) || *bytes > 0x1p60)
    throw Error(ErrorCode::kUsage, "option.value", "cannot use " + option + " '" + text + "'",
                "it is not a size" + std::string(least > 0 ? " of a byte or more" : ""),
                "for example: 500MB, 10GB, 1.5GiB");
  return static_cast<std::uint64_t>(*bytes);
}

}  // namespace weightloom::cli
