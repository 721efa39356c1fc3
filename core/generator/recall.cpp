#include "weightloom/generator/recall.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/data/grouping.hpp"

namespace weightloom {

std::vector<Card> known_cards(const Generator& generator) {
  std::vector<Card> cards;
  for (const Exemplars& of : generator.exemplars()) cards.push_back(of.card);
  for (const DataSource& source : list_data_sources())
    if (std::ranges::none_of(cards, [&](const Card& card) { return card.name == source.name; }))
      cards.push_back(card_of(source.name, source_class_names(source.name)));
  return cards;
}

Reading recall(const Generator& generator, const std::string& instruction, const WordVectors& words) {
  const auto& exemplars = generator.exemplars();
  if (exemplars.empty())
    throw Error(ErrorCode::kUsage, "recall.nothing", "words alone recall nothing", "the generator remembers no data",
                "give examples with --data, or train the generator again");
  Reading reading = read_instruction(instruction, known_cards(generator), words);
  if (std::ranges::any_of(exemplars, [&](const Exemplars& of) { return of.card.name == reading.source; }))
    return reading;
  std::string names;
  for (const Exemplars& of : exemplars) names += (names.empty() ? "" : ", ") + of.card.name;
  throw Error(ErrorCode::kUsage, "recall.unknown",
              "the instruction is about '" + reading.source + "', of which the generator has seen nothing",
              "it has learned from " + names, "show it examples: --data " + reading.data());
}

bool is_words_alone(const Request& request) {
  return request.data.empty() && !request.instruction.empty();
}

namespace {

// What the request's classes are among those of `card`, as a DataSpec; empty where they are not there.
std::string same_classes(const Card& card, const DataSpec& data, const std::vector<std::string>& names,
                         const WordVectors& words) {
  if (ungrouped(data.source) == card.name) return DataSpec{data.source, data.classes, 0}.text();
  const auto classes = classes_named(names, card, words);
  return classes.empty() ? "" : DataSpec{card.name, classes, 0}.text();
}

bool is_about(const Reading& reading, const DataSpec& classes) {
  if (reading.classes.empty()) return true;
  if (reading.rest) return reading.data() == classes.text();
  return std::ranges::is_permutation(reading.classes, classes.classes);
}

}  // namespace

std::string recall_beside(const Generator& generator, const Request& request, const std::vector<std::string>& names,
                          const WordVectors& words) {
  if (request.instruction.empty() || request.data.empty() || generator.exemplars().empty()) return "";
  try {
    const Reading reading = recall(generator, request.instruction, words);
    const auto of = std::ranges::find(generator.exemplars(), reading.source,
                                      [](const Exemplars& known) { return known.card.name; });
    const auto found = same_classes(of->card, DataSpec::parse(request.data), names, words);
    return found.empty() || !is_about(reading, DataSpec::parse(found)) ? "" : kRemembered + found;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    return "";  // beside images words need not say what these show
  }
}

Request with_recalled(Request request, const Reading& reading) {
  request.data = reading.data();
  request.recalled = true;
  request.shots = std::max(request.shots, kMostExemplars);
  return request;
}

}  // namespace weightloom
