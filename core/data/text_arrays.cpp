#include <cstdio>
#include <cstring>
#include <map>

#include "new_data_folder.hpp"
#include "source_reader.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/data/arrays.hpp"
#include "weightloom/formats/npy.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

// The characters of a text, as pieces of its UTF-8.
std::vector<std::string_view> characters_of(std::string_view text, const fs::path& file) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0)
      throw Error(ErrorCode::kRefused, "text.utf8", "cannot read '" + file.string() + "' as text", "it is not UTF-8")
          .at(file.string());
    out.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

// A name of one line: the character itself where it can be seen.
std::string character_name(std::string_view character) {
  if (character != " " && is_printable(character)) return std::string(character);
  std::string name = "bytes";
  for (const unsigned char byte : character) {
    char hex[8];
    std::snprintf(hex, sizeof hex, " %02x", byte);
    name += hex;
  }
  return name;
}

struct Piece {
  const std::vector<std::int32_t>* tokens;
  std::size_t begin;
};

HostTensor array_of(const std::vector<Piece>& pieces, std::size_t length, std::size_t shift) {
  HostTensor array{DType::kI32, {static_cast<std::int64_t>(pieces.size()), static_cast<std::int64_t>(length)}, {}};
  array.bytes.resize(byte_count(array.dtype, array.shape));
  auto* out = array.bytes.data();
  for (const auto& piece : pieces) {
    std::memcpy(out, piece.tokens->data() + piece.begin + shift, length * sizeof(std::int32_t));
    out += length * sizeof(std::int32_t);
  }
  return array;
}

void write_split(const fs::path& out, const std::string& split, const std::vector<Piece>& pieces, std::size_t length) {
  write_npy(out / (split + "_inputs.npy"), array_of(pieces, length, 0));
  write_npy(out / (split + "_targets.npy"), array_of(pieces, length, 1));
}

}  // namespace

TextSet write_text_arrays(const TextOptions& options, const fs::path& out) {
  if (options.length < 1 || options.length > 1 << 16)
    throw Error(ErrorCode::kUsage, "text.length", "cannot cut text into pieces of " + std::to_string(options.length),
                "", "use 1 to 65536 characters");
  expect_new(out, "text");
  std::vector<std::string> texts;
  std::vector<std::vector<std::string_view>> characters;
  for (const auto& file : options.files) texts.push_back(read_file(file));
  for (std::size_t i = 0; i < texts.size(); ++i) characters.push_back(characters_of(texts[i], options.files[i]));
  std::map<std::string_view, std::int32_t> number;  // UTF-8 sorts as code points do
  for (const auto& text : characters)
    for (const auto character : text) number.emplace(character, 0);
  std::string names;
  std::int32_t next = 0;
  for (auto& [character, place] : number) {
    place = next++;
    names += character_name(character) + '\n';
  }
  const auto length = static_cast<std::size_t>(options.length);
  std::vector<std::vector<std::int32_t>> tokens;
  std::vector<Piece> train, test;
  tokens.reserve(characters.size());
  for (const auto& text : characters) {
    auto& own = tokens.emplace_back();
    for (const auto character : text) own.push_back(number.at(character));
    const auto held_out = own.size() - own.size() / 10;
    for (std::size_t at = 0; at + length < held_out; at += length) train.push_back({&own, at});
    for (std::size_t at = held_out; at + length < own.size(); at += length) test.push_back({&own, at});
  }
  if (train.size() < 2 || test.empty())
    throw Error(ErrorCode::kUsage, "text.short", "there is too little text",
                "the files give " + std::to_string(train.size()) + " pieces of " + std::to_string(length) +
                    " characters to train on and " + std::to_string(test.size()) + " to test on",
                "name more files, or use shorter pieces");
  NewDataFolder folder(out, "text");
  write_split(out, "train", train, length);
  write_split(out, "test", test, length);
  write_file(out / kClassNamesFile, names);
  folder.keep();
  return {next, static_cast<std::int64_t>(train.size()), static_cast<std::int64_t>(test.size())};
}

}  // namespace weightloom
