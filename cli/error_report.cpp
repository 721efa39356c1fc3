#include "cli/error_report.hpp"

#include <cerrno>
#include <filesystem>
#include <new>

#include "weightloom/base/text.hpp"

namespace weightloom::cli {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

// The standard library's own refusals, such as a folder that may not be read.
Error file_system_error(const std::filesystem::filesystem_error& error) {
  const int value = error.code().value();
  const auto code = value == ENOSPC || value == EDQUOT ? ErrorCode::kOverQuota
                    : value == ENOENT                  ? ErrorCode::kNotFound
                                                       : ErrorCode::kFailure;
  return Error(code, "file.system", "cannot use '" + error.path1().string() + "'", error.code().message(),
               "check that it exists, that you may use it, and that there is room")
      .at(error.path1().string());
}

}  // namespace

Error as_error(const std::exception& exception, bool verbose) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) return *error;
  if (const auto* error = dynamic_cast<const std::filesystem::filesystem_error*>(&exception))
    return file_system_error(*error);
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
    return {ErrorCode::kFailure, "memory", "out of memory", "",
            "use fewer threads, a smaller batch or a smaller network"};
  const std::string text = exception.what();
  return {ErrorCode::kFailure, "internal", "unexpected failure", verbose ? text : text.substr(0, text.find('\n')),
          "this is a bug; run again with -v for all that is known"};
}

std::string error_text(const Error& error) {
  // Indented, no further line of foreign text can pass for a message of its own.
  std::string text = "error: " + printable(error.summary());
  if (!error.path().empty() && error.summary().find(error.path()) == std::string::npos)
    text += ": " + printable(error.path());
  if (error.offset()) text += " (byte " + std::to_string(*error.offset()) + ")";
  if (!error.why().empty()) text += "\n  " + printable_lines(error.why(), "  ");
  if (!error.hint().empty()) text += "\n  hint: " + printable_lines(error.hint(), "  ");
  return text + "\n";
}

Json error_json(const Error& error) {
  Json json = {{"schema", "weightloom.error/1"}, {"exit", static_cast<int>(error.code())}, {"code", error.id()}};
  json["path"] = text_or_null(error.path());
  json["offset"] = error.offset() ? Json(*error.offset()) : Json();
  json["what"] = error.summary();
  json["why"] = text_or_null(error.why());
  json["hint"] = text_or_null(error.hint());
  return json;
}

}  // namespace weightloom::cli
