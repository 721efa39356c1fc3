#include "weightloom/retrieval/wanted.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

// Of a folder that is not there any more nothing but its name is known.
std::vector<std::string> classes_of(const std::string& source) {
  try {
    return source_class_names(source);
  } catch (const Error&) {
    return {};
  }
}

std::int64_t class_count(const std::string& source, const std::vector<Card>& cards) {
  const auto card = std::ranges::find(cards, source, &Card::name);
  return card == cards.end() ? 0 : static_cast<std::int64_t>(card->classes.size());
}

}  // namespace

std::vector<Card> zoo_cards(const Zoo& zoo) {
  std::vector<Card> cards;
  const auto add = [&](const std::string& source) {
    if (std::ranges::find(cards, source, &Card::name) == cards.end())
      cards.push_back(card_of(source, classes_of(source)));
  };
  for (const DataSource& source : list_data_sources()) add(source.name);
  for (const auto& text : zoo.words(Zoo::Word::kDataset)) {
    try {
      add(DataSpec::parse(text).source);
    } catch (const Error&) {
      // Other programs write what they like there.
    }
  }
  return cards;
}

Wanted wanted_by(std::string_view instruction, const Reading& reading, const ArchitectureReading& network,
                 const std::vector<Card>& cards, const PluginRegistry& registry) {
  Wanted wanted;
  wanted.source = reading.source;
  wanted.classes = reading.classes;
  wanted.all_classes = class_count(reading.source, cards);
  if (!network.name.empty()) wanted.architecture = registry.find(network.name).id;
  wanted.depth = network.depth;
  wanted.width = network.width;
  wanted.most_parameters = network.most_parameters;
  wanted.words = split_words(instruction);
  return wanted;
}

Wanted wanted_of(const std::string& data, const std::vector<Card>& cards) {
  const DataSpec spec = DataSpec::parse(data);
  Wanted wanted;
  wanted.source = spec.source;
  wanted.classes = spec.classes;
  wanted.all_classes = class_count(spec.source, cards);
  if (wanted.all_classes == 0) wanted.all_classes = static_cast<std::int64_t>(classes_of(spec.source).size());
  return wanted;
}

}  // namespace weightloom
