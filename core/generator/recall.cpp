#include "weightloom/generator/recall.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"
#include "weightloom/data/dataset.hpp"

namespace weightloom {

Reading recall(const Generator& generator, const std::string& instruction, const WordVectors& words) {
  const auto& exemplars = generator.exemplars();
  if (exemplars.empty())
    throw Error(ErrorCode::kUsage, "recall.nothing", "words alone recall nothing", "the generator remembers no data",
                "give examples with --data, or train the generator again");
  std::vector<Card> cards;
  std::string names;
  for (const Exemplars& of : exemplars) {
    cards.push_back(of.card);
    names += (names.empty() ? "" : ", ") + of.card.name;
  }
  // Those that it does not know are there to be recognised, so that the nearest one is not taken for them.
  for (const DataSource& source : list_data_sources())
    if (std::ranges::none_of(cards, [&](const Card& card) { return card.name == source.name; }))
      cards.push_back(card_of(source.name, source_class_names(source.name)));
  Reading reading = read_instruction(instruction, cards, words);
  if (std::ranges::none_of(exemplars, [&](const Exemplars& of) { return of.card.name == reading.source; }))
    throw Error(ErrorCode::kUsage, "recall.unknown",
                "the instruction is about '" + reading.source + "', of which the generator has seen nothing",
                "it has learned from " + names, "show it examples: --data " + reading.data());
  return reading;
}

bool is_words_alone(const Request& request) {
  return request.data.empty() && !request.instruction.empty();
}

Request with_recalled(Request request, const Reading& reading) {
  request.data = reading.data();
  request.recalled = true;
  request.shots = std::max(request.shots, kMostExemplars);
  return request;
}

}  // namespace weightloom
