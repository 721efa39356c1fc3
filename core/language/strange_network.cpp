#include "strange_network.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "architecture_kinds.hpp"
#include "characters.hpp"
#include "vocabulary.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

const std::set<std::string> kHeads{"architecture", "network", "networks", "net"};
// What a method may be called behind its inventor's name.
const std::set<std::string> kMethods{
    "algorithm",     "approach",      "automaton", "automata",  "cascade", "cell",         "cells",        "circuit",
    "classifier",    "coder",         "decoder",   "embedding", "encoder", "engine",       "ensemble",     "estimator",
    "factorisation", "factorization", "field",     "filter",    "flow",    "forest",       "grammar",      "grid",
    "heuristic",     "kernel",        "lattice",   "learner",   "logic",   "loom",         "machine",      "machines",
    "manifold",      "map",           "matrix",    "mechanism", "memory",  "mesh",         "method",       "operator",
    "oracle",        "oscillator",    "predictor", "procedure", "process", "quantisation", "quantization", "regression",
    "regressor",     "resonator",     "rule",      "rules",     "scheme",  "sieve",        "solver",       "technique",
    "theorem",       "transform",     "tree",      "trees",     "trick"};
// Before the name.
const std::set<std::string> kArticles{"a", "an", "the", "some", "that", "this", "your"};
const std::set<std::string> kTitles{"professor", "prof", "dr", "doctor"};
const std::set<std::string> kInstruments{"with",     "by",      "via", "using", "use",    "used",  "apply",
                                         "applying", "through", "try", "run",   "employ", "about", "w"};
// Made by hand or by a machine before a network sees it: "digits written with a Lamy pen".
const std::set<std::string> kTaking{"written",  "drawn",  "penned",   "taken",   "shot",     "photographed", "scanned",
                                    "snapped",  "caught", "sketched", "printed", "recorded", "filmed",       "sorted",
                                    "captured", "made",   "sold",     "worn",    "sewn",     "read"};
const std::set<std::string> kTools{"pytorch", "torch", "keras",  "tensorflow", "jax",
                                   "caffe",   "onnx",  "kaggle", "numpy",      "sklearn"};

// A word between spaces.
struct Token {
  std::string_view text;  // with punctuation
  std::string word;       // the last one in it, in lower case
  bool ends = false;      // what is said there
};

std::vector<Token> tokens_of(std::string_view instruction) {
  std::vector<Token> out;
  for (std::size_t at = 0; at < instruction.size();) {
    const auto end = std::min(instruction.find_first_of(" \n\t", at), instruction.size());
    const auto text = instruction.substr(at, end - at);
    if (const auto words = split_words(text); !words.empty())
      out.push_back({text, words.back(), std::string_view(",;:.!?)").find(text.back()) != std::string_view::npos});
    at = end + 1;
  }
  return out;
}

class StrangeNetworks {
 public:
  StrangeNetworks(std::string_view instruction, const WordVectors& vectors,
                  const std::function<bool(const std::string&)>& is_known)
      : tokens_(tokens_of(instruction)), vectors_(vectors), is_known_(is_known) {}

  std::optional<std::string> find() const {
    for (std::size_t i = 0; vectors_.size() > 0 && i < tokens_.size(); ++i)
      if (const auto name = name_at(i); is_strange_name(name) && (is_kind(i, name) || is_method(i)))
        return std::string(name);
    return std::nullopt;
  }

 private:
  // Without what stands around it: "Oyelaran" of "Oyelaran's".
  std::string_view name_at(std::size_t at) const {
    auto name = tokens_[at].text;
    while (!name.empty() && std::string_view("\"'(").find(name.front()) != std::string_view::npos)
      name.remove_prefix(1);
    while (!name.empty() && std::string_view("\"',").find(name.back()) != std::string_view::npos) name.remove_suffix(1);
    for (const std::string_view own : {"'s", "’s"})
      if (name.ends_with(own)) name.remove_suffix(own.size());
    return name;
  }

  // "A Wobbleton-Pryce net", "the Zorv-9 model".
  bool is_kind(std::size_t at, std::string_view name) const {
    static const std::set<std::string> opening{"a", "an", "the", "use", "using", "with", "some", "that", "your"};
    if (at == 0 || at + 1 == tokens_.size() || !opening.contains(tokens_[at - 1].word) || tokens_[at - 1].ends)
      return false;
    const auto head = split_words(tokens_[at + 1].text).front();
    return kHeads.contains(head) || (head == "model" && name.find('-') != std::string_view::npos);
  }

  // "With a Quillfeather braid machine", "by Professor Oyelaran's tidal resonator", "digits, Tsetlin machine".
  bool is_method(std::size_t at) const {
    const auto head = head_of(at);
    if (!head) return false;
    auto first = at;
    while (first > 0 && !tokens_[first - 1].ends && is_of_name(first - 1)) --first;
    if (first > 0 && !tokens_[first - 1].ends && kArticles.contains(tokens_[first - 1].word)) --first;
    if (first == 0 || tokens_[first - 1].ends) return is_whole(*head);
    return kInstruments.contains(tokens_[first - 1].word) && !(first > 1 && kTaking.contains(tokens_[first - 2].word));
  }

  // "Professor" of "Professor Oyelaran".
  bool is_of_name(std::size_t at) const {
    const Token& token = tokens_[at];
    return kTitles.contains(token.word) ||
           (token.text.front() >= 'A' && token.text.front() <= 'Z' && !kInstruments.contains(token.word) &&
            !kArticles.contains(token.word) && !is_function_word(token.word));
  }

  // Of what is called after a name: up to two words may stand between, and none of them says how words belong together.
  std::optional<std::size_t> head_of(std::size_t at) const {
    constexpr std::size_t kFarthest = 3;
    for (auto i = at + 1; i < tokens_.size() && i <= at + kFarthest && !tokens_[i - 1].ends; ++i) {
      const auto word = split_words(tokens_[i].text).front();
      const bool more = i + 1 < tokens_.size() && !tokens_[i].ends && kMethods.contains(tokens_[i + 1].word);
      if ((kMethods.contains(word) || kHeads.contains(word)) && !more) return i;
      if (is_function_word(word) || is_digit(word.front())) break;
    }
    return std::nullopt;
  }

  // With nothing behind it that it belongs to, as in "Kerala machine shop".
  bool is_whole(std::size_t head) const {
    static const std::set<std::string> after{"for", "on", "to", "over", "in", "as", "that", "which"};
    return tokens_[head].ends || head + 1 == tokens_.size() || after.contains(tokens_[head + 1].word);
  }

  bool is_strange_name(std::string_view name) const {
    const bool capital = !name.empty() && name.front() >= 'A' && name.front() <= 'Z';
    if (!capital && name.find('-') == std::string_view::npos) return false;
    if (!std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; })) return false;
    std::size_t parts = 0, unknown = 0, capitals = 0;
    for (std::size_t at = 0; at <= name.size(); ++parts) {
      const auto end = std::min(name.find('-', at), name.size());
      const auto part = name.substr(at, end - at);
      // "TurboQuantum-9000".
      if (parts > 0 && std::ranges::all_of(part, is_digit)) break;
      const auto words = split_words(part);
      if (words.size() != 1 || words.front().size() < 3) return false;
      const auto& word = words.front();
      const bool of_set = word.ends_with("mnist") || word.starts_with("cifar") || is_other_data_set(word);
      if (of_set || is_kind_of_network(word) || kTools.contains(word) || is_known_(word)) return false;
      // "GOOD" is shouted.
      capitals += part.front() != word.front() && std::ranges::any_of(part, [](char c) { return c >= 'a'; });
      unknown += !vectors_.find(vectors_.lemma(word)) && !is_function_word(word) && !is_generic_word(word) &&
                 !is_slip(word, vectors_);
      at = end + 1;
    }
    return capitals == parts ? unknown > 0 : parts > 1 && unknown == parts;
  }

  std::vector<Token> tokens_;
  const WordVectors& vectors_;
  const std::function<bool(const std::string&)>& is_known_;
};

}  // namespace

bool is_slip(const std::string& word, const WordVectors& vectors) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    auto other = word;
    std::swap(other[i - 1], other[i]);
    if (vectors.find(vectors.lemma(other))) return true;
  }
  return false;
}

std::optional<std::string> strange_network(std::string_view instruction, const WordVectors& vectors,
                                           const std::function<bool(const std::string&)>& is_known) {
  return StrangeNetworks(instruction, vectors, is_known).find();
}

}  // namespace weightloom
