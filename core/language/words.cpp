#include "weightloom/language/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "characters.hpp"

namespace weightloom {
namespace {

// Endings and what stands for them in the base form, in the order in which they are tried: "planes" are planes before
// they are plans, and "hoping" is hope.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kEndings{{{"ies", "y"},
                                                                                  {"sses", "ss"},
                                                                                  {"s", ""},
                                                                                  {"es", ""},
                                                                                  {"ing", "e"},
                                                                                  {"ing", ""},
                                                                                  {"ed", "e"},
                                                                                  {"ed", ""},
                                                                                  {"er", "e"},
                                                                                  {"er", ""},
                                                                                  {"est", "e"},
                                                                                  {"est", ""}}};

// ASCII in lower case, the typographic apostrophe (U+2019) as '.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == "\xe2\x80\x99") {
      out += '\'';
      i += 2;
    } else {
      const char c = text[i];
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> split_words(std::string_view raw) {
  const std::string text = plain(raw);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    if (is_digit(text[i])) {
      while (end < text.size() && (is_digit(text[end]) || is_letter(text[end]))) ++end;
    } else if (is_letter(text[i])) {
      const auto inside = [&](std::size_t at) {
        return (text[at] == '-' || text[at] == '\'') && at + 1 < text.size() && is_letter(text[at + 1]);
      };
      while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]) || inside(end))) ++end;
    } else {
      ++i;
      continue;
    }
    std::string word = text.substr(i, end - i);
    if (word.ends_with("'s")) word.resize(word.size() - 2);
    words.push_back(std::move(word));
    i = end;
  }
  return words;
}

std::vector<std::string> base_forms(std::string_view word, const IrregularForms& irregular) {
  std::vector<std::string> forms;
  if (const auto found = irregular.find(word); found != irregular.end()) forms.push_back(found->second);
  forms.emplace_back(word);
  for (const auto& [ending, base] : kEndings)
    if (word.ends_with(ending) && word.size() > ending.size())
      forms.push_back(std::string(word.substr(0, word.size() - ending.size())) + std::string(base));
  return forms;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last, row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace weightloom
