#include "weightloom/language/card.hpp"

#include <algorithm>
#include <filesystem>

#include "weightloom/base/config.hpp"
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
       {"digit",    "number",   "numeral", "handwriting", "handwritten", "figure",        "cipher",      "numeric",
        "postcode", "zip_code", "zip",     "postal",      "mail",        "envelope",      "cheque",      "arithmetic",
        "pen",      "ink",      "scrawl",  "score",       "meter",       "hand-lettered", "hand-written"},
       {{"nought", "nil", "naught"}},
       {}},
      {"fashion-mnist",
       {},
       "articles of clothing, shoes and bags",
       {"fashion", "clothes", "clothing", "garment", "apparel", "shoe", "footwear", "wear", "outfit", "attire",
        "textile", "laundry", "wardrobe", "closet", "uniform", "costume", "tailor", "boutique", "zalando"},
       {{"tee", "tee_shirt", "t_shirt", "tshirt", "t-shirt_or_top", "t_shirt_or_top", "tshirt_or_top"},
        {"trousers", "pants", "jeans", "slacks"},
        {"sweater", "jumper", "hoodie", "cardigan"},
        {"frock", "gown"},
        {"overcoat", "raincoat", "parka"},
        {"flip-flop"},
        {"blouse", "dress_shirt"},
        {"trainer", "plimsoll", "running_shoe", "gym_shoe", "tennis_shoe"},
        {"handbag", "purse", "backpack", "rucksack", "tote"},
        {"boot", "bootee"}},
       {{{"footwear", "shoe"}, {"sandal", "sneaker", "ankle boot"}}}},
      {"cifar10",
       {},
       "small colour photographs of animals and vehicles, 32x32",
       {"animal", "vehicle", "pet", "transport", "transportation", "wildlife", "natural", "cifar", "krizhevsky"},
       {{"plane", "aeroplane", "jet", "aircraft", "airliner"},
        {"car", "auto", "autos", "motorcar", "motor_car"},
        {"sparrow", "songbird", "birdie", "birb", "avian"},
        {"kitten", "kitty", "moggy", "moggie", "feline"},
        {"stag", "doe", "fawn", "elk"},
        {"puppy", "pup", "hound", "mutt", "pooch", "doggo", "canine"},
        {"toad", "amphibian"},
        {"pony", "mare", "foal", "equine"},
        {"boat", "vessel"},
        {"lorry", "hgv"}},
       {{{"animal", "creature", "beast", "critter", "wildlife"}, {"bird", "cat", "deer", "dog", "frog", "horse"}},
        {{"vehicle", "conveyance", "transport", "transportation"}, {"airplane", "automobile", "ship", "truck"}},
        {{"mammal"}, {"cat", "deer", "dog", "horse"}},
        {{"pet"}, {"cat", "dog"}},
        {{"flying"}, {"airplane", "bird"}}}}};
  return cards;
}

void expect_classes_of_groups(const Card& card, const fs::path& file) {
  for (const auto& group : card.groups)
    for (const auto& name : group.classes)
      if (std::ranges::find(card.classes, name) == card.classes.end())
        throw Error(ErrorCode::kUsage, "config.value", "cannot read " + file.string(),
                    "'" + name + "' of the group '" + group.names.front() + "' is none of the classes",
                    "name the folders of classes as they are written");
}

// description, keywords, a table of what else its classes are called, and one of what several are called together.
void read_card_file(const fs::path& file, Card& card) {
  ConfigReader reader(load_toml(file), file.string());
  card.description = reader.text("description", card.description);
  if (reader.has("keywords")) card.keywords = reader.texts("keywords");
  const Json aliases = reader.value("aliases", Json::object()), groups = reader.value("groups", Json::object());
  reader.finish();
  ConfigReader of_classes(aliases, file.string() + ": [aliases]");
  for (const auto& name : card.classes)
    card.aliases.push_back(of_classes.has(name) ? of_classes.texts(name) : std::vector<std::string>());
  of_classes.finish();
  ConfigReader of_groups(groups, file.string() + ": [groups]");
  for (const auto& [name, classes] : groups.items()) card.groups.push_back({{name}, of_groups.texts(name)});
  expect_classes_of_groups(card, file);
}

}  // namespace

Json to_json(const Card& card) {
  Json groups = Json::array();
  for (const auto& group : card.groups) groups.push_back({{"names", group.names}, {"classes", group.classes}});
  return {{"name", card.name},         {"classes", card.classes}, {"description", card.description},
          {"keywords", card.keywords}, {"aliases", card.aliases}, {"groups", std::move(groups)}};
}

Card card_from_json(const Json& json, const std::string& what) {
  try {
    Card card{json.at("name"), json.at("classes"), json.at("description"), json.at("keywords"), json.at("aliases"), {}};
    for (const auto& group : json.value("groups", Json::array()))  // which older generators do not have
      card.groups.push_back({group.at("names"), group.at("classes")});
    return card;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kRefused, "card.malformed", "cannot read a card of " + what, error.what());
  }
}

Card card_of(const std::string& source, std::vector<std::string> classes) {
  const auto known = std::ranges::find(known_cards(), source, &Card::name);
  if (known != known_cards().end()) {
    Card card = *known;
    card.classes = std::move(classes);
    return card;
  }
  const fs::path path(source);
  Card card{source, std::move(classes), (path.has_filename() ? path : path.parent_path()).filename().string(), {}, {},
            {}};
  if (const auto file = fs::path(source) / "card.toml"; fs::is_regular_file(file)) read_card_file(file, card);
  return card;
}

}  // namespace weightloom
