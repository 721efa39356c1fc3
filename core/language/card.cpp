#include "weightloom/language/card.hpp"

#include <algorithm>
#include <filesystem>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

// Of data sets that are known by name, without their classes.
const std::vector<Card>& known_cards() {
  static const std::vector<Card> cards{
      {"mnist",
       {},
       "handwritten digits",
       {"digit",   "number",     "numeral",  "handwriting", "handwritten", "figure", "cipher",
        "numeric", "postcode",   "zip_code", "zip",         "postal",      "mail",   "envelope",
        "cheque",  "arithmetic", "pen",      "ink",         "scrawl",      "score",  "meter"},
       {{"nought", "nil", "naught"}}},
      {"fashion-mnist",
       {},
       "articles of clothing, shoes and bags from the catalogue of a shop",
       {"fashion", "clothes", "clothing", "garment", "apparel", "shoe", "footwear", "wear", "outfit", "attire",
        "textile", "laundry", "wardrobe", "closet", "uniform", "costume", "tailor", "boutique", "zalando"},
       {{"tee", "tee_shirt"},
        {"trousers", "pants", "jeans", "slacks"},
        {"sweater", "jumper", "hoodie", "cardigan"},
        {"frock", "gown"},
        {"overcoat", "raincoat", "parka"},
        {"flip-flop"},
        {"blouse"},
        {"trainer", "plimsoll", "running_shoe"},
        {"handbag", "purse", "backpack", "rucksack", "tote"},
        {"boot", "bootee"}}},
      {"cifar10",
       {},
       "small colour photographs of animals and vehicles",
       {"animal", "vehicle", "pet", "transport", "transportation", "wildlife", "natural", "cifar"},
       {{"plane", "aeroplane", "jet", "aircraft", "airliner"},
        {"car"},
        {"sparrow", "songbird"},
        {"kitten", "kitty"},
        {"stag", "doe", "fawn", "elk"},
        {"puppy", "hound"},
        {"toad"},
        {"pony", "mare", "foal"},
        {"boat", "vessel"},
        {"lorry"}}}};
  return cards;
}

}  // namespace

Json to_json(const Card& card) {
  return {{"name", card.name},
          {"classes", card.classes},
          {"description", card.description},
          {"keywords", card.keywords},
          {"aliases", card.aliases}};
}

Card card_from_json(const Json& json, const std::string& what) {
  try {
    return {json.at("name"), json.at("classes"), json.at("description"), json.at("keywords"), json.at("aliases")};
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kRefused, "card.malformed", "cannot read a card of " + what, error.what());
  }
}

Card card_of(const std::string& source, std::vector<std::string> classes) {
  const auto known = std::ranges::find(known_cards(), source, &Card::name);
  Card card = known != known_cards().end() ? *known : Card{source, {}, fs::path(source).filename().string(), {}, {}};
  card.classes = std::move(classes);
  return card;
}

}  // namespace weightloom
