#include "weightloom/language/vector_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <set>
#include <string_view>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kLongestLine = std::size_t{1} << 16, kMostDimensions = 4096;

class VectorText {
 public:
  VectorText(const std::filesystem::path& path, std::size_t most) : path_(path), most_(most) {
    const FileReader kind(path);  // refuses what is no file
    file_.open(path, std::ios::binary);
  }

  WordTable read() {
    while (table_.terms.size() < most_ && next()) add();
    if (table_.terms.empty()) throw bad("it has no words");
    center();
    table_.source = path_.filename().string();
    return std::move(table_);
  }

 private:
  Error bad(const std::string& why) const {
    return Error(ErrorCode::kRefused, "words.text", "cannot read word vectors '" + path_.string() + "'",
                 "line " + std::to_string(number_) + ": " + why,
                 "each line is a word and its numbers, separated by spaces, as GloVe and word2vec write them")
        .at(path_.string());
  }

  bool next() {
    line_.clear();
    ++number_;
    char c = 0;
    while (file_.get(c) && c != '\n') {
      if (line_.size() == kLongestLine) throw bad("it is longer than 64 KiB");
      line_ += c;
    }
    if (line_.ends_with('\r')) line_.pop_back();
    return !line_.empty() || !file_.eof();
  }

  // Some words that are published have spaces in them: what stands before the numbers is the word.
  std::size_t end_of_word() const {
    auto end = line_.find(' ');
    if (width_ > 0) {
      end = line_.find_last_not_of(' ') + 1;
      for (std::size_t i = 0; i < width_ && end != std::string::npos && end > 0; ++i) end = line_.rfind(' ', end - 1);
    }
    if (end == std::string::npos || end == 0) throw bad("there is no word, or too few numbers");
    return end;
  }

  std::vector<float> numbers_after(std::size_t at) const {
    std::vector<float> out;
    std::string_view text(line_);
    while (at < text.size()) {
      const auto begin = text.find_first_not_of(' ', at);
      if (begin == std::string_view::npos) break;
      const auto end = std::min(text.find(' ', begin), text.size());
      float value = 0;
      const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, value);
      if (error != std::errc() || stop != text.data() + end || !std::isfinite(value))
        throw bad("'" + printable(text.substr(begin, std::min<std::size_t>(end - begin, 40))) + "' is no number");
      out.push_back(value);
      at = end;
    }
    return out;
  }

  void add() {
    if (line_.empty()) throw bad("it is empty");
    const auto space = end_of_word();
    const std::string word = line_.substr(0, space);
    const auto numbers = numbers_after(space);
    if (numbers.empty()) throw bad("there is nothing after the word");
    if (number_ == 1 && numbers.size() == 1) return;  // how many there are
    if (numbers.size() > kMostDimensions) throw bad("there are more than 4096 numbers");
    if (width_ == 0) width_ = numbers.size();
    if (numbers.size() != width_)
      throw bad("there are " + std::to_string(numbers.size()) + " numbers, not " + std::to_string(width_));
    if (!is_word(word) || !known_.insert(word).second) return;
    table_.terms.push_back(word);
    table_.vectors.insert(table_.vectors.end(), numbers.begin(), numbers.end());
    table_.rarity.push_back(1 + std::log(1 + static_cast<float>(table_.rarity.size())));
  }

  static bool is_word(const std::string& text) {
    return is_printable(text) && std::ranges::all_of(text, [](char c) {
             return (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '\'' ||
                    static_cast<unsigned char>(c) >= 0x80;
           });
  }

  void center() {
    std::vector<double> mean(width_);
    for (std::size_t i = 0; i < table_.vectors.size(); ++i) mean[i % width_] += table_.vectors[i];
    for (std::size_t i = 0; i < table_.vectors.size(); ++i)
      table_.vectors[i] -= static_cast<float>(mean[i % width_] / static_cast<double>(table_.terms.size()));
  }

  std::filesystem::path path_;
  std::size_t most_, width_ = 0, number_ = 0;
  std::ifstream file_;
  std::string line_;
  std::set<std::string> known_;
  WordTable table_;
};

}  // namespace

WordTable read_vector_text(const std::filesystem::path& path, std::size_t most) {
  return VectorText(path, most).read();
}

}  // namespace weightloom
