#include "safetensors_header.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "weightloom/base/json.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom::safetensors {
namespace {

constexpr std::uint64_t kLengthPrefix = 8;

bool is_json_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// SAX, not DOM: a 99 MB header costs a quarter of the memory, and duplicate keys are seen.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(Header& header, const std::string& path) : header_(header), path_(path) {}

  bool null() override { return other("null"); }
  bool boolean(bool) override { return other("a boolean"); }
  bool number_integer(number_integer_t) override { fail("invalid_json", "a negative number in the header"); }
  bool number_float(number_float_t, const string_t&) override {
    fail("invalid_json", "a fractional or oversized number in the header");
  }
  bool binary(binary_t&) override { fail("invalid_json", "binary data in the header"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (depth_ == 3 && list_) {
      if (list_ == &entry_.shape && list_->size() == kMaxRank) fail("limit_exceeded", of_entry("has rank above 32"));
      if (list_ == &entry_.offsets && list_->size() == 2) fail("bad_offsets", of_entry("needs exactly two offsets"));
      list_->push_back(value);
      return true;
    }
    return other("a number");
  }

  bool string(string_t& value) override {
    if (depth_ == 2 && in_metadata_) {
      header_.metadata.emplace(key_, value);
      return true;
    }
    if (depth_ == 2 && key_ == "dtype") {
      entry_.dtype = value;
      return true;
    }
    return other("a string");
  }

  bool key(string_t& name) override {
    if (!keys_[depth_].insert(name).second) fail("duplicate_key", "the key '" + name + "' appears twice");
    key_ = name;
    return true;
  }

  bool start_object(std::size_t) override {
    if (++depth_ > 2) fail(depth_ > 3 ? "invalid_json" : "bad_entry", "objects nest too deeply in the header");
    keys_[depth_].clear();
    if (depth_ == 2) {
      in_metadata_ = key_ == kMetadataKey;
      if (!in_metadata_ && header_.entries.size() == kMaxTensors)
        fail("limit_exceeded", "more than " + std::to_string(kMaxTensors) + " tensors");
      entry_ = Entry{.name = key_};
    }
    return true;
  }

  bool end_object() override {
    if (depth_-- == 2 && !in_metadata_) finish_entry();
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ == 0) fail("invalid_json", "the header is not an object");
    if (++depth_ > 3) fail("invalid_json", "arrays nest too deeply in the header");
    if (depth_ == 2) fail("bad_entry", "'" + key_ + "' is an array, not an object");
    if (in_metadata_) fail("bad_entry", "metadata '" + key_ + "' is not a string");
    if (key_ == "dtype") fail("bad_entry", of_entry("has a dtype that is not a string"));
    list_ = key_ == "shape" ? &entry_.shape : key_ == "data_offsets" ? &entry_.offsets : nullptr;
    return true;
  }

  bool end_array() override {
    --depth_;
    list_ = nullptr;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    throw refusal(path_, "invalid_json", error.what(), kLengthPrefix + (position ? position - 1 : 0));
  }

 private:
  [[noreturn]] void fail(const char* id, std::string why) const {
    throw refusal(path_, id, std::move(why), kLengthPrefix);
  }
  std::string of_entry(const char* what) const { return "tensor '" + entry_.name + "' " + what; }

  // A value where the format has no place for it; unknown keys of an entry may hold anything.
  bool other(const char* kind) const {
    if (depth_ == 0) fail("invalid_json", std::string("the header is ") + kind + ", not an object");
    if (depth_ == 1) fail("bad_entry", "'" + key_ + "' is " + kind + ", not an object");
    if (in_metadata_) fail("bad_entry", "metadata '" + key_ + "' is " + kind + ", not a string");
    if (key_ == "data_offsets") fail("bad_offsets", of_entry("has data_offsets that are not two unsigned numbers"));
    if (key_ == "dtype" || key_ == "shape")
      fail("bad_entry", "tensor '" + entry_.name + "': '" + key_ + "' is " + kind);
    return true;
  }

  void finish_entry() {
    for (const char* required : {"dtype", "shape", "data_offsets"})
      if (!keys_[2].contains(required)) fail("bad_entry", "tensor '" + entry_.name + "' has no '" + required + "'");
    if (!find_dtype(entry_.dtype))
      fail("unknown_dtype", "tensor '" + entry_.name + "' has the unknown dtype '" + entry_.dtype + "'");
    if (entry_.offsets.size() != 2) fail("bad_offsets", of_entry("needs exactly two offsets"));
    for (const auto& name : keys_[2])
      if (name != "dtype" && name != "shape" && name != "data_offsets")
        header_.warnings.push_back(of_entry("has an unknown key: ") + name);
    header_.entries.push_back(std::move(entry_));
  }

  Header& header_;
  const std::string& path_;
  std::array<std::unordered_set<std::string>, 4> keys_;
  std::string key_;
  Entry entry_;
  std::vector<std::uint64_t>* list_ = nullptr;
  std::size_t depth_ = 0;
  bool in_metadata_ = false;
};

void check_text(std::string_view text, const std::string& path, std::vector<std::string>& warnings) {
  if (const auto bad = find_bad_utf8(text); bad != std::string_view::npos)
    throw refusal(path, "invalid_utf8", "the header is not UTF-8", kLengthPrefix + bad);
  if (text.starts_with("\xEF\xBB\xBF"))
    throw refusal(path, "invalid_json", "the header begins with a byte-order mark", kLengthPrefix);
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    throw refusal(path, "invalid_json", "the header contains a NUL byte", kLengthPrefix + nul,
                  "the file was padded with zeros instead of spaces: write it again with the official library");
  const auto last = text.find_last_not_of(' ');
  if (!text.empty() && (is_json_space(text.front()) || is_json_space(text[last == text.npos ? 0 : last])))
    warnings.push_back("lenient_whitespace");
}

void check_layout(const std::vector<Entry>& entries, std::uint64_t data_start, const std::string& path) {
  std::uint64_t expected = 0;
  for (const auto& entry : entries) {
    const auto quoted = "tensor '" + entry.name + "'";
    if (entry.end() < entry.begin()) throw refusal(path, "bad_offsets", quoted + " ends before it begins", data_start);
    if (entry.begin() != expected)
      throw refusal(path, entry.begin() > expected ? "hole" : "overlap",
                    quoted + " begins at data byte " + std::to_string(entry.begin()) + " where " +
                        std::to_string(expected) + " is due",
                    data_start);
    expected = entry.end();
  }
}

void check_size(const Entry& entry, std::uint64_t data_start, const std::string& path) {
  const auto fail = [&](const char* id, const std::string& why) {
    throw refusal(path, id, "tensor '" + entry.name + "' " + why, data_start);
  };
  std::uint64_t count = 1, bits = 0;
  bool empty = false;
  for (const auto dim : entry.shape) {  // zero dimensions must not switch off the check of the others
    empty |= dim == 0;
    if (dim != 0 && __builtin_mul_overflow(count, dim, &count))
      fail("overflow", "has more elements than 64 bits count");
  }
  if (count > static_cast<std::uint64_t>(INT64_MAX)) fail("overflow", "has more elements than 63 bits count");
  if (__builtin_mul_overflow(empty ? 0 : count, std::uint64_t{dtype_bits(parse_dtype(entry.dtype))}, &bits))
    fail("overflow", "has more bits than 64 bits count");
  if (bits % 8 != 0) fail("misaligned", "does not fill whole bytes");
  if (bits / 8 != entry.end() - entry.begin())
    fail("invalid_info", "needs " + std::to_string(bits / 8) + " bytes, its offsets span " +
                             std::to_string(entry.end() - entry.begin()));
}

void check_name(const Entry& entry, const std::string& path) {
  if (entry.name.size() > kMaxName)
    throw refusal(path, "limit_exceeded", "a tensor name has more than 1024 bytes", kLengthPrefix);
  if (!is_clean_name(entry.name))
    throw refusal(path, "bad_entry", "a tensor name is empty or contains control or bidirectional control characters",
                  kLengthPrefix);
}

}  // namespace

Error refusal(const std::string& path, const char* id, std::string why, std::uint64_t offset, std::string hint) {
  return Error(ErrorCode::kRefused, std::string("safetensors.") + id, "refusing to read '" + path + "'", std::move(why),
               hint.empty() ? "the file is damaged or was not written as safetensors: get it again from its source"
                            : std::move(hint))
      .at(path, offset);
}

OpenedHeader open_header(const FileReader& file) {
  const auto path = file.path().string();
  if (file.size() < 8) throw refusal(path, "header_too_small", "the file has fewer than 8 bytes", 0);
  std::uint64_t length = 0;
  file.read(0, std::as_writable_bytes(std::span(&length, 1)));
  if (length > kMaxHeader)
    throw refusal(path, "header_too_large", "the header claims " + std::to_string(length) + " bytes", 0);
  if (8 + length > file.size())
    throw refusal(path, "invalid_header_length",
                  "the header claims " + std::to_string(length) + " bytes, the file has " + std::to_string(file.size()),
                  0);
  std::string text(length, '\0');
  file.read(8, std::as_writable_bytes(std::span(text)));
  return {parse_header(text, file.size() - 8 - length, path), 8 + length};
}

bool is_clean_name(std::string_view text) {
  return !text.empty() && is_printable(text);
}

Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& path) {
  const auto data_start = kLengthPrefix + text.size();
  Header header;
  check_text(text, path, header.warnings);
  HeaderReader reader(header, path);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  std::sort(header.entries.begin(), header.entries.end(),
            [](const Entry& a, const Entry& b) { return a.offsets < b.offsets; });
  check_layout(header.entries, data_start, path);
  for (const auto& entry : header.entries) check_size(entry, data_start, path);
  const auto end = header.entries.empty() ? 0 : header.entries.back().end();
  if (end != data_bytes)
    throw refusal(
        path, "incomplete_buffer",
        "the header describes " + std::to_string(end) + " bytes of data, the file holds " + std::to_string(data_bytes),
        data_start, end > data_bytes ? "the file was cut short: copy or download it again" : "");
  for (const auto& entry : header.entries) check_name(entry, path);
  return header;
}

}  // namespace weightloom::safetensors
