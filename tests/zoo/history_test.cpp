// What is removed comes back, and every change can be taken back.

#include "weightloom/zoo/history.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "error_id.hpp"
#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

class ChangedZoo {
 public:
  ChangedZoo() : zoo(Zoo::create(folder / "zoo")) {}
  ~ChangedZoo() { CHECK(zoo.verify(VerifyLevel::kDeep).empty()); }
  ZooRecord add(const std::string& name, float seed = 0) { return test::add_one(zoo, test::network(name, seed)); }
  // One that the trash has no room for beside an empty zoo.
  ZooRecord add_large(const std::string& name, float seed) {
    return test::add_one(zoo, {test::record_named(name), {{"w", test::tensor_of(300'000, seed)}}});
  }
  std::vector<std::string> operations(const std::string& reference = {}) const {
    std::vector<std::string> out;
    for (const auto& step : zoo.history(reference)) out.push_back(step.operation + (step.undone ? " (undone)" : ""));
    return out;
  }
  std::vector<std::string> trashed() const {
    std::vector<std::string> out;
    for (const auto& network : zoo.trash()) out.push_back(network.name);
    return out;
  }
  test::TemporaryFolder folder;
  Zoo zoo;
};

// All that readers can see.
std::map<std::string, std::string> content(const Zoo& zoo) {
  std::map<std::string, std::string> out;
  for (const auto& record : zoo.all()) {
    auto& text = out[record.name];
    text = to_json(record).dump() + weights_hash(zoo.weights(record));
    for (const auto& alias : zoo.aliases(record.id)) text += "," + alias;
    for (const auto& child : zoo.descendants(record.id)) text += ">" + child.name;
    if (const auto tokens = zoo.tokens(record.id, std::string(64, 'a'))) text += "#" + tokens->payload;
  }
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a removed network is in no list, its name is free, and it comes back as it was", "[zoo]") {
  ChangedZoo store;
  const auto kept = store.add("kept");
  auto child = test::network("net", 4);
  child.first.parents = {{"fine-tuned-from", kept.id}};
  const auto record = test::add_one(store.zoo, child);
  store.zoo.set_alias("best", "net");
  store.zoo.put_tokens({{record.id, {std::string(64, 'a'), record.weights_hash, "tokens"}}});
  const auto before = content(store.zoo);

  store.zoo.remove("net");
  CHECK(store.zoo.size() == 1);
  CHECK_FALSE(store.zoo.knows("net"));
  CHECK_FALSE(store.zoo.knows("best"));
  CHECK_FALSE(store.zoo.knows(record.id));
  CHECK(store.zoo.find(parse_query("name=net or alias=best or descendant(kept)")).empty());
  CHECK_FALSE(store.zoo.tokens(record.id, std::string(64, 'a')));
  store.zoo.expect_free("net");
  REQUIRE(store.trashed() == Names{"net"});
  const auto trashed = store.zoo.trash().front();
  CHECK(trashed.id == record.id);
  CHECK(trashed.aliases == Names{"best"});
  CHECK(trashed.bytes == record.bytes);
  CHECK(trashed.removed < trashed.until);
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());

  for (const auto& reference : {std::string("net"), record.id, record.id.substr(0, 8)}) {
    CHECK(store.zoo.undelete(reference).id == record.id);
    CHECK(content(store.zoo) == before);
    CHECK(store.zoo.trash().empty());
    store.zoo.remove("net");
  }
  CHECK(testing::error_id([&] { store.zoo.undelete("other"); }) == "zoo.not_in_trash");
}

TEST_CASE("a network whose name was taken meanwhile comes back under another", "[zoo]") {
  ChangedZoo store;
  const auto first = store.add("net", 1);
  store.zoo.set_alias("best", "net");
  store.zoo.remove("net");
  store.add("net", 2);
  store.zoo.set_alias("best", "net");
  CHECK(testing::error_id([&] { store.zoo.undelete("net"); }) == "zoo.name_taken");
  CHECK(testing::error_id([&] { store.zoo.undelete("net", "best"); }) == "zoo.name_taken");
  CHECK(testing::error_id([&] { store.zoo.undelete("net", "a/"); }) == "zoo.bad_name");
  CHECK(store.zoo.undelete("net", "old").id == first.id);
  CHECK(store.zoo.get("best").name == "net");
  store.zoo.remove(Names{"net", "old"});
  CHECK(store.zoo.trash().size() == 2);
  store.add("net", 3);
  store.zoo.remove("net");
  CHECK(testing::error_id([&] { store.zoo.undelete("net"); }) == "zoo.ambiguous");
}

TEST_CASE("the trash keeps as much as the zoo has, and 1 MiB in any case", "[zoo]") {
  ChangedZoo store;
  for (int i = 0; i < 4; ++i) store.add_large(std::to_string(i), static_cast<float>(i));
  CHECK(store.zoo.removal(Names{"0", "1", "2"}) == Removal::kForGood);
  CHECK(store.zoo.removal(Names{"0", "1"}) == Removal::kToTrash);
  CHECK(store.zoo.remove("0") == Removal::kToTrash);
  CHECK(store.zoo.remove("1") == Removal::kToTrash);
  CHECK(store.trashed() == Names{"1", "0"});
  CHECK(store.zoo.crowded_out(Names{"2"}).networks == 2);
  CHECK(store.zoo.remove("2") == Removal::kToTrash);  // beside one network one is kept
  CHECK(store.trashed() == Names{"2"});
  CHECK(store.zoo.history()[0].networks.size() == 1);  // what gave way was not removed by it
  CHECK(store.zoo.remove("3") == Removal::kForGood);
  CHECK(store.zoo.trash().size() == 1);
  CHECK(testing::error_id([&] { store.zoo.undo(); }) == "undo.refused");
  store.add("small");
  CHECK(store.zoo.remove("small") == Removal::kToTrash);
  CHECK(store.trashed() == Names{"small"});
  store.zoo.undo();
  CHECK(store.zoo.contains("small"));
}

TEST_CASE("what is replaced comes back, however large it is beside what replaced it", "[zoo]") {
  ChangedZoo store;
  store.add_large("net", 1);
  std::vector<std::pair<ZooRecord, TensorMap>> networks{test::network("net")};
  store.zoo.add(std::move(networks), Zoo::Taken::kReplace);
  CHECK(store.trashed() == Names{"net"});
  CHECK(store.zoo.undelete("net", "old").bytes > 1'000'000);
}

TEST_CASE("what is removed for good, or has been in the trash for long, gives its room back", "[zoo]") {
  ChangedZoo store;
  for (int i = 0; i < 4; ++i) store.add_large(std::to_string(i), static_cast<float>(i % 3));
  const auto all = store.zoo.stored_bytes();
  store.zoo.remove("1");
  CHECK(store.zoo.stored_bytes() == all);
  store.zoo.remove("2", Removal::kForGood);
  CHECK(store.zoo.stored_bytes() == all * 2 / 3);
  CHECK(store.zoo.collect_garbage().networks == 0);
  const auto old = store.zoo.garbage(0);
  CHECK(old.networks == 1);
  CHECK(old.bytes == all / 3);
  CHECK(store.trashed() == Names{"1"});
  const auto gone = store.zoo.collect_garbage(0);
  CHECK(gone.networks == 1);
  CHECK(gone.bytes == all / 3);
  CHECK(store.zoo.stored_bytes() == all / 3);
  CHECK(store.zoo.trash().empty());
  CHECK(store.zoo.weights(store.zoo.get("0")).size() == 1);
  store.zoo.remove("0");
  CHECK(store.zoo.collect_garbage(0).bytes == 0);  // "3" has the same weights
  for (int i = 4; i < 7; ++i) store.add_large(std::to_string(i), i == 4 ? 0 : static_cast<float>(i));
  store.zoo.remove(Names{"3", "4"});
  CHECK(store.zoo.garbage(0).bytes == all / 3);  // once, though both have it
  CHECK(store.zoo.collect_garbage(0).bytes == all / 3);
}

TEST_CASE("any changes are taken back one by one, and made again", "[zoo]") {
  ChangedZoo store;
  Random random(11);
  std::vector<std::map<std::string, std::string>> states{content(store.zoo)};
  std::size_t steps = store.zoo.history().size();
  for (int i = 0; states.size() < 40; ++i) {
    const auto all = store.zoo.summaries();
    const auto any = [&] { return all[static_cast<std::size_t>(random.below(all.size()))]; };
    const auto alias = "alias" + std::to_string(i % 3);
    switch (all.size() < 3 ? 0 : random.below(7)) {
      case 0: {
        auto one = test::network("n" + std::to_string(i), static_cast<float>(i % 4));
        if (!all.empty()) one.first.parents = {{"fine-tuned-from", any().id}};
        test::add_one(store.zoo, one);
        break;
      }
      case 1: {
        auto records = store.zoo.all();
        for (auto& record : records) {
          record.metrics["loss"] = i;
          record.notes = "changed " + std::to_string(i);
        }
        records.front().parents.clear();
        store.zoo.update(records);
        break;
      }
      case 2:
        store.zoo.rename(any().id, "r" + std::to_string(i));
        break;
      case 3:
        store.zoo.set_alias(alias, any().id);
        break;
      case 4:
        if (store.zoo.knows(alias)) store.zoo.remove_alias(alias);
        break;
      case 5:
        store.zoo.add({test::network(any().name, static_cast<float>(-i)), test::network("s" + std::to_string(i), 1)},
                      Zoo::Taken::kReplace);
        break;
      default:
        store.zoo.remove(Names{any().id, any().id});
    }
    if (store.zoo.history().size() == steps) continue;  // what it says was so already
    ++steps;
    states.push_back(content(store.zoo));
  }
  std::vector<std::uint64_t> back;
  for (std::size_t i = states.size() - 1; i-- > 0;) {
    const auto undone = store.zoo.undo();
    CAPTURE(i, undone.step.operation);
    REQUIRE(content(store.zoo) == states[i]);
    back.push_back(undone.number);
  }
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
  CHECK(testing::error_id([&] { store.zoo.undo(); }) == "undo.nothing");
  for (std::size_t i = 1; i < states.size(); ++i) {
    store.zoo.undo(back[states.size() - 1 - i]);
    REQUIRE(content(store.zoo) == states[i]);
  }
}

TEST_CASE("a step is taken back by its number when nothing has changed since", "[zoo]") {
  ChangedZoo store;
  auto record = store.add("a");
  store.add("b", 3);
  const auto set = [&](double loss) {
    record.metrics["loss"] = loss;
    store.zoo.update(record);
    return store.zoo.history().front().number;
  };
  const auto first = set(1);
  store.zoo.rename("b", "c");
  CHECK(store.zoo.undo(first).step.operation == "set");
  CHECK(store.zoo.get("a").metrics.count("loss") == 0);
  CHECK(store.zoo.knows("c"));
  CHECK(testing::error_id([&] { store.zoo.undo(first); }) == "undo.refused");  // taken back already
  const auto second = set(2);
  set(3);
  CHECK(testing::error_id([&] { store.zoo.undo(second); }) == "undo.refused");
  CHECK(store.zoo.get("a").metrics.at("loss") == 3);
  CHECK(testing::error_id([&] { store.zoo.undo(1'000'000); }) == "undo.nothing");

  store.zoo.rename("a", "moved");
  store.add("a", 7);
  const auto renamed = store.zoo.history("moved").front().number;
  CHECK(testing::error_id([&] { store.zoo.undo(renamed); }) == "undo.refused");  // the name is taken
  store.zoo.remove("moved", Removal::kForGood);
  CHECK(testing::error_id([&] { store.zoo.undo(); }) == "undo.refused");
  CHECK(testing::error_id([&] { store.zoo.undo(renamed); }) == "undo.refused");
}

TEST_CASE("the history tells what was done to whom", "[zoo]") {
  ChangedZoo store;
  const auto record = store.add("a");
  store.zoo.rename("a", "b");
  store.zoo.set_alias("best", "b");
  store.add("other", 5);
  store.zoo.remove("b");
  CHECK(store.operations() == Names{"rm", "add", "alias", "rename", "add"});
  for (const char* name : {"a", "b"}) CHECK(store.operations(name) == Names{"rm", "rename", "add"});
  CHECK(store.operations("best") == Names{"alias"});
  CHECK(store.operations("other") == Names{"add"});
  store.zoo.undo();
  CHECK(store.operations("b") == Names{"undo", "rm (undone)", "rename", "add"});  // whatever it was called
  const auto step = store.zoo.history().back();
  CHECK(step.networks == std::map<std::string, std::string>{{record.id, "a"}});
  CHECK(step.command.find("zoo_test") != std::string::npos);
  CHECK_FALSE(step.user.empty());
  CHECK(testing::error_id([&] { store.zoo.history("nobody"); }) == "zoo.not_found");
  CHECK(testing::error_id([&] { Zoo::open(store.folder / "zoo", Zoo::Access::kRead).undo(); }) == "zoo.read_only");
}

TEST_CASE("a former name tells the history of who had it, under all of its names", "[zoo]") {
  ChangedZoo store;
  store.add("a");
  store.zoo.rename("a", "b");
  store.zoo.rename("b", "c");
  auto record = store.zoo.get("c");
  record.tags.insert("x");
  store.zoo.update(record);
  for (const char* name : {"a", "b", "c"}) CHECK(store.operations(name) == Names{"set", "rename", "rename", "add"});
}

TEST_CASE("what was brought back under another name goes back into the trash as it lay there", "[zoo]") {
  ChangedZoo store;
  store.add("a");
  store.zoo.set_alias("best", "a");
  store.zoo.remove("a");
  store.zoo.set_alias("best", store.add("other", 4).id);
  store.zoo.undelete("a", "b");
  const auto undone = store.zoo.undo();
  CHECK(undone.step.undone);
  CHECK(store.trashed() == Names{"a"});
  CHECK(store.zoo.trash().front().aliases == Names{"best"});
  store.zoo.undo(undone.number);
  CHECK(store.zoo.knows("b"));
  store.zoo.undo();
  store.zoo.remove_alias("best");
  store.zoo.undelete("a");
  CHECK(store.zoo.get("best").name == "a");
}

TEST_CASE("changes that are made together are one step, however many", "[zoo]") {
  ChangedZoo store;
  std::vector<std::pair<ZooRecord, TensorMap>> many;
  for (int i = 0; i < 2100; ++i) many.push_back(test::network(std::to_string(i), static_cast<float>(i % 5)));
  {
    const Zoo::Together together(store.zoo);
    store.zoo.add({test::network("first")});
    store.zoo.add(std::move(many));
  }
  auto records = store.zoo.all();
  for (auto& record : records) record.dataset = "svhn";
  store.zoo.update(records);
  store.zoo.remove(Names{"0", "1", "2"});
  CHECK(store.operations() == Names{"rm", "set", "add"});
  store.zoo.undo();
  store.zoo.undo();
  CHECK(store.zoo.find(parse_query("dataset=mnist")).size() == 2101);
  store.zoo.undo();
  CHECK(store.zoo.size() == 0);
  CHECK(store.zoo.trash().size() == 2101);
  store.zoo.undo(store.zoo.history().front().number);
  CHECK(store.zoo.size() == 2101);
  store.zoo.set_alias("alias", "7");
  CHECK(store.zoo.history().front().number > store.zoo.history().back().number);
}

TEST_CASE("a network that is replaced is in the trash, and takes its aliases back", "[zoo]") {
  ChangedZoo store;
  const auto old = store.add("net", 1);
  store.zoo.set_alias("best", "net");
  const auto before = content(store.zoo);
  const auto now = store.zoo.add({test::network("net", 2)}, Zoo::Taken::kReplace).front();
  CHECK(store.zoo.get("best").id == now.id);
  CHECK(store.zoo.trash().front().id == old.id);
  store.zoo.undo();
  CHECK(content(store.zoo) == before);
  CHECK(store.zoo.trash().front().id == now.id);
}

TEST_CASE("a network that comes from elsewhere leaves the trash", "[zoo]") {
  ChangedZoo store;
  auto one = test::network("net", 1);
  one.first.id = std::string(32, 'e');
  test::add_one(store.zoo, one);
  store.zoo.remove("net");
  one.second["other"] = test::tensor_of(5, 5);
  one.second.erase("a.bias");
  test::add_one(store.zoo, one);
  CHECK(store.zoo.trash().empty());
  CHECK(store.zoo.weights(store.zoo.get("net")).size() == 2);
}

TEST_CASE("verifying tells what the trash has lost, and repair lets that go", "[zoo]") {
  const test::TemporaryFolder folder;
  std::string object;
  {
    auto zoo = Zoo::create(folder / "zoo");
    for (int i = 0; i < 3; ++i)
      object = test::add_one(zoo, {test::record_named(std::to_string(i)),
                                   {{"w", test::tensor_of(300'000, static_cast<float>(i))}}})
                   .tensors.front()
                   .object;
    zoo.remove("2");
  }
  const auto path = folder / "zoo" / "objects" / object.substr(0, 2) / object.substr(2);
  REQUIRE(fs::exists(path));
  CHECK(Zoo::open(folder / "zoo", Zoo::Access::kRead).verify(VerifyLevel::kDeep).empty());
  fs::remove(path);
  const auto findings = Zoo::open(folder / "zoo", Zoo::Access::kRead).verify(VerifyLevel::kQuick);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].kind == "missing-object");
  CHECK(findings[0].networks == Names{"2 (in the trash)"});
  CHECK(Zoo::repair(folder / "zoo").size() >= 1);
  auto zoo = Zoo::open(folder / "zoo", Zoo::Access::kWrite);
  CHECK(zoo.trash().empty());
  CHECK(zoo.size() == 2);
  for (const auto& finding : zoo.verify(VerifyLevel::kDeep)) CHECK_FALSE(finding.damage);
  zoo.collect_garbage();
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("the history keeps the last ten thousand changes", "[.soak]") {
  ChangedZoo store;
  auto record = store.add("a");
  for (int i = 0; i < 12'000; ++i) {
    record.metrics["loss"] = i;
    store.zoo.update(record);
  }
  const auto steps = store.zoo.history().size();
  CHECK(steps <= 10'000);
  CHECK(steps >= 9'000);
}

TEST_CASE("the history is bounded in bytes, and what is too long is told without its content", "[zoo]") {
  ChangedZoo store;
  auto record = store.add("a");
  const auto notes = [&](std::size_t bytes, char of) {
    record.notes = std::string(bytes, of);
    store.zoo.update(record);
  };
  for (int i = 0; i < 80; ++i) notes(1u << 20, static_cast<char>('a' + i % 26));
  CHECK(store.zoo.history().size() < 70);
  CHECK(store.zoo.history().size() > 50);
  std::vector<ZooRecord> many;
  for (int i = 0; i < 9; ++i) {
    many.push_back(store.add(std::to_string(i), static_cast<float>(i)));
    many.back().notes = std::string(1u << 20, 'x');
  }
  store.zoo.update(many);
  for (auto& one : many) one.notes.clear();
  store.zoo.update(many);
  CHECK_FALSE(store.zoo.history().front().reversible);
  CHECK(testing::error_id([&] { store.zoo.undo(); }) == "undo.refused");
}

}  // namespace weightloom
