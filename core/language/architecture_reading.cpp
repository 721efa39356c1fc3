#include "weightloom/language/architecture_reading.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "vocabulary.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

// What people call an architecture, words or pairs of words; general ones give way where another kind is named too:
// residual networks are convolutional.
struct Kind {
  const char* name;
  std::vector<std::string> calls;
  bool general = false;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"mlp",
       {"mlp", "perceptron", "perceptrons", "fully connected", "fully-connected", "feedforward", "feed-forward",
        "feed forward", "dense network", "dense net", "dense layers", "dense layer", "multilayer", "multi-layer"}},
      {"cnn",
       {"cnn", "convolutional", "convolution", "convolutions", "convnet", "convnets", "conv net", "conv-net",
        "conv network", "conv layers", "covnet"},
       true},
      {"resnet",
       {"resnet", "resnets", "residual", "residuals", "skip connection", "skip connections", "skip-connections",
        "shortcut connections", "res net", "res-net"}},
      {"vit",
       {"vit", "transformer", "transformers", "vision transformer", "self-attention", "attention", "attention based",
        "attention-based"}},
      {"mixer", {"mixer", "mlp-mixer"}},
      {"vgg", {"vgg"}},
      {"lstm", {"lstm", "long short-term"}},
      {"rnn", {"rnn", "recurrent", "gru"}},
      {"gan", {"gan", "adversarial"}},
      {"diffusion", {"diffusion"}},
      {"autoencoder", {"autoencoder", "auto-encoder", "vae"}},
      {"unet", {"unet", "u-net"}},
      {"mobilenet", {"mobilenet"}},
      {"efficientnet", {"efficientnet"}},
      {"densenet", {"densenet"}},
      {"inception", {"inception", "googlenet"}},
      {"alexnet", {"alexnet"}},
      {"lenet", {"lenet"}},
      {"yolo", {"yolo"}},
      {"bert", {"bert"}},
      {"gpt", {"gpt"}},
      {"mamba", {"mamba"}},
      {"swin", {"swin"}},
      {"convnext", {"convnext"}},
      {"capsule", {"capsule network", "capsule net", "capsnet"}},
      {"graph network", {"graph neural", "graph network", "gnn"}},
      {"spiking network", {"spiking"}},
      {"decision tree",
       {"decision tree", "decision trees", "random forest", "xgboost", "gradient boosting", "boosted trees"}},
      {"support vector machine", {"svm", "support vector"}},
      {"nearest neighbours",
       {"nearest neighbour", "nearest neighbor", "nearest neighbours", "nearest neighbors", "knn"}},
      {"logistic regression", {"logistic regression"}}};
  return all;
}

const std::set<std::string> kDepthWords{"layer", "layers", "block", "blocks", "deep", "levels"};
const std::set<std::string> kWidthWords{"unit",     "units", "neuron",  "neurons", "channel",
                                        "channels", "wide",  "filters", "nodes"};
const std::set<std::string> kParameterWords{"weight", "weights", "parameter", "parameters", "param", "params"};
const std::set<std::string> kLimits{"under",   "below",  "less",   "fewer",     "most",   "max",
                                    "maximum", "within", "exceed", "exceeding", "limit",  "budget",
                                    "up",      "than",   "over",   "beyond",    "smaller"};

const std::map<std::string, std::int64_t, std::less<>> kTens{{"twenty", 20}, {"thirty", 30}, {"forty", 40},
                                                             {"fifty", 50},  {"sixty", 60},  {"seventy", 70},
                                                             {"eighty", 80}, {"ninety", 90}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "10,000" is one number, "twenty-layer" two words, "resnet20" and "resnet-20" a name and a number.
std::vector<std::string> words_of(std::string_view instruction) {
  std::string text;
  for (std::size_t i = 0; i < instruction.size(); ++i) {
    const char c = instruction[i];
    const bool between =
        i > 0 && i + 1 < instruction.size() && is_digit(instruction[i - 1]) && is_digit(instruction[i + 1]);
    if (c == ',' && between) continue;
    text += c;
  }
  std::vector<std::string> words;
  for (auto& word : split_words(text)) {
    const auto first_digit = std::ranges::find_if(word, is_digit);
    const auto hyphen = word.find('-');
    if (first_digit != word.end() && first_digit != word.begin() && std::all_of(first_digit, word.end(), is_digit)) {
      words.emplace_back(word.begin(), first_digit);
      words.emplace_back(first_digit, word.end());
    } else if (hyphen != std::string::npos &&
               (number_of(word.substr(0, hyphen)) || kTens.contains(word.substr(0, hyphen)))) {
      words.push_back(word.substr(0, hyphen));
      words.push_back(word.substr(hyphen + 1));
    } else {
      words.push_back(std::move(word));
    }
  }
  return words;
}

// A number that begins at a word, and how many words it takes; none: 0.
struct Number {
  std::int64_t value = 0;
  std::size_t words = 0;
};

Number number_at(const std::vector<std::string>& words, std::size_t at) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  Number found;
  const std::string& word = words[at];
  if (is_digit(word.front())) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), found.value);
    if (error != std::errc() || found.value > kMost) return {};
    const std::string_view suffix(end, word.data() + word.size());
    if (suffix == "k") found.value *= 1000;
    if (suffix == "m") found.value *= 1'000'000;
    if (!suffix.empty() && suffix != "k" && suffix != "m") return {};
    found.words = 1;
  } else if (const auto ten = kTens.find(word); ten != kTens.end()) {
    found = {ten->second, 1};
    if (at + 1 < words.size())
      if (const auto unit = number_of(words[at + 1]);
          unit && *unit > 0 && *unit < 10 && !is_digit(words[at + 1].front()))
        found = {ten->second + *unit, 2};
  } else if (const auto small = number_of(word); small && !word.ends_with('s')) {
    found = {*small, 1};
  } else if (word == "hundred" || word == "thousand") {
    found = {word == "hundred" ? 100 : 1000, 1};
    return found;
  } else {
    return {};
  }
  for (const auto& [name, times] :
       {std::pair<const char*, std::int64_t>{"hundred", 100}, {"thousand", 1000}, {"million", 1'000'000}})
    if (at + found.words < words.size() && words[at + found.words] == name && found.value <= kMost / times) {
      found.value *= times;
      ++found.words;
    }
  return found;
}

class Reader {
 public:
  Reader(std::string_view instruction, const std::vector<std::string>& names)
      : words_(words_of(instruction)), names_(names) {}

  ArchitectureReading read() {
    read_kind();
    for (std::size_t i = 0; i < words_.size(); ++i) read_number(i);
    read_quality();
    return std::move(out_);
  }

 private:
  bool is_negated(std::size_t at) const { return at > 0 && is_negation(words_[at - 1]); }

  // Whether a call of one or two words stands at a place.
  bool stands_at(const std::string& call, std::size_t at) const {
    const auto space = call.find(' ');
    if (space == std::string::npos) return words_[at] == call;
    return at + 1 < words_.size() && words_[at] == call.substr(0, space) && words_[at + 1] == call.substr(space + 1);
  }

  void read_kind() {
    std::vector<std::pair<std::string, std::size_t>> found;  // name and place
    std::set<std::string> general;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (is_negated(i)) continue;
      const auto add = [&](const std::string& name) {
        if (std::ranges::find(found, name, &std::pair<std::string, std::size_t>::first) == found.end())
          found.emplace_back(name, i);
      };
      if (std::ranges::find(names_, words_[i]) != names_.end()) add(words_[i]);
      for (const Kind& kind : kinds())
        if (std::ranges::any_of(kind.calls, [&](const std::string& call) { return stands_at(call, i); })) {
          if (kind.general) general.insert(kind.name);
          add(kind.name);
        }
    }
    if (found.size() > 1) std::erase_if(found, [&](const auto& entry) { return general.contains(entry.first); });
    if (found.empty()) return;
    std::string known;
    for (const auto& name : names_) known += (known.empty() ? "" : ", ") + name;
    if (found.size() > 1)
      throw Error(ErrorCode::kUsage, "instruction.architecture", "the instruction names two kinds of network",
                  "'" + found[0].first + "' and '" + found[1].first + "'", "name one of them, or give --arch");
    if (std::ranges::find(names_, found[0].first) == names_.end())
      throw Error(ErrorCode::kUsage, "instruction.architecture", "there is no architecture '" + found[0].first + "'",
                  "the instruction asks for one, and no plugin is of it", "there are: " + known);
    out_.name = found[0].first;
    out_.because.push_back(words_[found[0].second]);
    // "resnet 20".
    const auto next = found[0].second + 1;
    if (words_[found[0].second] == out_.name && next < words_.size() && is_digit(words_[next].front()))
      if (const Number number = number_at(words_, next); number.words == 1 && !counts(next))
        set(out_.depth, number.value, next);
  }

  // Whether the number at a place is one of what comes after it.
  bool counts(std::size_t at) const {
    return at + 1 < words_.size() && (kDepthWords.contains(words_[at + 1]) || kWidthWords.contains(words_[at + 1]) ||
                                      kParameterWords.contains(words_[at + 1]));
  }

  void set(std::optional<std::int64_t>& setting, std::int64_t value, std::size_t at) {
    if (setting && *setting != value)
      throw Error(ErrorCode::kUsage, "instruction.architecture", "the instruction says two things of one setting",
                  std::to_string(*setting) + " and " + std::to_string(value), "say one of them, or give --set");
    if (!setting) out_.because.push_back(words_[at]);
    setting = value;
  }

  void read_number(std::size_t at) {
    if (at > 0 && number_at(words_, at - 1).words > 1) return;  // inside of one
    const Number number = number_at(words_, at);
    if (number.words == 0) return;
    const auto after = at + number.words;
    // One word may stand between: "three hidden layers".
    for (auto i = after; i < std::min(after + 2, words_.size()); ++i) {
      if (i > after && (is_function_word(words_[i - 1]) || number_at(words_, i - 1).words > 0)) break;
      if (kDepthWords.contains(words_[i])) return set(out_.depth, number.value, at);
      if (kWidthWords.contains(words_[i])) return set(out_.width, number.value, at);
      if (kParameterWords.contains(words_[i]) && is_limit(at)) return set(out_.most_parameters, number.value, at);
    }
    const auto before = [&](const char* word) {
      return (at > 0 && words_[at - 1] == word) ||
             (at > 1 && words_[at - 2] == word && (words_[at - 1] == "of" || words_[at - 1] == "is"));
    };
    if (before("depth")) set(out_.depth, number.value, at);
    if (before("width")) set(out_.width, number.value, at);
  }

  bool is_limit(std::size_t at) const {
    for (std::size_t i = at > 4 ? at - 4 : 0; i < at; ++i)
      if (kLimits.contains(words_[i])) return true;
    return false;
  }

  void read_quality() {
    std::string joined;
    for (const auto& word : words_) joined += ' ' + word;
    joined += ' ';
    const auto says = [&](std::initializer_list<const char*> phrases) {
      return std::ranges::any_of(phrases, [&](const char* phrase) { return joined.find(phrase) != std::string::npos; });
    };
    const bool high =
        says({" as accurate as ", " best possible ", " most accurate ", " highest accuracy ", " maximum accuracy ",
              " accuracy matters ", " as good as ", " best accuracy ", " top accuracy ", " highest quality ",
              " best quality ", " top quality ", " as precise as ", " accurate as possible ", " as reliable as ",
              " max accuracy ", " highest possible ", " best you can ", " accuracy above all "});
    const bool draft = says({" draft ", " quick and dirty ", " rough ", " prototype ", " sketch ", " good enough ",
                             " quick one ", " quick version ", " quick try ", " doesn't have to be ", " need not be ",
                             " doesn't need to be ", " any accuracy "});
    if (high != draft) out_.quality = high ? ArchitectureReading::Quality::kHigh : ArchitectureReading::Quality::kDraft;
  }

  std::vector<std::string> words_;
  const std::vector<std::string>& names_;
  ArchitectureReading out_;
};

}  // namespace

ArchitectureReading read_architecture(std::string_view instruction, const std::vector<std::string>& names) {
  return Reader(instruction.substr(0, kLongestInstruction), names).read();
}

}  // namespace weightloom
