#include "weightloom/retrieval/wanted.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/data/grouping.hpp"
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
      add(ungrouped(DataSpec::parse(text).source));
    } catch (const Error&) {
      // Other programs write what they like there.
    }
  }
  return cards;
}

Wanted wanted_of(const std::string& data, const std::vector<Card>& cards) {
  const DataSpec spec = DataSpec::parse(data);
  Wanted wanted;
  wanted.source = spec.source;
  wanted.classes = spec.classes;
  const auto card = std::ranges::find(cards, spec.source, &Card::name);
  const auto count = card == cards.end() ? classes_of(spec.source).size() : card->classes.size();
  wanted.all_classes = static_cast<std::int64_t>(count);
  return wanted;
}

Wanted wanted_of(const std::string& data, const std::vector<Card>& cards, std::string_view instruction,
                 const ArchitectureReading& network, const PluginRegistry& registry) {
  Wanted wanted = wanted_of(data, cards);
  if (!network.name.empty()) wanted.architecture = registry.find(network.name).id;
  wanted.depth = network.depth;
  wanted.width = network.width;
  wanted.most_parameters = network.most_parameters;
  wanted.words = split_words(instruction);
  return wanted;
}

void expect_classifier_of_images(const ArchitectureReading& network, const PluginCards& plugins) {
  const auto plugin = plugins.find(network.name);
  if (plugin == plugins.end() || plugin->second.task.empty()) return;  // whoever makes one is told what is wrong
  const auto& [keywords, task, images] = plugin->second;
  if (images && task == "classification") return;
  throw Error(ErrorCode::kUsage, "instruction.architecture", "'" + network.name + "' does not say what images show",
              images ? "its networks are for '" + task + "'" : "its networks read no images",
              "name another architecture, or leave it open");
}

}  // namespace weightloom
