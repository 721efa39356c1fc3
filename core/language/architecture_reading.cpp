#include "weightloom/language/architecture_reading.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "architecture_kinds.hpp"
#include "characters.hpp"
#include "separated_text.hpp"
#include "spelled_names.hpp"
#include "strange_network.hpp"
#include "vocabulary.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

const std::set<std::string> kDepthWords{"layer", "layers", "block", "blocks", "deep", "levels"};
const std::set<std::string> kWidthWords{"unit",     "units", "neuron",  "neurons", "channel",
                                        "channels", "wide",  "filters", "nodes"};
const std::set<std::string> kParameterWords{"weight", "weights", "parameter", "parameters", "param", "params"};
// Of a depth or width that no network has.
const std::set<std::string> kBelowZero{"minus", "negative"};
const std::set<std::string> kLimits{"under",   "below",  "less",   "fewer",     "most",   "max",
                                    "maximum", "within", "exceed", "exceeding", "limit",  "budget",
                                    "smaller", "up",     "cap",    "capped",    "limited"};
// Limits behind a negation alone: "not above", "no more than".
const std::set<std::string> kLimitsDenied{"over", "above", "beyond", "than"};
// Before the name of a network that its words do not tell.
const std::set<std::string> kNaming{"called", "named", "dubbed"};
const std::set<std::string> kNamed{"architecture", "architectures"};
const std::set<std::string> kCaps{"cap", "capped", "limit", "limited"};
// What "<" is read as.
constexpr std::string_view kBelow = "below";
// Less is no limit of weights, unless a cap is spoken of.
constexpr std::int64_t kFewestParameters = 100;
const std::set<std::string> kLimitsAfter{"most", "max", "maximum", "less", "fewer", "tops", "outside", "limit", "cap"};

const std::map<std::string, std::int64_t, std::less<>> kTens{{"twenty", 20}, {"thirty", 30}, {"forty", 40},
                                                             {"fifty", 50},  {"sixty", 60},  {"seventy", 70},
                                                             {"eighty", 80}, {"ninety", 90}};

const std::set<std::string> kGood{"accurate",  "accurately", "good",  "precise",  "precisely", "reliable",
                                  "reliably",  "correct",    "exact", "exactly",  "careful",   "carefully",
                                  "correctly", "close",      "right", "faultless"};
const std::set<std::string> kFast{"quick", "quickly", "fast", "soon", "cheap", "cheaply"};

// Phrases between commas.
constexpr std::string_view kHighQuality =
    "best possible, time is no object, time no object, spare no effort, err as seldom, err as rarely, last drop of "
    "accuracy, last ounce of accuracy, last bit of accuracy, every ounce of accuracy, "
    "accuracy as high as, highest accuracy, maximum accuracy, max accuracy, high accuracy, top accuracy, best "
    "accuracy, "
    "utmost accuracy, greatest accuracy, accuracy matters, accuracy first, accuracy above all, highest quality, "
    "highest standard, best "
    "quality, top quality, high quality, quality high, quality is high, highest possible, best you, best you've, best "
    "u, best there, "
    "best one, best that, very best, best it, top notch, topnotch, spot on, state of the art, "
    "flawless, no mistakes, without mistakes, without a mistake, all the care, great care, greatest care, utmost, no "
    "errors, must be right, take your time, however long, as few mistakes, fewest mistakes, as few errors, fewest "
    "errors, precision matters, highest precision, best precision, paramount, getting it right, getting them right, "
    "right matters, make it excellent, best performance, best results, best result";
constexpr std::string_view kDraftQuality =
    "draft, quick and dirty, quick n dirty, rough, prototype, sketch, sketchy, good "
    "enough, quick one, quick version, quick try, quick go, quick job, quick test, quick look, quick experiment, "
    "quick attempt, quick thing, quick model, quick net, quick network, quick classifier, quick stab, on the quick, "
    "do it fast, hurry, in a rush, asap, mock up, throwaway, throw away, placeholder, ballpark, slapdash, crude, "
    "sloppy, first "
    "stab, first go, first attempt, only testing, just testing, just a test, cheap and cheerful, doesn't have to be, "
    "doesnt have to be, need not be, needn't be, doesn't need to be, doesnt need to be, don't need to be, dont need "
    "to be, any accuracy, not fussy, dont care how accurate, dont care if, dont care about accuracy, dont care about "
    "quality, don't "
    "care how accurate, doesn't matter how accurate, accuracy "
    "doesn't matter, accuracy does not matter, accuracy is not important, quality doesn't matter, quality does not "
    "matter";

// Three digits, and no more.
bool is_thousands(std::string_view text) {
  return text.size() >= 3 && is_digit(text[0]) && is_digit(text[1]) && is_digit(text[2]) &&
         (text.size() == 3 || !is_digit(text[3]));
}

// "1.5 million" is 1500 thousand and "0.5M" 500k: `text` begins with a digit and is changed at its beginning only.
std::string without_fraction(std::string_view text) {
  std::size_t whole = 0, end = 0;
  while (whole < text.size() && is_digit(text[whole])) ++whole;
  end = whole + 1;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string digits(text.substr(0, whole)), fraction(text.substr(whole + 1, end - whole - 1));
  fraction.resize(3, '0');
  const auto rest = text.substr(end);
  const auto unit =
      rest.substr(0, rest.find_first_not_of(' ') == std::string_view::npos ? 0 : rest.find_first_not_of(' '));
  const auto word = rest.substr(unit.size());
  for (const auto& [name, smaller] : {std::pair<std::string_view, const char*>{"million", "thousand"},
                                      {"lakh", "hundred"},
                                      {"thousand", ""},
                                      {"M", "k"},
                                      {"m", "k"},
                                      {"k", ""},
                                      {"K", ""}})
    if (word.starts_with(name) && (word.size() == name.size() || !is_letter(word[name.size()])))
      return digits + fraction + std::string(unit) + smaller + std::string(word.substr(name.size()));
  return digits + " x" + std::string(rest);  // no number of anything that is counted here
}

// The words of one with hyphens.
void add_parts(const std::string& word, std::vector<std::string>& words) {
  for (std::size_t at = 0; at <= word.size();) {
    const auto end = std::min(word.find('-', at), word.size());
    if (end > at) words.push_back(word.substr(at, end - at));
    at = end + 1;
  }
}

// "Yolo" of "yolov", with which "yolov8" begins.
std::string without_version(std::string word) {
  if (!word.ends_with('v')) return {};
  word.pop_back();
  return word;
}

// "Resnet" and "20" of "resnet20"; "YOLOv8" is a version of it.
void add_name_and_number(const std::string& word, std::vector<std::string>& words) {
  const auto digit = std::ranges::find_if(word, is_digit);
  if (digit == word.begin() || digit == word.end() || !std::all_of(digit, word.end(), is_digit)) {
    words.push_back(word);
  } else if (const auto name = without_version({word.begin(), digit}); is_kind_of_network(name)) {
    words.push_back(name);
  } else {
    words.emplace_back(word.begin(), digit);
    words.emplace_back(digit, word.end());
  }
}

// "Depth -4", but not "resnet -20" nor "3 -5".
bool is_minus(std::string_view text, std::size_t at) {
  if (text[at] != '-' || at + 1 >= text.size() || !is_digit(text[at + 1])) return false;
  auto before = split_words(text.substr(0, at));
  while (!before.empty() && is_saying(before.back())) before.pop_back();
  return !before.empty() && (is_setting(before.back()) || kDepthWords.contains(before.back()));
}

// "10,000" is one number, "twenty-layer" two words, "resnet20" and "resnet-20" a name and a number; "<" is a limit, "="
// says what something is.
std::vector<std::string> words_of(std::string_view instruction) {
  std::string text;
  for (std::size_t i = 0; i < instruction.size(); ++i) {
    const char c = instruction[i];
    const bool between =
        i > 0 && i + 1 < instruction.size() && is_digit(instruction[i - 1]) && is_digit(instruction[i + 1]);
    // "50 000".
    if ((c == ',' || c == ' ') && between && is_thousands(instruction.substr(i + 1))) continue;
    if (is_minus(instruction, i))
      text += " minus ";
    else if (c == '<')
      text += ' ' + std::string(kBelow) + ' ';
    else if (c == '=')
      text += i > 0 && instruction[i - 1] == '<' ? " " : " is ";
    else
      text += c;
  }
  for (auto dot = text.find('.'); dot != std::string::npos; dot = text.find('.', dot + 1)) {
    if (dot == 0 || dot + 1 == text.size() || !is_digit(text[dot - 1]) || !is_digit(text[dot + 1])) continue;
    auto begin = dot;
    while (begin > 0 && is_digit(text[begin - 1])) --begin;
    text = text.substr(0, begin) + without_fraction(std::string_view(text).substr(begin));
  }
  std::vector<std::string> words;
  for (auto& word : split_words(text)) {
    std::vector<std::string> parts;
    add_parts(word, parts);
    for (const auto& part : parts) add_name_and_number(part, words);
  }
  return words;
}

// A number that begins at a word, and how many words it takes; none: 0.
struct Number {
  std::int64_t value = 0;
  std::size_t words = 0;
};

// In the order in which they follow each other.
const std::vector<std::pair<std::string, std::int64_t>>& multiples() {
  static const std::vector<std::pair<std::string, std::int64_t>> all{
      {"hundred", 100}, {"thousand", 1000}, {"lakh", 100'000}, {"million", 1'000'000}};
  return all;
}

// "Seven", "fifty-six": below a hundred.
Number small_number_at(const std::vector<std::string>& words, std::size_t at) {
  const std::string& word = words[at];
  if (const auto ten = kTens.find(word); ten != kTens.end()) {
    if (at + 1 < words.size())
      if (const auto unit = number_of(words[at + 1]);
          unit && *unit > 0 && *unit < 10 && !is_digit(words[at + 1].front()))
        return {ten->second + *unit, 2};
    return {ten->second, 1};
  }
  const auto small = number_of(word);
  return small && !word.ends_with('s') ? Number{*small, 1} : Number{};
}

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
  } else if (const Number small = small_number_at(words, at); small.words > 0) {
    found = small;
  } else if (word == "half" && at + 2 < words.size() && words[at + 1] == "a" && words[at + 2] == "million") {
    return {500'000, 3};
  } else if (word == "quarter" && at + 3 < words.size() && words[at + 1] == "of" && words[at + 3] == "million") {
    return {250'000, 4};
  } else if (std::ranges::find(multiples(), word, &std::pair<std::string, std::int64_t>::first) != multiples().end()) {
    found = {1, 0};  // "a hundred thousand"
  } else {
    return {};
  }
  for (const auto& [name, times] : multiples()) {
    if (at + found.words < words.size() && words[at + found.words] == name && found.value <= kMost / times) {
      found.value *= times;
      ++found.words;
      // "One hundred and fifty thousand".
      const auto next = at + found.words;
      if (name != "hundred" || next + 1 >= words.size() || words[next] != "and" || is_digit(words[next + 1].front()))
        continue;
      if (const Number more = small_number_at(words, next + 1); more.words > 0)
        found = {found.value + more.value, found.words + 1 + more.words};
    }
  }
  return found;
}

// Of a word that may be misspelt, and of one that may be twice.
constexpr std::size_t kShortestMisspelt = 7, kLongMisspelt = 11;

// "Swintransformer".
std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

class Reader {
 public:
  Reader(std::string_view instruction, const ArchitectureNames& names, const WordVectors& words)
      : instruction_(in_full(instruction, names)), words_(words_of(instruction_)), names_(names), vectors_(words) {
    for (auto& word : words_)
      if (words.size() > 0 && word.size() >= kShortestMisspelt && !words.find(words.lemma(word))) word = respelt(word);
  }

  ArchitectureReading read() {
    read_kind();
    for (std::size_t i = 0; i < words_.size();) {
      if (denies_layers(i)) throw no_size(words_[i - 1] + ' ' + words_[i]);
      const Number number = number_at(words_, i);
      if (number.words > 0) read_number(number, i);
      i += std::max<std::size_t>(1, number.words);
    }
    expect_bounds_that_hold();
    read_quality();
    return std::move(out_);
  }

 private:
  static std::string in_full(std::string_view instruction, const ArchitectureNames& names) {
    return with_settings_in_full(with_names_joined(without_numbering(instruction), [&](const std::string& call) {
      return names.contains(call) || is_kind_of_network(call) || std::ranges::any_of(names, [&](const auto& known) {
               return std::ranges::find(known.second, call) != known.second.end();
             });
    }));
  }

  // A long word of the vocabulary that was meant: one slip, two in very long ones.
  static std::string respelt(const std::string& word) {
    static const std::vector<std::string> known = [] {
      std::vector<std::string> out{"accurate", "accuracy",   "accurately", "possible",
                                   "quality",  "parameters", "weights"};
      for (const auto& kind : architecture_kinds())
        for (const auto& call : kind.calls)
          for (auto& part : words_of(call))
            if (part.size() >= kShortestMisspelt) out.push_back(std::move(part));
      return out;
    }();
    const std::size_t slips = word.size() < kLongMisspelt ? 1 : 2;
    for (std::size_t distance = 0; distance <= slips; ++distance)
      for (const auto& call : known)
        if (edit_distance(word, call) == distance) return call;
    return word;
  }

  // "No transformer", "without any convolution", "forget the forest", "anything but a CNN".
  bool is_negated(std::size_t at) const {
    if (is_forbidden_use(at)) return true;
    for (auto i = at; i > 0 && at - i < 3; --i) {
      const auto& before = words_[i - 1];
      if (is_negation(before)) return !is_answer(i - 1);
      if (is_exclusion(before, words_[i]) || is_not_wanted(before, words_[i])) return true;
      if (before == "but" && i > 1 && words_[i - 2] == "anything") return true;
      if ((before == "isn't" || before == "isnt" || before == "ain't") && words_[i] != "it") return !is_answer(i - 1);
      // "Rather a CNN than a transformer".
      if (before == "than" && std::find(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(i), "rather") !=
                                  words_.begin() + static_cast<std::ptrdiff_t>(i))
        return true;
      if (!is_function_word(before)) return false;
    }
    return false;
  }

  // "On no account use a resnet", "never use a resnet".
  bool is_forbidden_use(std::size_t at) const {
    auto verb = at;
    while (verb > 0 && words_[verb - 1] != "use" && words_[verb - 1] != "be" && is_function_word(words_[verb - 1]))
      --verb;
    if (verb > 1 && (words_[verb - 1] == "account" || words_[verb - 1] == "circumstances") && words_[verb - 2] == "no")
      return true;
    if (verb < 2 || (words_[verb - 1] != "use" && words_[verb - 1] != "be")) return false;
    const auto& before = words_[verb - 2];
    const bool never =
        words_[verb - 1] == "use" && (before == "never" || before == "don't" || before == "dont" || before == "not");
    if (before == "mustn't" || before == "shouldn't" || before == "mustnt") return true;
    return never || (verb > 2 && words_[verb - 3] == "no" && (before == "account" || before == "circumstances"));
  }

  // "Is it a seven or not? A perceptron", "or it isn't; a perceptron", "anything else is a no: a perceptron".
  bool is_answer(std::size_t at) const {
    if (at == 0) return false;
    const auto& before = words_[at > 1 && words_[at - 1] == "it" ? at - 2 : at - 1];
    return before == "or" || (words_[at] == "no" && (before == "is" || before == "a" || before == "yes"));
  }

  // How many words a call has that stands at a place, 0 where it does not; its last word may be in the plural.
  std::size_t length_at(const std::string& call, std::size_t at) const {
    const auto own = words_of(call);
    if (at + own.size() > words_.size()) return 0;
    for (std::size_t i = 0; i < own.size(); ++i) {
      const auto& word = words_[at + i];
      if (word != own[i] && !(i + 1 == own.size() && word == own[i] + 's')) return 0;
    }
    return own.size();
  }

  struct Mention {
    std::string name;
    std::size_t begin, end;
    bool known, own, general;  // of a plugin; its name, and not what it is in general
    std::size_t size() const { return end - begin; }
  };

  // Of networks that are asked for, or of those that are not wanted.
  std::vector<Mention> all_mentions(bool denied) const {
    std::vector<Mention> found;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (is_negated(i) != denied) continue;
      const auto add = [&](const std::string& name, const std::string& call, bool known, bool general) {
        if (const auto length = length_at(call, i); length > 0)
          found.push_back({name, i, i + length, known, call == name, general});
      };
      for (const auto& [name, calls] : names_) {
        add(name, name, true, false);
        for (const auto& call : calls) {
          add(name, call, true, false);
          add(name, without_spaces(call), true, false);
        }
      }
      for (const auto& kind : architecture_kinds())
        for (const auto& call : kind.calls) add(kind.name, call, names_.contains(kind.name), kind.general);
      if ((found.empty() || found.back().end <= i) && (is_unheard_of(i) || is_named_so(i)))
        found.push_back({words_[i], i, i + 1, false, false, false});
    }
    return found;
  }

  // "I tried a CNN and it was poor; a transformer please".
  bool is_past(std::size_t at) const {
    for (auto i = at; i > 0 && at - i < 3; --i)
      if (words_[i - 1] == "tried" || words_[i - 1] == "had" || words_[i - 1] == "was") return true;
    return false;
  }

  // "Blorbnet", which no dictionary has.
  bool is_unheard_of(std::size_t at) const {
    static const std::set<std::string> of_people{"for", "from", "by", "dear", "mr", "mrs", "ms", "miss"};
    const auto& word = words_[at];
    const auto stem = word.ends_with('s') ? word.substr(0, word.size() - 1) : word;
    const bool ends = (stem.ends_with("net") && stem.size() > 5) || (stem.ends_with("former") && stem.size() > 7);
    return ends && vectors_.size() > 0 && !vectors_.find(vectors_.lemma(word)) && !vectors_.find(stem) &&
           !is_no_network(stem) && !is_slip(word, vectors_) && !(at > 0 && of_people.contains(words_[at - 1]));
  }

  // "An architecture called zorb".
  bool is_named_so(std::size_t at) const {
    return at > 1 && kNaming.contains(words_[at - 1]) && kNamed.contains(words_[at - 2]) &&
           !is_function_word(words_[at]) && !is_generic_word(words_[at]) && number_at(words_, at).words == 0;
  }

  // "Transformer of the Swin kind".
  bool are_beside(const Mention& one, const Mention& other) const {
    static const std::set<std::string> between{"of", "the", "a", "an", "kind", "type", "sort", "style", "version"};
    for (auto i = std::min(one.end, other.end); i < std::max(one.begin, other.begin); ++i)
      if (!between.contains(words_[i])) return false;
    return true;
  }

  // Of calls that share words the longest counts, and what a plugin is called before what it is not; beside a name what
  // it is in general says nothing: "Swin transformer", "MLP-Mixer".
  std::vector<Mention> mentions() const {
    const auto all = all_mentions(false);
    std::vector<Mention> found;
    for (const Mention& one : all) {
      const bool idle = std::ranges::any_of(all, [&](const Mention& other) {
        const bool shared = other.begin < one.end && one.begin < other.end;
        if (shared && other.size() == one.size()) return other.known && !one.known;
        if (shared) return other.size() > one.size();
        return other.own && !one.own && are_beside(one, other);
      });
      if (!idle && std::ranges::find(found, one.name, &Mention::name) == found.end()) found.push_back(one);
    }
    if (found.size() > 1) std::erase_if(found, [&](const Mention& one) { return is_past(one.begin); });
    if (found.size() > 1) std::erase_if(found, &Mention::general);
    return found;
  }

  void read_kind() {
    auto found = mentions();
    const auto is_known = [&](const std::string& word) { return names_.contains(word) || respelt(word) != word; };
    const auto strange = found.empty() ? strange_network(instruction_, vectors_, is_known) : std::nullopt;
    if (strange) found.push_back({*strange, 0, 1, false, false, false});
    if (found.empty()) return;
    std::string known;
    for (const auto& [name, calls] : names_) known += (known.empty() ? "" : ", ") + name;
    if (found.size() > 1)
      throw Error(ErrorCode::kUsage, "instruction.architecture", "the instruction names two kinds of network",
                  "'" + found[0].name + "' and '" + found[1].name + "'", "name one of them, or give --arch");
    if (!names_.contains(found[0].name))
      throw Error(ErrorCode::kUsage, "instruction.architecture", "there is no architecture '" + found[0].name + "'",
                  "the instruction asks for one, and no plugin is of it",
                  known.empty()
                      ? "there are no plugins: `weightloom plugin list --rejected` says where they are looked for"
                      : "there are: " + known);
    if (is_denied(found[0].name))
      throw Error(ErrorCode::kUsage, "instruction.architecture",
                  "the instruction asks for '" + found[0].name + "' and does not want it", "it says both",
                  "say one of them, or give --arch");
    out_.name = found[0].name;
    out_.because.push_back(words_[found[0].begin]);
    // "resnet 20".
    const auto next = found[0].end;
    if (found[0].own && next < words_.size() && is_digit(words_[next].front()))
      if (const Number number = number_at(words_, next);
          number.words == 1 && !counts(next) && !is_shorthand_at(next) &&
          (next + 1 == words_.size() || is_function_word(words_[next + 1])))
        set(out_.depth, number.value, next);
  }

  // "But it must not be a CNN"; but "not just any CNN", "not the CNN of last week".
  bool is_denied(const std::string& name) const {
    static const std::set<std::string> particular{"just", "only", "merely", "the", "this", "that", "your"};
    return std::ranges::any_of(all_mentions(true), [&](const Mention& mention) {
      if (mention.name != name) return false;
      for (std::size_t i = mention.begin > 2 ? mention.begin - 2 : 0; i < mention.begin; ++i)
        if (particular.contains(words_[i])) return false;
      return true;
    });
  }

  static Error no_size(const std::string& said) {
    return {ErrorCode::kUsage, "instruction.architecture", "no network is of such a size",
            "the instruction asks for '" + said + "' where the least is one", "say how large it has to be"};
  }

  // "A CNN without any layers", "no layers at all".
  bool denies_layers(std::size_t at) const {
    // "Of negative depth", but not "zero, depth 3".
    if (at > 0 && (words_[at] == "depth" || words_[at] == "width"))
      return kBelowZero.contains(words_[at - 1]) ||
             (words_[at - 1] == "zero" && (at + 1 == words_.size() || is_function_word(words_[at + 1])));
    if (words_[at] != "layers" || at == 0) return false;
    const auto first = words_[at - 1] == "any" && at > 1 ? at - 2 : at - 1;
    const bool ends = at + 1 == words_.size() || words_[at + 1] == "at" || words_[at + 1] == "whatsoever";
    return ends && (words_[first] == "no" || words_[first] == "without");
  }

  bool is_shorthand_at(std::size_t at) const {
    return at + 1 < words_.size() && is_shorthand(words_[at], words_[at + 1]);
  }

  // Whether the number at a place is one of what comes after it.
  bool counts(std::size_t at) const {
    return at + 1 < words_.size() && (kDepthWords.contains(words_[at + 1]) || kWidthWords.contains(words_[at + 1]) ||
                                      kParameterWords.contains(words_[at + 1]));
  }

  void set(std::optional<std::int64_t>& setting, std::int64_t value, std::size_t at) {
    if (value == 0 || (at > 0 && kBelowZero.contains(words_[at - 1]))) throw no_size(words_[at]);
    if (setting && *setting != value)
      throw Error(ErrorCode::kUsage, "instruction.architecture", "the instruction says two things of one setting",
                  std::to_string(*setting) + " and " + std::to_string(value), "say one of them, or give --set");
    if (!setting) out_.because.push_back(words_[at]);
    setting = value;
  }

  void read_number(const Number& number, std::size_t at) {
    const auto after = at + number.words;
    if (const auto bound = bound_of_weights(number.value, at, after)) return add_bound(*bound, at);
    // One word may stand between: "three hidden layers".
    for (auto i = after; i < std::min(after + 2, words_.size()); ++i) {
      if (i > after && (is_function_word(words_[i - 1]) || number_at(words_, i - 1).words > 0)) break;
      // "From zero deep".
      if (number.value == 0 && (words_[i] == "deep" || words_[i] == "wide")) break;
      if (kDepthWords.contains(words_[i])) return set(out_.depth, number.value, at);
      if (kWidthWords.contains(words_[i])) return set(out_.width, number.value, at);
      if (kParameterWords.contains(words_[i]) && is_limit(at, i) && !(at > 0 && is_numbered_name(words_[at - 1])))
        return set(out_.most_parameters, number.value, at);
    }
    // "Layers, thirty-two of them".
    if (at > 0 && after + 1 < words_.size() && words_[after] == "of" && words_[after + 1] == "them" &&
        kDepthWords.contains(words_[at - 1]))
      return set(out_.depth, number.value, at);
    // "Weights capped at 25,000".
    if (is_capped(number.value, at, after)) return set(out_.most_parameters, number.value, at);
    // "Depth 8", "width of 64", "width should be 80", "layers = 8".
    auto said = at;
    while (said > 0 && (is_saying(words_[said - 1]) || kBelowZero.contains(words_[said - 1]))) --said;
    if (is_counted_before(said)) return set(out_.depth, number.value, at);
    if (const auto& topic = topic_before(said, at); !topic.empty())
      return set(topic == "depth" ? out_.depth : out_.width, number.value, at);
    const auto before = [&](const char* word, const std::set<std::string>& parts) {
      if (said == 0) return false;
      return words_[said - 1] == word || (said < at && words_[at - 1] == "is" && parts.contains(words_[said - 1]));
    };
    if (before("depth", kDepthWords)) set(out_.depth, number.value, at);
    if (before("width", kWidthWords)) set(out_.width, number.value, at);
  }

  // "Width" of "the width of the net for cifar10 is to be 64", where the number at a place is what something is said to
  // be from `said` on.
  std::string topic_before(std::size_t said, std::size_t at) const {
    constexpr std::size_t kLongestTopic = 9;
    static const std::set<std::string> being{"is", "be", "was", "are"};
    const auto word = words_.begin();
    if (std::none_of(word + static_cast<std::ptrdiff_t>(said), word + static_cast<std::ptrdiff_t>(at),
                     [](const std::string& saying) { return being.contains(saying); }))
      return {};
    const auto counts = [&](std::size_t i) {
      return number_at(words_, i).words > 0 && !(i > 0 && is_numbered_name(words_[i - 1]));
    };
    for (auto i = said; i > 0 && said - i < kLongestTopic && !counts(i - 1); --i)
      if ((words_[i - 1] == "depth" || words_[i - 1] == "width") && words_[i] == "of") return words_[i - 1];
    return {};
  }

  // "At least 10k weights", "fewer than 90k" of "fewer than 90k and more than 10k weights"; else it is no more than a
  // number.
  std::optional<NumberBound> bound_of_weights(std::int64_t value, std::size_t at, std::size_t after) const {
    auto first = at;
    // "A minimum of", "more than a million".
    while (first > 0 && (words_[first - 1] == "of" || words_[first - 1] == "a")) --first;
    const auto word = [&](std::size_t back) { return first >= back ? words_[first - back] : std::string(); };
    const auto bound = bound_before(value, word(3), word(2), word(1));
    const bool answer = word(2) == "no" && word(1) != "than";  // "yes or no, under 10k weights"
    if (!bound || answer || value < kFewestParameters || !speaks_of_weights(after)) return std::nullopt;
    for (auto i = first > 4 ? first - 4 : 0; i < first && !bound->upper; ++i)
      if (words_[i].ends_with("n't") || words_[i] == "not" || words_[i] == "never") return std::nullopt;
    return bound;
  }

  // Whether it is weights that a number which ends at a place is of: right behind it, or behind other limits.
  bool speaks_of_weights(std::size_t after) const {
    if (after < words_.size() && kParameterWords.contains(words_[after])) return true;
    static const std::set<std::string> joints{"and", "but", "yet", "of"};
    const bool joined = after == words_.size() || joints.contains(words_[after]);
    return joined && std::ranges::any_of(words_, [](const auto& word) { return kParameterWords.contains(word); });
  }

  void add_bound(const NumberBound& bound, std::size_t at) {
    if (bound.upper) return set(out_.most_parameters, bound.number, at);
    least_parameters_ = std::max(bound.number, least_parameters_.value_or(0));
  }

  // "Fewer than 10,000 and more than 90,000 weights".
  void expect_bounds_that_hold() const {
    if (least_parameters_ && out_.most_parameters && *least_parameters_ > *out_.most_parameters)
      throw Error(ErrorCode::kUsage, "instruction.architecture", "the instruction says two things of one setting",
                  "more than " + std::to_string(*least_parameters_) + " weights and fewer than " +
                      std::to_string(*out_.most_parameters),
                  "say one of them");
  }

  // "Number of layers", "layer count".
  bool is_counted_before(std::size_t at) const {
    if (at > 1 && words_[at - 1] == "count") return kDepthWords.contains(words_[at - 2]);
    return at > 2 && kDepthWords.contains(words_[at - 1]) && words_[at - 2] == "of" && words_[at - 3] == "number";
  }

  // "Weights capped at 25,000", "parameters < 25000", and nothing behind that the number counts.
  bool is_capped(std::int64_t value, std::size_t at, std::size_t after) const {
    bool weights = false, cap = false;
    for (std::size_t i = at > 5 ? at - 5 : 0; i < at; ++i) {
      weights = weights || kParameterWords.contains(words_[i]);
      const bool denied = i > 0 && kLimitsDenied.contains(words_[i]) && is_negation(words_[i - 1]);
      cap = cap || (weights && denied) ||
            (weights && (kCaps.contains(words_[i]) || (value >= kFewestParameters && kLimits.contains(words_[i]))));
    }
    // "Parameter count max 30000, handwritten digits".
    const auto counted = at > 2 && words_[at - 2] == "count" ? at - 3 : at - 2;
    if (cap && kLimits.contains(words_[at - 1]) && kParameterWords.contains(words_[counted]) && !counts(after - 1))
      return true;
    // "1 lakh (100000)".
    const bool again = after < words_.size() && number_at(words_, after).value == value;
    return cap && (after == words_.size() || again || is_function_word(words_[after]) ||
                   (words_[at - 1] == kBelow && !counts(after - 1)));
  }

  // Whether one stands before the number at a place, or behind what it counts: "at most 10k weights", "10k weights or
  // fewer"; "over 10k weights" is none.
  bool is_limit(std::size_t at, std::size_t counted) const {
    bool denied = false;
    for (std::size_t i = at > 4 ? at - 4 : 0; i < at; ++i) {
      if (kLimits.contains(words_[i])) return true;
      denied = denied || is_negation(words_[i]) || words_[i] == "nothing" || words_[i] == "never" ||
               words_[i].ends_with("n't");
      if (denied && kLimitsDenied.contains(words_[i])) return true;
    }
    for (std::size_t i = counted + 1; i < std::min(counted + 5, words_.size()); ++i)
      if (kLimitsAfter.contains(words_[i])) return true;
    return false;
  }

  // "In no hurry", "not in a hurry".
  static bool is_denied_right_before(const std::string& text) {
    static const std::set<std::string> between{"a", "an", "any", "in", "the", "such"};
    auto before = split_words(text);
    while (!before.empty() && between.contains(before.back())) before.pop_back();
    return !before.empty() && (before.back() == "no" || before.back() == "not" || before.back().ends_with("n't"));
  }

  // "Don't give me high quality".
  static bool is_denied_before(const std::string& text) {
    const auto before = split_words(text);
    for (auto word = before.rbegin(); word != before.rend(); ++word) {
      if (word->ends_with("n't") || *word == "not") return true;
      if (!is_function_word(*word)) return false;
    }
    return false;
  }

  // "Draft quality and high quality at the same time", with nothing that denies one of them.
  bool says_draft_and_high(const std::string& text) const {
    const auto says = [&](const char* phrase) { return text.find(phrase) != std::string::npos; };
    const bool both =
        says(" draft ") && (says(" high quality ") || says(" highest quality ") || says(" best quality ") ||
                            says(" highest possible ") || says(" quality high "));
    return both && std::ranges::none_of(words_, [](const std::string& word) {
             return is_negation(word) || word.ends_with("n't") || word == "than" || word == "then" || word == "or";
           });
  }

  void read_quality() {
    std::string text;
    for (std::size_t i = 0; i < words_.size(); ++i) text += ' ' + (is_shorthand_at(i) ? "to" : words_[i]);
    text += ' ';
    const auto says = [&](std::string_view phrases) {
      for (std::size_t at = 0; at < phrases.size();) {
        const auto end = std::min(phrases.find(", ", at), phrases.size());
        const auto found = text.find(' ' + std::string(phrases.substr(at, end - at)) + ' ');
        const auto denied = phrases == kHighQuality ? is_denied_before : is_denied_right_before;
        if (found != std::string::npos && !denied(text.substr(0, found))) return true;
        at = end + 2;
      }
      return false;
    };
    const bool high = says(kHighQuality) || says_high() || compares(kGood) || asks_for_best() || asks_for_accuracy();
    const bool draft = says(kDraftQuality) || compares(kFast);
    if (says_draft_and_high(text))
      throw Error(ErrorCode::kUsage, "instruction.architecture", "the instruction says two things of one setting",
                  "draft and high quality", "say one of them");
    if (high != draft) out_.quality = high ? ArchitectureReading::Quality::kHigh : ArchitectureReading::Quality::kDraft;
  }

  // "Cifar-10, convnext, high", "quality should be high", "mnist high"; but not "boots that are ankle high".
  bool says_high() const {
    for (std::size_t begin = 0; begin <= instruction_.size();) {
      const auto end = std::min(instruction_.find_first_of(",;:.|/()[]\n", begin), instruction_.size());
      const auto part = split_words(std::string_view(instruction_).substr(begin, end - begin));
      if (begin > 0 && part.size() == 1 && part.front() == "high") return true;
      begin = end + 1;
    }
    const auto high = std::ranges::find(words_, "high");
    auto at = static_cast<std::size_t>(high - words_.begin());
    if (high == words_.end() || at == 0) return false;
    const auto& before = words_[at - 1];
    if (at + 1 == words_.size() &&
        (is_digit(before.front()) || before.ends_with("mnist") || is_kind_of_network(before)))
      return true;
    while (at > 0 && is_saying(words_[at - 1])) --at;
    return at > 0 && words_[at - 1] == "quality";
  }

  // "As accurately as".
  bool compares(const std::set<std::string>& how) const {
    for (std::size_t i = 0; i + 2 < words_.size(); ++i)
      if (words_[i] == "as" && how.contains(words_[i + 1]) && words_[i + 2] == "as") return true;
    return false;
  }

  // "Make it accurate", "dead accurate", but not "need not be accurate", "how accurate".
  bool asks_for_accuracy() const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] != "accurate" && words_[i] != "accurately" && words_[i] != "precise") continue;
      bool denied = false;
      for (std::size_t before = i > 4 ? i - 4 : 0; before < i; ++before)
        denied = denied || is_negation(words_[before]) || words_[before].ends_with("n't") || words_[before] == "how" ||
                 words_[before] == "less" || words_[before] == "dont" || words_[before] == "cannot";
      if (!denied) return true;
    }
    return false;
  }

  // "The best model you can", "do your best".
  bool asks_for_best() const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (words_[i] != "best") continue;
      if (i + 1 == words_.size()) return true;
      for (std::size_t after = i + 2; after + 1 < words_.size() && after < i + 4; ++after)
        if (words_[after] == "you" && words_[after + 1].starts_with("can")) return true;
    }
    return false;
  }

  std::string instruction_;
  std::vector<std::string> words_;
  const ArchitectureNames& names_;
  const WordVectors& vectors_;
  ArchitectureReading out_;
  std::optional<std::int64_t> least_parameters_;  // which no setting asks for
};

}  // namespace

ArchitectureReading read_architecture(std::string_view instruction, const ArchitectureNames& names,
                                      const WordVectors& words) {
  return Reader(instruction.substr(0, kLongestInstruction), names, words).read();
}

}  // namespace weightloom
