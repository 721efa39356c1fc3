#pragma once
// Comma-separated values (RFC 4180) from files that may be hostile. Private to the module.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/error.hpp"

namespace weightloom {

struct CsvCell {
  std::string text;
  std::size_t line = 0, column = 0;  // where it begins, counted from 1; columns in bytes
};
using CsvRow = std::vector<CsvCell>;

// kRefused `id` with the place in the text of `file`.
Error refused_at(const std::filesystem::path& file, std::size_t line, std::size_t column, const std::string& id,
                 const std::string& why);

// Visits the rows, one in memory at a time. Lines end with LF or CRLF, of which the last one may lack; empty lines are
// left out. Throws refused_at() "facts.csv".
void parse_csv(std::string_view text, const std::filesystem::path& file,
               const std::function<void(const CsvRow& row)>& visit);

}  // namespace weightloom
