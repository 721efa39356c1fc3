#pragma once
// The summary row: the facts of a record that lists and queries use, packed so that thousands are scanned in
// milliseconds without decoding records (layout: docs/zoo_format.md). Private to the module.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "weightloom/zoo/record.hpp"

namespace weightloom {

enum class RowText : std::size_t { kName, kArchitecture, kDataset, kFamily, kSplit, kSource, kWeightsHash };
inline constexpr std::size_t kRowTexts = 7;

std::string encode_row(const ZooRecord& record);

// A view of an encoded row; later sections are decoded only when asked for. The bytes must outlive it.
class RowView {
 public:
  // Throws kDamaged "zoo.row" when the bytes are not a row; so do the accessors.
  explicit RowView(std::string_view bytes);

  std::int64_t parameters() const { return parameters_; }
  std::int64_t bytes() const { return bytes_; }
  std::int64_t created() const { return created_; }  // seconds since 1970, UTC
  std::string_view text(RowText which) const { return texts_[static_cast<std::size_t>(which)]; }

  bool any_tag(const std::string& glob) const;
  bool has_parent(std::string_view kind, std::string_view parent_prefix) const;
  std::optional<double> metric(std::string_view name) const;
  // A flattened setting: "config.depth", "hyper.seed".
  std::optional<std::variant<double, std::string_view>> setting(std::string_view path) const;

  std::set<std::string> tags() const;
  std::map<std::string, double> metrics() const;
  std::vector<std::string> setting_paths() const;

 private:
  class Reader;
  Reader after_texts() const;
  Reader at_metrics() const;
  Reader at_parents() const;
  Reader at_settings() const;

  std::int64_t parameters_ = 0, bytes_ = 0, created_ = 0;
  std::array<std::string_view, kRowTexts> texts_;
  std::string_view rest_;
};

// ISO 8601 UTC <-> seconds since 1970; parse_time takes dates too and gives nullopt for anything else.
std::string format_time(std::int64_t seconds);
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace weightloom
