#include "vocabulary.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

namespace weightloom {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::unordered_set<std::string> set_of(std::string_view text) {
  const auto words = words_of(text);
  return {words.begin(), words.end()};
}

constexpr std::string_view kFunctionWords =
    "a an the this that these those some any each every all both few many much more most other another such same own "
    "of to in "
    "into on onto for with by at as from than about over under up down out off through between against among across "
    "after "
    "before during per via and or nor but if then else so because while whether either neither is am are was were be "
    "been "
    "being do does did doing done have has had having can could may might must shall should will would i me my mine we "
    "us our "
    "ours you your yours he him his she her hers it its they them their theirs who whom whose which what where when "
    "why how "
    "here there not no yes too very just only also even still yet again ever never always often now please pls plz "
    "thanks "
    "thank hello hi hey dear let lets need needs want wants like likes wish would give gives gimme get gets got make "
    "makes made "
    "making take takes put puts go goes come comes create build train trained generate write produce i'd i'm i've i'll "
    "we're "
    "we've we'd let's it's don't doesn't can't won't that's there's what's able one's used using use etc etcetera "
    "usually "
    "especially something someone somebody anything anyone everything everyone nothing well really quite rather maybe "
    "perhaps "
    "sort-of kind-of ok okay ah oh um whatever whichever";

constexpr std::string_view kGenericWords =
    "model net network neural classifier classify classification weight parameter layer deep small tiny large big "
    "little image "
    "imagery picture pic photo photograph photography snap thumbnail snapshot recognise recognize recogniser "
    "recognizer recognition tell apart label labelled "
    "sort sorter sorting separate separation distinguish differentiate discriminate identify identification detect "
    "detector "
    "determine decide predict prediction task benchmark dataset data set kind type category class thing object sample "
    "example "
    "good best better accurate accuracy precise quick quickly fast rough draft grey gray greyscale grayscale colour "
    "color "
    "piece line app application machine learning ai artificial intelligence system program programme tool software "
    "camera user "
    "customer client people person job work project help say know see look show run find choose pick sure possible new "
    "old "
    "simple plain short long lot bunch stuff way time day today tomorrow year week thank name question answer work "
    "based "
    "able difference different correct right wrong compare comparison train training vision visual pixel resolution "
    "low high "
    "quality binary automatic automatically several various item architecture member hidden unit neuron channel block "
    "wide "
    "depth width size budget less least fewer maximum minimum residual resnet skip connection convolutional "
    "convolution convnet conv "
    "cnn mlp vit perceptron multilayer multi-layer feedforward feed-forward dense connected fully transformer "
    "attention patch head layered";

constexpr std::array<std::string_view, 21> kNumbers{
    "zero",     "one",     "two",     "three",     "four",     "five",     "six",
    "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",   "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};

}  // namespace

bool is_function_word(std::string_view word) {
  static const auto words = set_of(kFunctionWords);
  return words.contains(std::string(word));
}

const std::vector<std::string>& generic_words() {
  static const auto words = words_of(kGenericWords);
  return words;
}

bool is_generic_word(std::string_view term) {
  static const auto words = set_of(kGenericWords);
  return words.contains(std::string(term));
}

bool is_negation(std::string_view word) {
  static const auto words = set_of("no not neither without except excluding nor never ignoring minus");
  return words.contains(std::string(word));
}

bool is_contrast(std::string_view word) {
  static const auto words = set_of("from or vs versus v against between apart only just");
  return words.contains(std::string(word));
}

bool is_open_list(std::string_view word) {
  static const auto words =
      set_of("etc etcetera everything anything whatever whatnot include including all such eg others other like");
  return words.contains(std::string(word));
}

std::optional<std::int64_t> number_of(std::string_view word) {
  const auto known = [](std::string_view text) -> std::optional<std::int64_t> {
    if (const auto found = std::ranges::find(kNumbers, text); found != kNumbers.end()) return found - kNumbers.begin();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number < static_cast<std::int64_t>(kNumbers.size()) ? std::optional(number) : std::nullopt;
  };
  if (const auto number = known(word)) return number;
  if (word.ends_with("es"))
    if (const auto number = known(word.substr(0, word.size() - 2))) return number;
  return word.ends_with('s') ? known(word.substr(0, word.size() - 1)) : std::nullopt;
}

std::string number_word(std::int64_t number) {
  return std::string(kNumbers[static_cast<std::size_t>(number)]);
}

const std::vector<Subject>& other_subjects() {
  static const std::vector<Subject> subjects = [] {
    std::vector<Subject> out;
    for (const auto& [name, terms] : std::initializer_list<std::pair<const char*, std::string_view>>{
             {"medicine",
              "medicine disease patient doctor x-ray tumour hospital skin lesion cell blood pneumonia mri cancer"},
             {"language", "language translate translation text document e-mail spam word sentence sentiment"},
             {"letters", "letter alphabet character kanji symbol glyph"},
             {"sound", "sound music song speech voice audio"},
             {"money", "stock_market finance economy currency coin"},
             {"plants", "plant flower leaf tree crop mushroom weed"},
             {"food", "food dish meal fruit vegetable"},
             {"people", "face portrait emotion gender"},
             {"places", "city landscape satellite map building"},
             {"roads", "traffic road"},
             {"faults", "defect flaw circuit machine crack"},
             {"space", "star galaxy planet"},
             {"identity", "signature autograph fingerprint passport"},
             {"films", "movie film review actor"},
             {"weather", "weather rain cloud"},
             {"homes", "furniture room kitchen"},
             {"kinds of animals", "breed species butterfly insect fish"},
             {"science", "chemistry molecule physics protein"}})
      out.push_back({name, words_of(terms)});
    return out;
  }();
  return subjects;
}

}  // namespace weightloom
