#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom::cli {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr const char* kClearLine = "\r\x1b[K";

// Returns 0 or errno.
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// 0 when it is no terminal, or one that does not know.
std::size_t width_of(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

void write_output(const Printer& printer) {
  const int error = write_all(STDOUT_FILENO, printer.text());
  if (error != 0 && error != EPIPE)
    throw Error(ErrorCode::kFailure, "output.write", "cannot write to standard output", std::strerror(error));
}

void write_message(std::string_view text) {
  write_all(STDERR_FILENO, printable_lines(text));
}

void draw_bar(std::string_view text) {
  const auto width = width_of(STDERR_FILENO);
  write_all(STDERR_FILENO, kClearLine + cut_to_width(printable(text), (width > 0 ? width : kUsualWidth) - 1));
}

void clear_bar() {
  write_all(STDERR_FILENO, kClearLine);
}

void write_interrupt_notice() noexcept {
  write_all(STDERR_FILENO, "\ninterrupting at the next consistent point; once more ends at once\n");
}

bool output_is_terminal() {
  return isatty(STDOUT_FILENO) != 0;
}

bool output_shows_blocks() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* locale = std::getenv(name);
    if (locale == nullptr || *locale == '\0') continue;
    const std::string_view text(locale);
    const auto has = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
    return output_is_terminal() && (has("UTF-8") || has("utf-8") || has("UTF8") || has("utf8"));
  }
  return false;
}

std::size_t output_width() {
  if (!output_is_terminal()) return 0;
  if (const char* columns = std::getenv("COLUMNS")) {
    std::size_t width = 0;
    std::from_chars(columns, columns + std::strlen(columns), width);
    if (width > 0) return width;
  }
  return width_of(STDOUT_FILENO);
}

}  // namespace weightloom::cli
