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
using Fields = std::vector<std::string_view>;

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

Fields fields_of(std::string_view text) {
  Fields fields;
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
    read_senses("index.noun");
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
    out.taxonomy = taxonomy_of(out.terms);
    return out;
  }

 private:
  std::size_t number_in(const Fields& fields, std::size_t at, int base, const std::string& file, std::int64_t line,
                        const char* why) const {
    std::size_t value = 0;
    if (at >= fields.size() || std::from_chars(fields[at].begin(), fields[at].end(), value, base).ec != std::errc())
      throw Error(ErrorCode::kRefused, "wordnet.malformed", "cannot read WordNet's '" + file + "'",
                  "line " + std::to_string(line) + ' ' + why)
          .at((folder_ / file).string());
    return value;
  }

  // Word, part of speech, the number of its meanings, and more, at the end of which the offset of each meaning, the
  // commonest first.
  void read_senses(const std::string& name) {
    for_each_line(read_part(folder_, name), [&](std::string_view line, std::int64_t number) {
      const auto fields = fields_of(line);
      const auto count = number_in(fields, 2, 10, name, number, "is no entry of an index");
      if (count > fields.size() - 3) return;
      auto& senses = senses_[std::string(fields[0])];
      for (auto i = fields.size() - count; i < fields.size() && senses.size() < Taxonomy::kSenses; ++i)
        senses.push_back('n' + std::string(fields[i]));
    });
  }

  Taxonomy taxonomy_of(const std::vector<std::string>& terms) const {
    std::unordered_map<std::string_view, Taxonomy::Node> nodes;
    for (const auto& key : nouns_) nodes.emplace(key, static_cast<Taxonomy::Node>(nodes.size()));
    Taxonomy out;
    const auto add = [&](std::vector<Taxonomy::Node>& row, std::size_t end, const std::string& key) {
      if (const auto node = nodes.find(key); node != nodes.end() && row.size() < end) row.push_back(node->second);
    };
    for (const auto& key : nouns_) {
      const auto end = out.broader.size() + Taxonomy::kBroader;
      for (const auto& [broader, other] : synsets_.at(key).neighbours)
        if (broader) add(out.broader, end, other);
      out.broader.resize(end, Taxonomy::kNone);
    }
    for (const auto& term : terms) {
      const auto end = out.senses.size() + Taxonomy::kSenses;
      if (const auto found = senses_.find(term); found != senses_.end())
        for (const auto& key : found->second) add(out.senses, end, key);
      out.senses.resize(end, Taxonomy::kNone);
    }
    return out;
  }

  void read_synsets(const std::string& name, char letter) {
    for_each_line(read_part(folder_, name), [&](std::string_view line, std::int64_t number) {
      const auto bar = line.find('|');
      const auto fields = fields_of(line.substr(0, bar));
      const auto number_at = [&](std::size_t at, int base) {
        return number_in(fields, at, base, name, number, "is no set of synonyms");
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
      if (letter == 'n') nouns_.push_back(order_.back());
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
  std::vector<std::string> order_, nouns_;
  std::unordered_map<std::string, std::vector<std::string>> senses_;  // of each noun
};

}  // namespace

WordnetDocuments read_wordnet(const fs::path& folder) {
  return Reader(folder).documents();
}

}  // namespace weightloom
