#include "weightloom/zoo/zoo.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/zoo/place.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

using test::add_one;
using test::network;

class EmptyZoo {
 public:
  EmptyZoo() : zoo(Zoo::create(folder / "zoo")) {}
  void reopen(Zoo::Access access) {
    { const Zoo closed = std::move(zoo); }
    zoo = Zoo::open(folder / "zoo", access);
  }
  test::TemporaryFolder folder;
  Zoo zoo;
};

template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kFailure, "none", "no error");
}

std::vector<std::string> names(const std::vector<ZooRecord>& records) {
  std::vector<std::string> out;
  for (const auto& record : records) out.push_back(record.name);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what is added is there after reopening, for readers and writers", "[zoo]") {
  EmptyZoo store;
  const auto stored = add_one(store.zoo, network("a/1"));
  CHECK(stored.parameters == 13);
  CHECK(stored.bytes == 52);
  CHECK(stored.id.size() == 32);
  for (const auto access : {Zoo::Access::kRead, Zoo::Access::kWrite}) {
    store.reopen(access);
    const auto record = store.zoo.get("a/1");
    CHECK(to_json(record) == to_json(stored));
    const auto tensors = store.zoo.weights(record);
    CHECK(tensors.at("a.weight").bytes == network("").second.at("a.weight").bytes);
    CHECK(weights_hash(tensors) == record.weights_hash);
  }
}

TEST_CASE("a tensor of a MiB or more becomes a file named by its hash", "[zoo]") {
  EmptyZoo store;
  auto one = network("large");
  one.second["large"] = test::tensor_of(1 << 18, 2);
  const auto record = add_one(store.zoo, one);
  for (const auto& tensor : record.tensors) {
    const auto path = store.folder / "zoo" / "objects" / tensor.object.substr(0, 2) / tensor.object.substr(2);
    CHECK(std::filesystem::exists(path) == (tensor.name == "large"));
  }
  CHECK(store.zoo.weights(record).at("large").bytes == one.second["large"].bytes);
}

TEST_CASE("equal tensors are stored once and live as long as anyone uses them", "[zoo]") {
  EmptyZoo store;
  for (const char* name : {"one", "two"}) {
    auto twin = network(name);
    twin.second["large"] = test::tensor_of(1 << 18, 2);
    add_one(store.zoo, twin);
  }
  store.zoo.remove("one");
  CHECK(store.zoo.weights(store.zoo.get("two")).size() == 3);
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
  store.zoo.remove("two");
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
  CHECK(store.zoo.all().empty());
}

TEST_CASE("an add is all or nothing", "[zoo]") {
  EmptyZoo store;
  add_one(store.zoo, network("taken"));
  const auto error = error_of([&] { store.zoo.add({network("new", 5), network("taken", 6)}); });
  CHECK(error.id() == "zoo.name_taken");
  CHECK(names(store.zoo.all()) == Names{"taken"});
  CHECK(error_of([&] { store.zoo.add({network("twice"), network("twice")}); }).id() == "zoo.name_taken");
  auto broken = network("broken");
  broken.second["a.bias"].bytes.pop_back();
  CHECK(error_of([&] { store.zoo.add({network("new", 5), broken}); }).id() == "zoo.bad_tensor");
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
  CHECK(names(store.zoo.all()) == Names{"taken"});
}

TEST_CASE("tensors whose names could steer a terminal or not be exported are refused", "[zoo]") {
  EmptyZoo store;
  for (const auto& name : {std::string(), std::string("a\nb"), std::string("\x1b[2K"), std::string("\u202ea"),
                           std::string("\xFF"), std::string(1025, 'n')})
    CHECK(error_of([&] {
            store.zoo.add({{test::record_named("a"), {{name, test::tensor_of(1, 0)}}}});
          }).id() == "zoo.bad_tensor");
  CHECK(store.zoo.size() == 0);
}

TEST_CASE("settings are UTF-8, keys and texts", "[zoo]") {
  EmptyZoo store;
  for (const Json& settings : {Json{{"list", {"\xFF"}}}, Json{{"\xFF", 1}}}) {
    auto one = network("a");
    one.first.hyperparameters = settings;
    CHECK(error_of([&] { store.zoo.add({one}); }).id() == "zoo.bad_record");
  }
}

TEST_CASE("what is no text in a source is kept and not shown", "[zoo]") {
  EmptyZoo store;
  auto one = network("a");
  one.first.hyperparameters = {{"list", {"\n\u00e4"}}};
  one.first.source = {{"sha256", 1}};
  add_one(store.zoo, one);
  CHECK(store.zoo.get("a").hyperparameters == one.first.hyperparameters);
  CHECK(store.zoo.summaries().at(0).source.empty());
}

TEST_CASE("settings nest and number no more than can be read again", "[zoo]") {
  EmptyZoo store;
  const auto nested = [](int levels) {
    Json value = 1;
    for (int i = 0; i < levels; ++i) value = Json{{"a", value}};
    return value;
  };
  auto one = network("a");
  one.first.hyperparameters = nested(30);
  add_one(store.zoo, one);
  CHECK(store.zoo.get("a").hyperparameters == one.first.hyperparameters);
  CHECK(store.zoo.history().size() == 1);
  for (const int levels : {31, 64, 300}) {
    one.first.hyperparameters = nested(levels);
    CHECK_THROWS_WITH(expect_storable(one.first), Catch::Contains("nests more than 30 levels"));
  }
  one.first.hyperparameters = {{"list", Json(std::vector<int>(10'000, 1))}};
  CHECK_NOTHROW(expect_storable(one.first));
  one.first.hyperparameters["one more"] = 1;
  CHECK_THROWS_WITH(expect_storable(one.first), Catch::Contains("more than 10000 values"));
}

TEST_CASE("a name is expected to be free where adding would refuse it", "[zoo]") {
  EmptyZoo store;
  add_one(store.zoo, network("a"));
  store.zoo.expect_free("b");
  CHECK(error_of([&] { store.zoo.expect_free("a"); }).id() == "zoo.name_taken");
  CHECK(error_of([&] { store.zoo.expect_free("a/"); }).id() == "zoo.bad_name");
}

TEST_CASE("names that would confuse people or files are refused", "[zoo]") {
  EmptyZoo store;
  for (const auto& name : {std::string(), std::string("a\nb"), std::string("/a"), std::string("a/"),
                           std::string("\xFF"), std::string(1025, 'n'), std::string("-"), std::string(32, 'a'),
                           std::string("*"), std::string("**"), std::string("?*"), std::string("*/*")})
    CHECK(error_of([&] { add_one(store.zoo, network(name)); }).id() == "zoo.bad_name");
}

TEST_CASE("a network answers to its id, name, alias and id prefix", "[zoo]") {
  EmptyZoo store;
  auto first = network("svhn/best"), second = network("other");
  first.first.id = std::string(8, 'a') + std::string(24, '1');
  second.first.id = std::string(8, 'a') + std::string(24, '2');
  store.zoo.add({first, second});
  store.zoo.set_alias("svhn/best@champion", "svhn/best");
  for (const auto& reference : {first.first.id, std::string("svhn/best"), std::string("svhn/best@champion"),
                                std::string("aaaaaaaa1"), std::string("aaaaaaaa11")})
    CHECK(store.zoo.get(reference).name == "svhn/best");
  CHECK(store.zoo.aliases(first.first.id) == Names{"svhn/best@champion"});
  CHECK(error_of([&] { store.zoo.get("aaaa"); }).code() == ErrorCode::kAmbiguous);
  CHECK(error_of([&] { store.zoo.get("aaa"); }).code() == ErrorCode::kNotFound);
  const auto missing = error_of([&] { store.zoo.get("svhn/bset"); });
  CHECK(missing.code() == ErrorCode::kNotFound);
  CHECK(missing.hint() == "did you mean 'svhn/best'?");
}

TEST_CASE("names and aliases share one set, and an alias goes alone", "[zoo]") {
  EmptyZoo store;
  store.zoo.add({network("a"), network("b", 5)});
  store.zoo.set_alias("prod", "a");
  CHECK(error_of([&] { add_one(store.zoo, network("prod", 6)); }).id() == "zoo.name_taken");
  CHECK(error_of([&] { store.zoo.rename("b", "prod"); }).id() == "zoo.name_taken");
  CHECK(error_of([&] { store.zoo.set_alias("b", "a"); }).id() == "zoo.name_taken");
  CHECK(error_of([&] { store.zoo.remove("prod"); }).id() == "zoo.is_alias");
  CHECK(error_of([&] { store.zoo.rename("prod", "c"); }).id() == "zoo.is_alias");
  store.zoo.set_alias("prod", "b");
  CHECK(store.zoo.get("prod").name == "b");
  CHECK(error_of([&] { store.zoo.remove_alias("b"); }).id() == "zoo.no_alias");
  CHECK(error_of([&] { store.zoo.remove_alias("prdo"); }).hint() == "did you mean 'prod'?");
  store.zoo.remove_alias("prod");
  CHECK_FALSE(store.zoo.knows("prod"));
  CHECK(store.zoo.size() == 2);
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("aliases are found by query", "[zoo]") {
  EmptyZoo store;
  store.zoo.add({network("a"), network("b", 5), network("c", 7)});
  store.zoo.set_alias("svhn/best", "a");
  store.zoo.set_alias("mnist/best", "b");
  CHECK(names(store.zoo.find(parse_query("alias=svhn/best"))) == Names{"a"});
  CHECK(names(store.zoo.find(parse_query("alias:*/best"))) == Names{"a", "b"});
  CHECK(names(store.zoo.find(parse_query("not has(alias)"))) == Names{"c"});
  CHECK(names(store.zoo.find(parse_query("alias!=svhn/best"))) == Names{"b"});
  CHECK(error_of([&] { store.zoo.find(parse_query("", "alias")); }).id() == "query.sort");
}

TEST_CASE("metrics that are called like other things are asked for in quotes", "[zoo]") {
  EmptyZoo store;
  for (const std::string metric : {"size", "top 5", "f1-score", "a(b)", "not", "config.x", "name"}) {
    auto one = network("with " + metric);
    one.first.metrics = {{metric, 5}};
    add_one(store.zoo, one);
    CHECK(names(store.zoo.find(parse_query("\"" + metric + "\" = 5"))) == Names{"with " + metric});
    CHECK(names(store.zoo.find(parse_query("", "\"" + metric + "\"", 1))) == Names{"with " + metric});
  }
}

TEST_CASE("facts that mean nothing or could steer a terminal are refused", "[zoo]") {
  EmptyZoo store;
  const auto refused = [&](const std::function<void(ZooRecord&)>& change) {
    auto one = network("a");
    change(one.first);
    return error_of([&] { add_one(store.zoo, one); }).id() == "zoo.bad_record";
  };
  CHECK(refused([](auto& record) { record.split = "heldout"; }));
  CHECK(refused([](auto& record) { record.dataset = "mnist\x1b[2K"; }));
  CHECK(refused([](auto& record) { record.family = "\xFF"; }));
  CHECK(refused([](auto& record) { record.tags = {""}; }));
  CHECK(refused([](auto& record) { record.tags = {"a\nb"}; }));
  CHECK(refused([](auto& record) { record.tags = {" a"}; }));
  CHECK(refused([](auto& record) { record.metrics = {{"", 1}}; }));
  CHECK(refused([](auto& record) { record.metrics = {{std::string(257, 'm'), 1}}; }));
  CHECK(refused([](auto& record) { record.metrics = {{"loss", NAN}}; }));
  CHECK(refused([](auto& record) { record.notes = "a\rb"; }));
  CHECK(refused([](auto& record) { record.parents = {{"", "x"}}; }));
  CHECK(refused([](auto& record) { record.created = "yesterday"; }));
  CHECK(refused([](auto& record) { record.config = Json::array(); }));
  CHECK(refused([](auto& record) { record.hyperparameters = {{"a", std::string(2u << 20, 'x')}}; }));
  CHECK_FALSE(refused([](auto& record) { record.notes = "two\n\tlines, d\xC3\xA9j\xC3\xA0 vu"; }));
}

TEST_CASE("many small sessions leave few files, and the room of what is removed comes back", "[zoo]") {
  EmptyZoo store;
  const auto files = [&] {
    const fs::directory_iterator at(store.folder / "zoo" / "db"), end;
    return std::distance(at, end);
  };
  for (int i = 0; i < 60; ++i) {
    auto one = network(std::to_string(i), static_cast<float>(i));
    one.second["w"] = test::tensor_of(25'000, static_cast<float>(i));
    add_one(store.zoo, one);
    store.reopen(Zoo::Access::kWrite);
  }
  CHECK(files() < 60);
  std::vector<std::string> all;
  for (const auto& record : store.zoo.all()) all.push_back(record.id);
  store.zoo.remove(all, Removal::kForGood);
  store.reopen(Zoo::Access::kRead);
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(store.folder / "zoo"))
    if (entry.is_regular_file()) bytes += entry.file_size();
  CHECK(bytes < 1'000'000);
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("records are found by query, in natural order or as asked, up to a limit", "[zoo]") {
  EmptyZoo store;
  for (int i : {10, 2, 1}) {
    auto one = network("m" + std::to_string(i), static_cast<float>(i));
    one.first.metrics["loss"] = i;
    add_one(store.zoo, one);
  }
  CHECK(names(store.zoo.all()) == Names{"m1", "m2", "m10"});
  CHECK(names(store.zoo.find(parse_query("loss<5", "loss:desc"))) == Names{"m2", "m1"});
  CHECK(names(store.zoo.find(parse_query("", "loss", 1))) == Names{"m1"});
  CHECK(store.zoo.summaries(parse_query("name=m2")).front().metrics.at("loss") == 2);
  CHECK(store.zoo.size() == 3);
}

TEST_CASE("records without the sorted field come last, whichever way", "[zoo]") {
  EmptyZoo store;
  auto measured = network("z");
  measured.first.metrics["loss"] = 1;
  store.zoo.add({network("a", 3), measured});
  CHECK(names(store.zoo.find(parse_query("", "loss"))) == Names{"z", "a"});
  CHECK(names(store.zoo.find(parse_query("", "loss:desc"))) == Names{"z", "a"});
}

TEST_CASE("a field that no record has is a mistake, and the nearest one is named", "[zoo]") {
  EmptyZoo store;
  CHECK(store.zoo.find(parse_query("tset_accuracy>1")).empty());
  add_one(store.zoo, network("a"));
  const auto error = error_of([&] { store.zoo.find(parse_query("arch=mlp and tset_accuracy>1")); });
  CHECK(error.id() == "query.unknown_field");
  CHECK(error.why().find("did you mean 'test_accuracy'?") != std::string::npos);
  CHECK(error.why().find("\n               ^") != std::string::npos);
  CHECK(error_of([&] { store.zoo.find(parse_query("", "tset_accuracy")); }).id() == "query.unknown_field");
  CHECK(error_of([&] { store.zoo.find(parse_query("", "name:up")); }).id() == "query.sort");
}

TEST_CASE("metadata changes and renames reach every index", "[zoo]") {
  EmptyZoo store;
  auto record = add_one(store.zoo, network("a"));
  record.tags = {"new"};
  record.metrics["loss"] = 2;
  record.name = "ignored";
  store.zoo.update(record);
  CHECK(names(store.zoo.find(parse_query("tag:new and loss=2"))) == Names{"a"});
  store.zoo.rename("a", "b");
  CHECK_FALSE(store.zoo.contains("a"));
  CHECK(names(store.zoo.find(parse_query("name=b"))) == Names{"b"});
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("lineage is walked both ways and used in queries", "[zoo]") {
  EmptyZoo store;
  const auto root = add_one(store.zoo, network("root"));
  auto child = network("child", 1), grandchild = network("grandchild", 2);
  child.first.parents = {{"fine-tuned-from", root.id}};
  const auto stored_child = add_one(store.zoo, child);
  grandchild.first.parents = {{"fine-tuned-from", stored_child.id}, {"generated-by", std::string(64, 'a')}};
  const auto stored_grandchild = add_one(store.zoo, grandchild);
  CHECK(names(store.zoo.ancestors(stored_grandchild.id)) == Names{"child", "root"});
  CHECK(names(store.zoo.descendants(root.id)) == Names{"child", "grandchild"});
  CHECK(names(store.zoo.find(parse_query("descendant(root)"))) == Names{"child", "grandchild"});
  CHECK(names(store.zoo.find(parse_query("ancestor(grandchild) and not name=root"))) == Names{"child"});
  CHECK(names(store.zoo.find(parse_query("generated_by(aaaa)"))) == Names{"grandchild"});
  CHECK(error_of([&] { store.zoo.find(parse_query("ancestor(nobody)")); }).code() == ErrorCode::kNotFound);
  store.zoo.remove("child");
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("token streams belong to one network and one tokenizer", "[zoo]") {
  EmptyZoo store;
  const auto record = add_one(store.zoo, network("a"));
  const std::string tokenizer(64, 'a');
  const std::string payload("\0\1tokens", 8);
  store.zoo.put_tokens({{record.id, {tokenizer, record.weights_hash, payload}}});
  CHECK(store.zoo.tokens(record.id, tokenizer)->payload == payload);
  CHECK(store.zoo.tokens(record.id, tokenizer)->weights_hash == record.weights_hash);
  CHECK_FALSE(store.zoo.tokens(record.id, std::string(64, 'b')));
  CHECK(error_of([&] {
          store.zoo.put_tokens({{std::string(32, '0'), {tokenizer, tokenizer, ""}}});
        }).code() == ErrorCode::kNotFound);
  store.zoo.remove("a");
  CHECK_FALSE(store.zoo.tokens(record.id, tokenizer));
}

TEST_CASE("of two that make a zoo in one folder the second is refused, and leaves the first alone", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  CHECK(error_of([&] { Zoo::create(folder / "zoo"); }).id() == "zoo.exists");
  add_one(zoo, network("a"));
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
  CHECK(error_of([&] { Zoo::repair(folder / "none"); }).code() == ErrorCode::kNoStore);
  CHECK(error_of([&] { Zoo::repair(folder.path()); }).code() == ErrorCode::kNoStore);
  CHECK_FALSE(fs::exists(folder / "store.lock"));
}

TEST_CASE("verifying beside a writer finds no damage", "[zoo]") {
  EmptyZoo store;
  add_one(store.zoo, network("a"));
  const auto reader = Zoo::open(store.folder / "zoo", Zoo::Access::kRead);
  add_one(store.zoo, network("b", 4));
  CHECK(reader.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("folders that hold no zoo, or something else, are refused", "[zoo]") {
  const test::TemporaryFolder folder;
  CHECK(error_of([&] { Zoo::open(folder / "none", Zoo::Access::kRead); }).code() == ErrorCode::kNoStore);
  CHECK(error_of([&] { Zoo::open(folder.path(), Zoo::Access::kWrite); }).code() == ErrorCode::kNoStore);
  test::write_quickly(folder / "file", "x");
  CHECK(error_of([&] { Zoo::create(folder.path()); }).id() == "zoo.exists");
  CHECK(error_of([&] { Zoo::create(folder / "file"); }).id() == "zoo.exists");
}

TEST_CASE("a zoo whose making was interrupted is none, and can be made again", "[zoo]") {
  const test::TemporaryFolder folder;
  const auto path = folder / "zoo";
  fs::create_directories(path / "objects" / "incoming");
  test::write_quickly(path / "store.lock", "");
  const auto none = error_of([&] { Zoo::open(path, Zoo::Access::kRead); });
  CHECK(none.id() == "zoo.no_store");
  fs::create_directories(path / "db.creating");
  test::write_quickly(path / "db.creating" / "MANIFEST-000001", "half");
  test::write_quickly(path / "ledger", "half");
  const auto begun = error_of([&] { Zoo::open(path, Zoo::Access::kWrite); });
  CHECK(begun.id() == "zoo.no_store");
  CHECK(begun.hint().find("zoo init") != std::string::npos);
  auto zoo = Zoo::create(path);
  add_one(zoo, network("a"));
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
  CHECK_FALSE(fs::exists(path / "db.creating"));
}

TEST_CASE("a zoo that has lost its database is damaged, and nothing is made in its place", "[zoo]") {
  for (const char* lost : {"db/CURRENT", "db"}) {
    EmptyZoo store;
    add_one(store.zoo, network("a"));
    { const Zoo closed = std::move(store.zoo); }
    const auto path = store.folder / "zoo";
    fs::remove_all(path / lost);
    for (const auto access : {Zoo::Access::kRead, Zoo::Access::kWrite})
      CHECK(error_of([&] { Zoo::open(path, access); }).code() == ErrorCode::kDamaged);
    CHECK(error_of([&] { Zoo::repair(path); }).code() == ErrorCode::kDamaged);
    CHECK(error_of([&] { Zoo::create(path); }).id() == "zoo.exists");
    store.zoo = Zoo::create(store.folder / "another");
  }
}

TEST_CASE("a zoo that comes without its empty folders is whole", "[zoo]") {
  EmptyZoo store;
  add_one(store.zoo, network("a"));
  { const Zoo closed = std::move(store.zoo); }
  fs::remove_all(store.folder / "zoo" / "objects");
  store.zoo = Zoo::open(store.folder / "zoo", Zoo::Access::kRead);
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
  store.reopen(Zoo::Access::kWrite);
  add_one(store.zoo, {test::record_named("large"), {{"w", test::tensor_of(1 << 18, 2)}}});
  CHECK(store.zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("nothing foreign is put into a zoo's own folders", "[zoo]") {
  EmptyZoo store;
  const auto path = store.folder / "zoo";
  for (const char* inside : {"objects", "objects/in", "db/x/y", "growing/z"}) {
    CHECK(error_of([&] { expect_outside_zoos(path / inside); }).id() == "zoo.own_folder");
    CHECK(error_of([&] { Zoo::create(path / inside); }).id() == "zoo.own_folder");
  }
  for (const char* outside : {"", "exports/a", "../objects/a"}) CHECK_NOTHROW(expect_outside_zoos(path / outside));
}

TEST_CASE("a second writer is told who holds the lock; readers come in beside it", "[zoo]") {
  EmptyZoo store;
  add_one(store.zoo, network("a"));
  const auto error = error_of([&] { Zoo::open(store.folder / "zoo", Zoo::Access::kWrite); });
  CHECK(error.code() == ErrorCode::kLocked);
  CHECK(error.why().find("pid " + std::to_string(::getpid())) != std::string::npos);
  CHECK(error.why().find("zoo_test") != std::string::npos);
  CHECK(names(Zoo::open(store.folder / "zoo", Zoo::Access::kRead).all()) == Names{"a"});
}

TEST_CASE("a lock is told where its owner's text says nothing", "[zoo]") {
  EmptyZoo store;
  for (const auto& text : {std::string("{\"pid\":\"x\"}"), std::string("{\"pid\":1}"), std::string(100'000, '[')}) {
    test::write_quickly(store.folder / "zoo" / "store.lock", text);
    const auto error = error_of([&] { Zoo::open(store.folder / "zoo", Zoo::Access::kWrite); });
    CHECK(error.code() == ErrorCode::kLocked);
    CHECK(error.why() == "another process is writing it");
  }
}

TEST_CASE("the lock of a dead writer does not bind", "[zoo]") {
  EmptyZoo store;
  { const Zoo closed = std::move(store.zoo); }
  const pid_t child = ::fork();
  if (child == 0) {
    const auto zoo = Zoo::open(store.folder / "zoo", Zoo::Access::kWrite);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  store.zoo = Zoo::open(store.folder / "zoo", Zoo::Access::kWrite);
  CHECK(store.zoo.all().empty());
}

TEST_CASE("a zoo opened for reading cannot be changed", "[zoo]") {
  EmptyZoo store;
  add_one(store.zoo, network("a"));
  store.reopen(Zoo::Access::kRead);
  CHECK(error_of([&] { add_one(store.zoo, network("b")); }).id() == "zoo.read_only");
  CHECK(error_of([&] { store.zoo.remove("a"); }).id() == "zoo.read_only");
}

TEST_CASE("readers leave no trace in the store", "[zoo]") {
  EmptyZoo store;
  add_one(store.zoo, network("a"));
  { const Zoo closed = std::move(store.zoo); }
  const auto entries = [&] {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store.folder / "zoo"))
      out.insert(entry.path().string());
    return out;
  };
  const auto before = entries();
  CHECK(Zoo::open(store.folder / "zoo", Zoo::Access::kRead).all().size() == 1);
  CHECK(entries() == before);
  store.zoo = Zoo::open(store.folder / "zoo", Zoo::Access::kWrite);
}

}  // namespace weightloom
