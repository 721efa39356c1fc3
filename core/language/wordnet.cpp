#include "weightloom/language/wordnet.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "vocabulary.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

// Files of nouns, verbs, adjectives and adverbs, and the letter that pointers name them by.
constexpr std::array<std::pair<const char*, char>, 4> kParts{
    {{"noun", 'n'}, {"verb", 'v'}, {"adj", 'a'}, {"adv", 'r'}}};
// How often a word counts in its document. Not tuned.
constexpr double kOwnWord = 3, kGlossWord = 1, kBroaderWord = 2, kNeighbour = 1, kBroaderGloss = 0.3;

struct Synset {
  std::vector<std::string> words;
  std::string gloss;
  std::vector<std::pair<bool, std::string>> neighbours;  // is it broader, and which
};
using Bag = std::map<std::string, double>;

std::string read_part(const fs::path& folder, const std::string& name) {
  try {
    return read_file(folder / name);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    throw Error(ErrorCode::kNotFound, "wordnet.missing", "there is no WordNet in '" + folder.string() + "'",
                "it has no " + name, "on Debian: apt-get install wordnet-base");
  }
}

template <class Use>
void for_each_line(const std::string& text, const Use& use) {
  std::size_t begin = 0;
  for (std::int64_t number = 1; begin < text.size(); ++number) {
    const auto end = std::min(text.find('\n', begin), text.size());
    // The licence, at the beginning, is indented.
    if (text[begin] != ' ' && end > begin) use(std::string_view(text).substr(begin, end - begin), number);
    begin = end + 1;
  }
}

std::vector<std::string_view> fields_of(std::string_view text) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    if (end > at) fields.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

class Reader {
 public:
  explicit Reader(const fs::path& folder) : folder_(folder) {
    for (const auto& [name, letter] : kParts) {
      for_each_line(read_part(folder, "index." + std::string(name)),
                    [&](std::string_view line, std::int64_t) { known_.emplace(line.substr(0, line.find(' '))); });
      for_each_line(read_part(folder, std::string(name) + ".exc"), [&](std::string_view line, std::int64_t) {
        if (const auto fields = fields_of(line); fields.size() >= 2) irregular_.emplace(fields[0], fields[1]);
      });
    }
    for (const auto& [name, letter] : kParts) read_synsets("data." + std::string(name), letter);
  }

  WordnetDocuments documents() const {
    std::vector<Bag> bags;
    std::unordered_map<std::string, std::int64_t> documents;  // that have a term
    for (const auto& key : order_) {
      bags.push_back(bag_of(synsets_.at(key)));
      for (const auto& [term, count] : bags.back()) ++documents[term];
    }
    WordnetDocuments out;
    out.irregular = irregular_;
    std::unordered_map<std::string, std::int64_t> columns;
    for (const auto& [term, count] : std::map<std::string, std::int64_t>(documents.begin(), documents.end())) {
      if (count < 2) continue;
      columns.emplace(term, static_cast<std::int64_t>(out.terms.size()));
      out.terms.push_back(term);
      out.rarity.push_back(static_cast<float>(std::log(static_cast<double>(bags.size()) / static_cast<double>(count))));
    }
    out.row_begins.push_back(0);
    for (const Bag& bag : bags) add_row(bag, columns, out);
    return out;
  }

 private:
  void read_synsets(const std::string& name, char letter) {
    for_each_line(read_part(folder_, name), [&](std::string_view line, std::int64_t number) {
      const auto bar = line.find('|');
      const auto fields = fields_of(line.substr(0, bar));
      const auto number_at = [&](std::size_t at, int base) {
        std::size_t value = 0;
        if (at >= fields.size() || std::from_chars(fields[at].begin(), fields[at].end(), value, base).ec != std::errc())
          throw Error(ErrorCode::kRefused, "wordnet.malformed", "cannot read WordNet's '" + name + "'",
                      "line " + std::to_string(number) + " is no set of synonyms")
              .at((folder_ / name).string());
        return value;
      };
      // Offset, file, kind, the number of words in hexadecimal, words and their senses, the number of pointers, and
      // of each its kind, offset, part of speech and words.
      Synset synset;
      const auto words = number_at(3, 16), pointers = number_at(4 + 2 * words, 10);
      for (std::size_t i = 0; i < words; ++i) synset.words.emplace_back(fields[4 + 2 * i]);
      if (bar != std::string_view::npos) synset.gloss = line.substr(bar + 1, line.find('"', bar) - bar - 1);
      for (std::size_t i = 0; i < pointers && 7 + 2 * words + 4 * i < fields.size(); ++i) {
        const auto at = 5 + 2 * words + 4 * i;
        const char part = fields[at + 2][0] == 's' ? 'a' : fields[at + 2][0];
        synset.neighbours.emplace_back(fields[at] == "@" || fields[at] == "@i", part + std::string(fields[at + 1]));
      }
      order_.push_back(letter + std::string(fields[0]));
      synsets_.emplace(order_.back(), std::move(synset));
    });
  }

  std::vector<std::string> terms_of(std::string text) const {
    for (char& c : text)
      if (c == '_') c = ' ';
    std::vector<std::string> terms;
    for (const auto& word : split_words(text))
      if (word.size() > 1 && !is_function_word(word)) terms.push_back(base_form(word));
    return terms;
  }

  std::string base_form(const std::string& word) const {
    const auto forms = base_forms(word, irregular_);
    const auto known = std::ranges::find_if(forms, [&](const auto& form) { return known_.contains(form); });
    return known != forms.end() ? *known : word;
  }

  Bag bag_of(const Synset& synset) const {
    Bag bag;
    const auto add = [&](const std::string& text, double times) {
      for (const auto& term : terms_of(text)) bag[term] += times;
    };
    for (const auto& word : synset.words) {
      add(word, kOwnWord);
      if (word.find('_') != std::string::npos) bag[lower(word)] += kOwnWord;
    }
    add(synset.gloss, kGlossWord);
    for (const auto& [broader, key] : synset.neighbours) {
      const auto other = synsets_.find(key);
      if (other == synsets_.end()) continue;
      for (const auto& word : other->second.words) add(word, broader ? kBroaderWord : kNeighbour);
      if (broader) add(other->second.gloss, kBroaderGloss);
    }
    return bag;
  }

  static std::string lower(std::string text) {
    for (char& c : text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
  }

  static void add_row(const Bag& bag, const std::unordered_map<std::string, std::int64_t>& columns,
                      WordnetDocuments& out) {
    const auto first = out.values.size();
    double squares = 0;
    for (const auto& [term, count] : bag) {
      const auto column = columns.find(term);
      if (column == columns.end()) continue;
      const double value =
          (count >= 1 ? 1 + std::log(count) : count) * out.rarity[static_cast<std::size_t>(column->second)];
      out.columns.push_back(column->second);
      out.values.push_back(static_cast<float>(value));
      squares += value * value;
    }
    const auto length = static_cast<float>(std::sqrt(squares));
    for (auto i = first; i < out.values.size() && length > 0; ++i) out.values[i] /= length;
    out.row_begins.push_back(static_cast<std::int64_t>(out.values.size()));
  }

  fs::path folder_;
  std::unordered_set<std::string> known_;
  IrregularForms irregular_;
  std::unordered_map<std::string, Synset> synsets_;  // by part of speech and offset
  std::vector<std::string> order_;
};

}  // namespace

WordnetDocuments read_wordnet(const fs::path& folder) {
  return Reader(folder).documents();
}

}  // namespace weightloom
