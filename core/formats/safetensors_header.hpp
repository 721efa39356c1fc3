#pragma once
// The JSON header of a safetensors file, checked as hostile input. Private to the module.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/tensor.hpp"

namespace weightloom::safetensors {

inline constexpr std::uint64_t kMaxHeader = 100'000'000;
inline constexpr std::size_t kMaxTensors = 1'000'000;
inline constexpr std::size_t kMaxRank = 32;
inline constexpr std::size_t kMaxName = 1024;
inline constexpr const char* kMetadataKey = "__metadata__";

// One tensor as the header states it; offsets are relative to the data buffer.
struct Entry {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> offsets;
  std::uint64_t begin() const { return offsets[0]; }
  std::uint64_t end() const { return offsets[1]; }
};

struct Header {
  std::vector<Entry> entries;  // sorted by (begin, end)
  std::map<std::string, std::string> metadata;
  std::vector<std::string> warnings;
};

// kRefused "safetensors.<id>" for the file at `path`.
Error refusal(const std::string& path, const char* id, std::string why, std::uint64_t offset, std::string hint = {});

// Parses and checks header text (without its length prefix) whose data buffer holds `data_bytes` bytes. Throws
// refusal().
Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& path);

struct OpenedHeader {
  Header header;
  std::uint64_t data_start = 0;  // of the data buffer in the file
};
// Reads and checks the header of a file. Throws refusal().
OpenedHeader open_header(const FileReader& file);

// Not empty, and is_printable() (base/text.hpp): UTF-8 without control and bidirectional control characters.
bool is_clean_name(std::string_view text);

}  // namespace weightloom::safetensors
