#include <catch2/catch.hpp>

#include "descriptions.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/network/address.hpp"
#include "weightloom/network/cut.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/network/symmetry.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

void collect(Json& value, std::vector<Json*>& out) {
  out.push_back(&value);
  if (value.is_structured())
    for (auto& child : value) collect(child, out);
}

// Replaces, removes or copies one value somewhere in the document.
void mutate_value(Json& json, Random& random) {
  std::vector<Json*> places;
  collect(json, places);
  auto& place = *places[random.below(places.size())];
  const auto other = *places[random.below(places.size())];
  const std::vector<Json> odd{nullptr, -1, 0,      1,      3,    1.5,           9223372036854775807ll, 1e300,
                              true,    "", "head", "relu", "[]", Json::array(), Json::object()};
  switch (random.below(4)) {
    case 0:
      place = odd[random.below(odd.size())];
      break;
    case 1:
      place = other;
      break;
    case 2:
      if (place.is_array() && !place.empty()) place.erase(random.below(place.size()));
      break;
    default:
      if (place.is_number_integer())
        place = place.get<std::int64_t>() + (random.below(2) ? 1 : -1);
      else if (place.is_array())
        place.push_back(other);
  }
}

void mutate_text(std::string& text, Random& random) {
  const auto place = random.below(text.size());
  switch (random.below(3)) {
    case 0:
      text[place] = static_cast<char>(random.below(256));
      break;
    case 1:
      text.erase(place, random.below(20));
      break;
    default:
      text.insert(place, text.substr(random.below(text.size()), random.below(40)));
  }
}

// True when the text was accepted; whatever is accepted must be usable.
bool survives(const std::string& text) {
  try {
    const auto net = parse_description(text);
    analyse(net);
    symmetry_groups(net);
    addresses(net);
    for (const auto& cut : cut_network(net, net)) CHECK((cut && cut->whole()));
    CHECK(to_json(parse_description(to_json(net).dump())) == to_json(net));
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("mutated descriptions parse or are refused, and nothing else happens") {
  Random random(20);
  int accepted = 0;
  const std::vector<Net> nets{mlp(), cnn(), resnet(1), vit(), keras_mlp(), timm_vit()};
  for (int i = 0; i < 3000; ++i) {
    auto json = nets[random.below(nets.size())].json;
    if (i % 2 == 0) {
      for (auto n = 1 + random.below(3); n > 0; --n) mutate_value(json, random);
      accepted += survives(json.dump());
    } else {
      auto text = json.dump();
      mutate_text(text, random);
      accepted += survives(text);
    }
  }
  CHECK(accepted > 50);
  CHECK(accepted < 2000);
}
