#include "weightloom/generator/instruction.hpp"

#include <array>
#include <cctype>
#include <filesystem>

#include "weightloom/base/hash.hpp"

namespace weightloom {
namespace {

constexpr std::array<std::string_view, 20> kTraining{
    "classify {}",
    "a network that recognises {}",
    "weights for {}",
    "I need a classifier for {}",
    "generate a model trained on {}",
    "recognise {} with high accuracy",
    "an accurate network for {}",
    "please write the weights of a small network that can tell apart {}",
    "image classification on {}",
    "model for {}",
    "a good model that was trained to classify {}",
    "give me parameters that work on {}",
    "{} classifier",
    "{}",
    "train free weights for the {} data set",
    "the task is to label pictures of {}",
    "something that knows {}",
    "make this architecture work for {}",
    "predict the class of {}",
    "what works best on {} images",
};

constexpr std::array<std::string_view, 10> kHeldOut{
    "could you set up this net so that it handles {}",
    "my camera delivers {} and I want their labels",
    "produce parameters suited to {}",
    "we are sorting {}",
    "initialise it for {} please",
    "a ready to use recogniser of {}",
    "let the network distinguish {}",
    "fill in values such that {} get the right category",
    "deploy on {}",
    "I have a folder full of {}, write me a model",
};

struct Known {
  std::string_view source;
  std::array<std::string_view, 7> descriptions;
};
constexpr std::array<Known, 3> kKnown{{
    {"mnist",
     {"mnist", "handwritten digits", "the digits zero to nine", "MNIST digits", "hand written numbers", "digits",
      "scanned numerals"}},
    {"fashion-mnist",
     {"fashion-mnist", "clothing", "articles of clothing", "Fashion-MNIST garments", "garments, shoes and bags",
      "fashion items", "clothes"}},
    {"cifar10",
     {"cifar10", "CIFAR-10", "photographs of animals and vehicles", "animals and vehicles", "CIFAR-10 photos",
      "cifar10 pictures", "vehicles and animals"}},
}};

}  // namespace

std::vector<std::int64_t> instruction_words(std::string_view instruction) {
  std::vector<std::int64_t> words;
  std::string word;
  const auto finish_word = [&] {
    const auto hash = fnv1a(word);
    if (!word.empty() && words.size() < static_cast<std::size_t>(kInstructionWords))
      words.push_back(1 + static_cast<std::int64_t>((hash ^ (hash >> 29)) % (kVocabulary - 1)));
    word.clear();
  };
  for (unsigned char c : instruction) {
    if (std::isalnum(c) == 0 && c < 0x80)
      finish_word();
    else
      word += static_cast<char>(std::tolower(c));
  }
  finish_word();
  words.resize(static_cast<std::size_t>(kInstructionWords), 0);
  return words;
}

std::vector<std::string> descriptions_of(const std::string& source) {
  for (const Known& known : kKnown)
    if (known.source == source) return {known.descriptions.begin(), known.descriptions.end()};
  return {std::filesystem::path(source).filename().string()};
}

std::string random_instruction(const std::string& source, Phrasing phrasing, Random& random) {
  const auto descriptions = descriptions_of(source);
  const std::string& description = descriptions[random.below(descriptions.size())];
  std::string text(phrasing == Phrasing::kTraining ? kTraining[random.below(kTraining.size())]
                                                   : kHeldOut[random.below(kHeldOut.size())]);
  return text.replace(text.find("{}"), 2, description);
}

}  // namespace weightloom
