#include "spelled_names.hpp"

#include <algorithm>
#include <vector>

#include "characters.hpp"

namespace weightloom {
namespace {

// Pieces of one name: "C.I.F.A.R.1.0".
constexpr std::size_t kMostPieces = 14;
// Of a name that is spelled out, and of the two words that a blank stands between.
constexpr std::size_t kShortestSpelled = 3, kShortestHead = 2, kShortestTail = 3;

struct Piece {
  std::size_t begin, end;
  std::size_t size() const { return end - begin; }
};

bool is_inside(char c) {
  return is_letter(c) || is_digit(c);
}

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_inside(text[end])) ++end;
    if (end > at) pieces.push_back({at, end});
    at = std::max(end, at + 1);
  }
  return pieces;
}

class Joiner {
 public:
  Joiner(std::string_view text, const std::function<bool(const std::string&)>& is_name)
      : text_(text), is_name_(is_name), pieces_(pieces_of(text)) {}

  std::string read() const {
    std::string out;
    std::size_t copied = 0;
    for (std::size_t first = 0; first < pieces_.size(); ++first) {
      auto last = std::min(first + kMostPieces, pieces_.size()) - 1;
      while (last > first && !is_one_name(first, last)) --last;
      if (last == first) continue;
      out += text_.substr(copied, pieces_[first].begin - copied);
      out += joined(first, last);
      copied = pieces_[last].end;
      // The dot of the last letter ends no sentence.
      if (between(last - 1).front() == '.' && copied < text_.size() && text_[copied] == '.') ++copied;
      first = last;
    }
    return out += text_.substr(copied);
  }

 private:
  std::string_view between(std::size_t at) const {
    return text_.substr(pieces_[at].end, pieces_[at + 1].begin - pieces_[at].end);
  }

  std::string word(std::size_t at) const { return in_lower_case(text_.substr(pieces_[at].begin, pieces_[at].size())); }

  std::string joined(std::size_t first, std::size_t last) const {
    std::string out;
    for (auto i = first; i <= last; ++i) out += word(i);
    return out;
  }

  bool is_called(const std::string& name) const {
    return is_name_(name) || (name.ends_with('s') && is_name_(name.substr(0, name.size() - 1)));
  }

  template <class Is>
  bool all_between(std::size_t first, std::size_t last, const Is& is) const {
    for (auto i = first; i < last; ++i)
      if (!is(between(i))) return false;
    return true;
  }

  bool is_one_name(std::size_t first, std::size_t last) const {
    const bool letters = std::all_of(pieces_.begin() + static_cast<std::ptrdiff_t>(first),
                                     pieces_.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                                     [](const Piece& piece) { return piece.size() == 1; });
    return (letters ? is_spelled_out(first, last) : is_cut(first, last)) && is_called(joined(first, last));
  }

  bool is_spelled_out(std::size_t first, std::size_t last) const {
    return last - first + 1 >= kShortestSpelled && all_between(first, last, [](std::string_view text) {
             return text == "." || text == "-" || text == " " || text == ". " || text == "_";
           });
  }

  // "Fashion-mnist" is known with its hyphen.
  bool is_cut(std::size_t first, std::size_t last) const {
    for (auto i = first; i <= last; ++i)
      if (is_name_(word(i))) return false;
    if (all_between(first, last, [](std::string_view text) { return text == "-"; })) return true;
    return last == first + 1 && between(first) == " " && pieces_[first].size() >= kShortestHead &&
           pieces_[last].size() >= kShortestTail && !is_called(word(first) + ' ' + word(last));
  }

  std::string_view text_;
  const std::function<bool(const std::string&)>& is_name_;
  std::vector<Piece> pieces_;
};

// What stands before the sign of "layers: 5".
struct Setting {
  std::size_t begin, end;
  const char* name;
};

const char* setting_called(std::string_view word) {
  for (const std::string_view depth : {"d", "layers", "layer", "blocks", "block"})
    if (word == depth) return "depth";
  for (const std::string_view width : {"w", "units", "channels", "neurons"})
    if (word == width) return "width";
  return nullptr;
}

// "Units per layer", "units in each block": the first word says what is set.
std::size_t first_of_key(std::string_view text, const std::vector<Piece>& pieces, std::size_t last) {
  const auto word = [&](std::size_t i) { return in_lower_case(text.substr(pieces[i].begin, pieces[i].size())); };
  if (last > 1 &&
      (word(last) == "each" || word(last - 1) == "per" || word(last - 1) == "each" || word(last - 1) == "a"))
    for (auto first = last - 1; first > 0 && last - first < 3; --first)
      if (setting_called(word(first - 1))) return first - 1;
  return last;
}

// "Layers: 5", "units per layer = 64", "d=4", with a sign right behind and nothing that the number counts; but not
// "3 layers: 64 units".
std::vector<Setting> settings_of(std::string_view text) {
  std::vector<Setting> out;
  const auto pieces = pieces_of(text);
  const auto signs = [&](std::size_t at) {
    const auto sign = text.find_first_not_of(' ', at);
    return sign != std::string_view::npos && (text[sign] == '=' || text[sign] == ':');
  };
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    const auto first = first_of_key(text, pieces, i);
    const auto key = in_lower_case(text.substr(pieces[first].begin, pieces[first].size()));
    const char* name = signs(pieces[i].end) ? setting_called(key) : nullptr;
    const Piece& value = pieces[i + 1];
    const bool counted = first > 0 && is_digit(text[pieces[first - 1].begin]) &&
                         text.substr(pieces[first - 1].end, pieces[first].begin - pieces[first - 1].end) == " " &&
                         !(first > 1 && signs(pieces[first - 2].end));
    if (!name || !is_digit(text[value.begin]) || counted) continue;
    const bool counts = key.size() > 1 && value.end + 1 < text.size() && text[value.end] == ' ' &&
                        is_letter(text[value.end + 1]) && !(i + 2 < pieces.size() && signs(pieces[i + 2].end));
    if (!counts) out.push_back({pieces[first].begin, pieces[i].end, name});
  }
  return out;
}

}  // namespace

std::string with_names_joined(std::string_view text, const std::function<bool(const std::string&)>& is_name) {
  return Joiner(text, is_name).read();
}

std::string with_settings_in_full(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (const Setting& setting : settings_of(text)) {
    out.append(text.substr(copied, setting.begin - copied)).append(setting.name);
    copied = setting.end;
  }
  return out.append(text.substr(copied));
}

}  // namespace weightloom
