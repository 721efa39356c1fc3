#pragma once
// How a failure is told: in short form on stderr, and as an object on stdout for machines.

#include <exception>
#include <string>

#include "weightloom/base/error.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom::cli {

// Any exception as an Error: a library's own text is kept, cut to its first line unless `verbose`.
Error as_error(const std::exception& exception, bool verbose);
// "error: <what>: <where>\n  <why>\n  hint: <hint>\n"; further lines of why and hint are indented, and all is
// printable.
std::string error_text(const Error& error);
// Schema weightloom.error/1: exit, code, path, offset, what, why, hint; unknown values are null.
Json error_json(const Error& error);

}  // namespace weightloom::cli
