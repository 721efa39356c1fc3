#include "weightloom/retrieval/retrieval.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "error_id.hpp"
#include "temporary_folder.hpp"
#include "zoo/sample_networks.hpp"

using namespace weightloom;
using weightloom::testing::error_id;

namespace {

struct Fact {
  const char* name;
  const char* dataset;
  std::map<std::string, double> metrics;
  const char* architecture = "org.weightloom.mlp";
  Json config = {{"depth", 2}, {"width", 32}};
};

class Shelf {
 public:
  explicit Shelf(const std::vector<Fact>& facts) : zoo(Zoo::create(folder / "zoo")) {
    float seed = 0;
    for (const auto& fact : facts) {
      auto network = test::network(fact.name, seed += 1);
      network.first.dataset = fact.dataset;
      network.first.metrics = fact.metrics;
      network.first.architecture = fact.architecture;
      network.first.config = fact.config;
      test::add_one(zoo, std::move(network));
    }
  }
  std::vector<std::string> names(const Wanted& wanted) const {
    std::vector<std::string> out;
    for (const auto& candidate : retrieve(zoo, wanted).candidates) out.push_back(candidate.network.name);
    return out;
  }
  test::TemporaryFolder folder;
  Zoo zoo;
};

Wanted of(const std::string& source, std::vector<std::int64_t> classes = {}) {
  Wanted wanted;
  wanted.source = source;
  wanted.classes = std::move(classes);
  wanted.all_classes = 10;
  return wanted;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("networks of the same images come in the order of what is recorded of them") {
  const Shelf shelf({{"a", "mnist@5000", {{"validation_accuracy", 0.91}, {"test_accuracy", 0.99}}},
                     {"b", "mnist", {{"val_acc", 96}}},
                     {"c", "mnist", {{"test_accuracy", 0.95}}},
                     {"d", "mnist", {}},
                     {"e", "mnist-like", {{"validation_accuracy", 0.99}}},
                     {"f", "not a data set[", {{"validation_accuracy", 0.99}}}});
  CHECK(shelf.names(of("mnist")) == Names{"b", "c", "a", "d"});
  const auto found = retrieve(shelf.zoo, of("mnist"));
  CHECK(found.considered == 4);
  CHECK(found.candidates.front().predicted == Approx(0.96));
  CHECK(!found.candidates.back().measured);
  CHECK(found.candidates.back().predicted == Approx((0.91 + 0.96 + 0.95) / 3 - 0.05));
  CHECK(shelf.names(of("cifar10")).empty());
}

TEST_CASE("classes are found in any order, and among others") {
  const Shelf shelf({{"all", "mnist", {{"validation_accuracy", 0.91}}},
                     {"own", "mnist[3,8]", {{"validation_accuracy", 0.98}}},
                     {"turned", "mnist[8,3]", {{"validation_accuracy", 0.97}}},
                     {"others", "mnist[1,2]", {{"validation_accuracy", 0.99}}}});
  const auto found = retrieve(shelf.zoo, of("mnist", {3, 8}));
  REQUIRE(found.candidates.size() == 3);
  CHECK(found.candidates[0].network.name == "all");  // of its 9 % errors a ninth is between two classes
  CHECK(found.candidates[0].predicted == Approx(0.99));
  CHECK(found.candidates[0].outputs == std::vector<std::int64_t>{3, 8});
  CHECK(found.candidates[1].outputs.empty());
  CHECK(found.candidates[2].outputs == std::vector<std::int64_t>{1, 0});
  CHECK(shelf.names(of("mnist")) == Names{"all"});
}

TEST_CASE("groups of classes are a data set of their own, without a card") {
  const Shelf shelf({{"all", "mnist", {}}, {"whether", "mnist[7,rest]", {}}, {"other", "mnist[3,rest]", {}}});
  const auto cards = zoo_cards(shelf.zoo);
  CHECK(std::ranges::count(cards, "mnist", &Card::name) == 1);
  CHECK(std::ranges::find(cards, "mnist[7,rest]", &Card::name) == cards.end());
  const auto wanted = wanted_of("mnist[7,rest]", cards);
  CHECK(wanted.all_classes == 2);
  CHECK(shelf.names(wanted) == Names{"whether"});
}

TEST_CASE("architecture, sizes and a limit leave the others out") {
  const Shelf shelf({{"a", "mnist", {}, "org.weightloom.mlp", {{"depth", 2}, {"width", 32}}},
                     {"b", "mnist", {}, "org.weightloom.cnn", {{"width", {8, 8}}}},
                     {"c", "mnist", {}, "org.weightloom.mlp", {{"depth", 3}, {"width", 8}}}});
  Wanted wanted = of("mnist");
  wanted.architecture = "org.weightloom.mlp";
  CHECK(shelf.names(wanted) == Names{"a", "c"});
  wanted.depth = 3;
  CHECK(shelf.names(wanted) == Names{"c"});
  wanted = of("mnist");
  wanted.width = 8;
  CHECK(shelf.names(wanted) == Names{"b", "c"});
  wanted = of("mnist");
  wanted.config = {{"width", {8, 8}}};
  CHECK(shelf.names(wanted) == Names{"b"});
  wanted = of("mnist");
  wanted.most_parameters = 12;
  CHECK(shelf.names(wanted).empty());
  wanted.most_parameters = 13;
  CHECK(shelf.names(wanted).size() == 3);
}

TEST_CASE("what the name of a folder means to a search is only its name") {
  const Shelf shelf({{"a", "./images (new) [1]/x.y", {}}, {"b", "./images", {{"accuracy", 0.9}}}});
  CHECK(shelf.names(of("./images")) == Names{"b"});
  CHECK(retrieve(shelf.zoo, of("./.*")).considered == 0);
  CHECK(retrieve(shelf.zoo, of(std::string(300, 'x'))).considered == 0);
}

TEST_CASE("a zoo's data sets have cards, whoever named them") {
  const Shelf shelf({{"a", "mnist", {}}, {"b", "photos of 1998", {}}, {"c", "a[b", {}}});
  const auto cards = zoo_cards(shelf.zoo);
  const auto has = [&](const char* name) { return std::ranges::find(cards, name, &Card::name) != cards.end(); };
  CHECK(has("mnist"));
  CHECK(has("photos of 1998"));
  CHECK(wanted_of("mnist[3,8]", cards).all_classes == 10);
  CHECK(error_id([&] { wanted_of("mnist[x]", cards); }) != "none");
}

TEST_CASE("networks that do not say what images show are refused by name, before any is made") {
  const PluginCards cards{{"resnet", {{}, "classification", true}},
                          {"bert", {{}, "classification", false}},
                          {"autoencoder", {{}, "reconstruction", true}},
                          {"broken", {}}};
  const auto refused = [&](const char* name) {
    ArchitectureReading network;
    network.name = name;
    return error_id([&] { expect_classifier_of_images(network, cards); });
  };
  for (const char* name : {"resnet", "broken", "nobody", ""}) CHECK(refused(name) == "none");
  for (const char* name : {"bert", "autoencoder"}) CHECK(refused(name) == "instruction.architecture");
}
