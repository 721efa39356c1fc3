#include "weightloom/workflow/grow.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../runtime/networks.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/runtime/inheritance.hpp"
#include "weightloom/workflow/random_networks.hpp"

using namespace weightloom;
namespace fs = std::filesystem;

namespace {

// A folder with a data set of its own: two classes of 4 x 4 images, told apart by which half is bright.
struct Workplace {
  fs::path root;

  Workplace() {
    std::string pattern = (fs::temp_directory_path() / "weightloom.XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    for (int i = 0; i < 40; ++i)
      for (const bool left : {true, false}) {
        const auto folder = root / "images" / (left ? "left" : "right");
        fs::create_directories(folder);
        std::ofstream file(folder / (std::to_string(i) + ".pgm"), std::ios::binary);
        file << "P5 4 4 255\n";
        for (int k = 0; k < 16; ++k) file.put(static_cast<char>((k % 4 < 2) == left ? 100 + i + k : i + k));
      }
  }
  ~Workplace() { fs::remove_all(root); }

  std::string recipe(const std::string& members) const {
    return "seed = 1\nform = {channels = 1, size = 4}\n"
           "[[anchor]]\nfamily = 'mlp'\nconfig = {width = 8}\nranges = {depth = [2, 3]}\ndata = ['" +
           (root / "images").string() + "']\nsteps = 30\nlearning_rate = 0.01\n" + members;
  }
  std::string population(const std::string& family, const std::string& config, const std::string& seeds,
                         const std::string& more) const {
    return "[[population]]\nfamily = '" + family + "'\nconfig = " + config + "\ndata = '" + (root / "images").string() +
           "'\nvary = {seed = " + seeds + "}\nsteps = 20\nlearning_rate = 0.01\nbatch = 16\n" + more;
  }
};

Recipe parse(const std::string& text) {
  return parse_recipe(parse_toml(text));
}

PluginRegistry registry() {
  return PluginRegistry(PluginRegistry::default_directories());
}

}  // namespace

TEST_CASE("a network descends from an ancestor of another depth with a head of its own", "[grow]") {
  const auto plugins = registry();
  const Json config{{"channels", 1}, {"size", 4}, {"width", 8}};
  auto deep = config, shallow = config;
  deep["depth"] = 4, deep["classes"] = 5;
  shallow["depth"] = 2, shallow["classes"] = 3;
  const auto ancestor = plugins.describe("mlp", deep), target = plugins.describe("mlp", shallow);
  const auto weights = initial_weights(ancestor, 1, 1), child = descend_from(target, ancestor, weights, 2);
  CHECK(torch::equal(child.tensors.front(), weights.tensors.front()));
  const auto head = target.find_parameter(analyse(target).head_weight).value();
  CHECK(child.tensors[head].abs().sum().item<double>() == 0);
  CHECK_NOTHROW(Executor(target).forward(child, torch::zeros({2, 1, 4, 4})));
}

TEST_CASE("a recipe grows a zoo once, in any order and with any number of workers", "[grow]") {
  const Workplace place;
  const auto plugins = registry();
  const auto mlp = place.population("mlp", "{width = 8, depth = 2}", "[0, 1, 2]", "from = 'anchor'\nheld_out = 0.34\n");
  const auto cnn = place.population("cnn", "{depth = 1, width = [4]}", "[0, 1]", "");
  auto zoo = Zoo::create(place.root / "zoo");
  std::vector<ProgressEvent> events;
  const auto first = grow(
      parse(place.recipe(mlp + cnn)), zoo, plugins, [&](const ProgressEvent& event) { events.push_back(event); }, 2);
  CHECK(first.stored.size() == 6);
  CHECK(first.present.empty());
  CHECK(events.back().finished);
  CHECK(events.back().done == 5);

  const auto anchor = zoo.get("mlp/anchor"), member = zoo.get("mlp/2");
  CHECK(anchor.tags.contains("anchor"));
  CHECK(member.parents.at(0).parent == anchor.id);
  CHECK(member.split == "held-out");
  CHECK(zoo.get("mlp/0").split == "train");
  CHECK(member.metrics.at("test_accuracy") > 0.9);
  CHECK(member.dataset == (place.root / "images").string());

  const auto again = grow(parse(place.recipe(mlp + cnn)), zoo, plugins);
  CHECK(again.stored.empty());
  CHECK(again.present.size() == 6);

  // What was removed comes back bit for bit, and so does everything in a zoo of its own.
  zoo.remove("mlp/1");
  CHECK(grow(parse(place.recipe(mlp + cnn)), zoo, plugins).stored == std::vector<std::string>{"mlp/1"});
  auto other = Zoo::create(place.root / "other");
  grow(parse(place.recipe(cnn + mlp)), other, plugins, {}, 1);
  for (const char* name : {"mlp/anchor", "mlp/0", "mlp/1", "mlp/2", "cnn/0", "cnn/1"})
    CHECK(other.get(name).weights_hash == zoo.get(name).weights_hash);
  CHECK(zoo.get("mlp/0").weights_hash != zoo.get("mlp/1").weights_hash);
}

TEST_CASE("a name that belongs to another recipe is not touched", "[grow]") {
  const Workplace place;
  const auto plugins = registry();
  auto zoo = Zoo::create(place.root / "zoo");
  grow(parse(place.recipe(place.population("mlp", "{width = 8}", "[0]", ""))), zoo, plugins);
  const auto before = zoo.get("mlp/0").weights_hash;
  try {
    grow(parse(place.recipe(place.population("mlp", "{width = 9}", "[0]", ""))), zoo, plugins);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.id() == "grow.name_taken");
  }
  CHECK(zoo.get("mlp/0").weights_hash == before);
  auto strange = zoo.get("mlp/0");
  strange.recipe = {{"hash", 1}};
  zoo.update(strange);
  CHECK_THROWS_AS(grow(parse(place.recipe(place.population("mlp", "{width = 8}", "[0]", ""))), zoo, plugins), Error);
}

TEST_CASE("a configuration that its plugin refuses is reported before an elastic anchor is trained", "[grow]") {
  const Workplace place;
  const auto plugins = registry();
  auto zoo = Zoo::create(place.root / "zoo");
  const auto text =
      place.population("mlp", "{width = 8}", "[0]", "") + place.population("cnn", "{nonsense = 1}", "[0]", "");
  CHECK_THROWS_AS(grow(parse(place.recipe(text)), zoo, plugins), Error);
  CHECK_FALSE(zoo.contains("mlp/anchor"));
}

TEST_CASE("random networks are different ones, none of them held out, and refused combinations are passed over",
          "[grow]") {
  const auto plugins = registry();
  const Json config{{"channels", 1}, {"size", 4}, {"classes", 2}};
  const ConfigRanges ranges({{"width", {4, 6}}, {"depth", {1, 2}}}, "r");
  UnseenConfigurations unseen;
  auto held = config;
  held["width"] = 5;
  held["depth"] = 2;
  unseen.add(plugins.describe("mlp", held), "held-out");
  held["classes"] = 7;
  held["width"] = 4;
  unseen.add(plugins.describe("mlp", held), "held-out");
  unseen.add(plugins.describe("mlp", held), "train");
  CHECK(unseen.keys().size() == 1);
  Random random(1);
  const auto networks = random_networks(plugins, "mlp", config, ranges, 20, random, unseen.keys());
  CHECK(networks.size() == 5);
  for (const auto& network : networks) CHECK_FALSE(unseen.keys().contains(configuration_key(network)));
  // 'same' padding takes odd kernels only.
  const ConfigRanges kernels({{"kernel", {{"each", {{2, 3}}}}}}, "r");
  const auto odd = random_networks(plugins, "cnn", {{"channels", 1}, {"size", 4}, {"classes", 2}, {"pool", {1}}},
                                   kernels, 5, random);
  REQUIRE(odd.size() == 1);
  CHECK(odd[0].config.at("kernel").at(0) == 3);
}
