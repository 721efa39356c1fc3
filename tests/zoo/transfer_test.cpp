#include "weightloom/zoo/transfer.hpp"

#include <catch2/catch.hpp>

#include "error_id.hpp"
#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

class Checkpoints {
 public:
  Checkpoints() : zoo(Zoo::create(folder / "zoo")) { fs::create_directories(root() / "sub"); }
  fs::path root() const { return folder / "checkpoints"; }
  void write(const std::string& name, float value) const {
    write_safetensors(root() / name, {{"w", test::tensor_of(4, value)}});
  }
  ImportResult import(const ImportOptions& options = {}) {
    return import_networks(zoo, files_to_import({root().string()}), options);
  }
  test::TemporaryFolder folder;
  Zoo zoo;
};

std::vector<std::string> names(const std::vector<ImportFile>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(file.name);
  return out;
}

std::vector<std::string> names(const ImportPlan& plan) {
  return names(plan.files);
}

std::vector<std::string> ids(const std::vector<LeftOut>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(file.id);
  return out;
}

ImportPlan one(const fs::path& path, const std::string& name) {
  return {{{path, name, {}}}, {}, {}};
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("folders and globs give the networks in them, named after their files", "[zoo]") {
  const Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  checkpoints.write("sub/b.safetensors", 2);
  test::write_quickly(checkpoints.root() / "readme.txt", "x");
  const auto root = checkpoints.root().string();
  CHECK(names(files_to_import({root})) == Names{"a", "sub/b"});
  CHECK(names(files_to_import({root}, "zoo")) == Names{"zoo/a", "zoo/sub/b"});
  CHECK(names(files_to_import({root + "/sub/*"})) == Names{"b"});
  CHECK(names(files_to_import({root + "/a.safetensors"}, "best")) == Names{"best"});
  CHECK(testing::error_id([&] { files_to_import({root + "/none"}); }) == "import.no_file");
  CHECK(testing::error_id([&] { files_to_import({root + "/none*"}); }) == "import.nothing");
}

TEST_CASE("a sharded set is one network", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("m-00001-of-00001.safetensors", 1);
  test::write_quickly(checkpoints.root() / "m.safetensors.index.json",
                      R"({"weight_map":{"w":"m-00001-of-00001.safetensors"}})");
  CHECK(checkpoints.import().stored.size() == 1);
  CHECK(checkpoints.zoo.get("m").parameters == 4);
  CHECK(checkpoints.import().skipped.size() == 1);
}

TEST_CASE("shards that are named one by one are one network, and the same file twice is taken once", "[zoo]") {
  Checkpoints checkpoints;
  const auto root = checkpoints.root();
  const auto one_name = (root / "m-00001-of-00002.safetensors").string(),
             other_name = (root / "m-00002-of-00002.safetensors").string();
  write_safetensors(one_name, {{"v", test::tensor_of(1, 1)}});
  write_safetensors(other_name, {{"w", test::tensor_of(1, 2)}});
  checkpoints.write("a.safetensors", 3);
  const auto single = (root / "a.safetensors").string();
  CHECK(names(files_to_import({one_name, other_name})) == Names{"m-00001-of-00002"});
  CHECK(names(files_to_import({one_name})).empty());
  CHECK(ids(files_to_import({one_name}).refused) == Names{"weights.incomplete_set"});
  test::write_quickly(root / "m.safetensors.index.json",
                      R"({"weight_map":{"v":"m-00001-of-00002.safetensors","w":"m-00002-of-00002.safetensors"}})");
  CHECK(names(files_to_import({single, one_name, other_name, (root / "m.safetensors.index.json").string()})) ==
        Names{"a", "m"});
  const auto plan = files_to_import({root.string(), single, (root / "sub" / ".." / "a.safetensors").string()});
  CHECK(names(plan) == Names{"a", "m"});
  CHECK(ids(plan.passed_over) == Names{"import.same_file", "import.same_file"});
}

TEST_CASE("of the hub's cache only the snapshots are searched", "[zoo]") {
  const Checkpoints checkpoints;
  const auto repository = checkpoints.root() / "models--o--n";
  for (const char* folder : {"blobs", "refs", "snapshots/aaa"}) fs::create_directories(repository / folder);
  const std::string blob(40, 'a');
  checkpoints.write("models--o--n/blobs/" + blob, 1);
  fs::create_symlink("../../blobs/" + blob, repository / "snapshots/aaa/model.safetensors");
  const auto plan = files_to_import({checkpoints.root().string()});
  CHECK(names(plan) == Names{"models--o--n/snapshots/aaa/model"});
  CHECK(ids(plan.passed_over) == Names{"import.hub_blobs"});
}

TEST_CASE("what was exported is a whole network, whatever it is called", "[zoo]") {
  Checkpoints checkpoints;
  float value = 0;
  for (const char* name : {"blobs/z", "snapshots/y", "m-00001-of-00002", "n-00001-of-00002", "n-00002-of-00002"}) {
    auto record = test::record_named(name);
    ++value;
    const TensorMap tensors{{"w" + std::to_string(value), test::tensor_of(4, value)}};
    describe_weights(record, tensors);
    const auto file = checkpoints.root() / (record.name + ".safetensors");
    fs::create_directories(file.parent_path());
    write_network(file, record, tensors);
  }
  auto set = test::record_named("set");
  const TensorMap tensors{{"a", test::tensor_of(4, 8)}, {"b", test::tensor_of(4, 9)}};
  describe_weights(set, tensors);
  write_network_set(checkpoints.root() / "set.safetensors", set, tensors, "canonical", 16);
  fs::remove(checkpoints.root() / "set.safetensors.index.json");
  const auto result = checkpoints.import();
  CHECK(result.refused.empty());
  CHECK(names(result.imported) == Names{"blobs/z", "m-00001-of-00002", "n-00001-of-00002", "n-00002-of-00002",
                                        "set-00001-of-00002", "snapshots/y"});
}

TEST_CASE("a file of metadata alone is stored as it is", "[zoo]") {
  Checkpoints checkpoints;
  write_safetensors(checkpoints.root() / "empty.safetensors", {});
  checkpoints.write("a.safetensors", 1);
  const auto result = checkpoints.import();
  CHECK(result.refused.empty());
  CHECK(names(result.imported) == Names{"a", "empty"});
}

TEST_CASE("a time that a record cannot have is not taken, and told", "[zoo]") {
  Checkpoints checkpoints;
  for (const char* time : {"2999-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2024-05-06T07:08:09Z"}) {
    auto record = test::record_named("n");
    record.created = time;
    const TensorMap tensors{{"w", test::tensor_of(4, 1)}};
    describe_weights(record, tensors);
    write_network(checkpoints.root() / "n.safetensors", record, tensors);
    const auto result =
        import_networks(checkpoints.zoo, one(checkpoints.root() / "n.safetensors", std::string("at ") + time), {});
    const bool taken = checkpoints.zoo.get(std::string("at ") + time).created == time;
    CHECK(taken == (*time == '2' && time[1] == '0'));
    CHECK(result.warnings.empty() == taken);
  }
}

TEST_CASE("a folder's weights files are found whatever they are called", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("a.bin", 1);
  checkpoints.write("sub/b", 2);
  test::write_quickly(checkpoints.root() / "notes", "some text that is no header");
  const auto stored = checkpoints.import().stored;
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].name == "a.bin");
  CHECK(stored[1].name == "sub/b");
}

TEST_CASE("a named file that is no weights file is refused", "[zoo]") {
  Checkpoints checkpoints;
  const auto path = (checkpoints.root() / "notes.txt").string();
  test::write_quickly(path, "some text that is no header");
  CHECK(testing::error_id([&] { import_networks(checkpoints.zoo, files_to_import({path}), {}); }) ==
        "weights.unknown_format");
}

TEST_CASE("an import states the given facts and its source, and is skipped the second time", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  ImportOptions options;
  options.facts = test::record_named("");
  const auto first = checkpoints.import(options);
  REQUIRE(first.stored.size() == 1);
  CHECK(first.stored[0].dataset == "mnist");
  CHECK(first.stored[0].metrics.at("test_accuracy") == 0.9);
  CHECK(first.stored[0].source.at("sha256").get<std::string>().size() == 64);
  const auto second = checkpoints.import(options);
  CHECK(second.stored.empty());
  CHECK(names(second.skipped) == Names{"a"});
  checkpoints.write("a.safetensors", 2);
  CHECK(testing::error_id([&] { checkpoints.import(); }) == "zoo.name_taken");
}

TEST_CASE("one bad file of several is told, and the others are stored", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  test::write_quickly(checkpoints.root() / "b.safetensors", "garbage that is no header");
  checkpoints.write("c.safetensors", 3);
  ImportOptions dry;
  dry.dry_run = true;
  for (const auto& options : {dry, ImportOptions()}) {
    CHECK(checkpoints.zoo.size() == 0);
    const auto result = checkpoints.import(options);
    CHECK(names(result.imported) == Names{"a", "c"});
    REQUIRE(ids(result.refused) == Names{"safetensors.header_too_large"});
    CHECK(result.refused[0].path.filename() == "b.safetensors");
  }
  CHECK(checkpoints.zoo.size() == 2);
}

TEST_CASE("two files may not get one name", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  checkpoints.write("sub/a.safetensors", 2);
  const auto plan =
      files_to_import({(checkpoints.root() / "a.safetensors").string(), (checkpoints.root() / "sub").string()});
  const auto result = import_networks(checkpoints.zoo, plan, {});
  CHECK(result.stored.size() == 1);
  CHECK(ids(result.refused) == Names{"import.same_name"});
}

TEST_CASE("a folder is brought up to date: what is new is stored, what changed is refused or replaced", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  checkpoints.write("b.safetensors", 2);
  checkpoints.import();
  const auto old = checkpoints.zoo.get("a");
  checkpoints.zoo.set_alias("best", "a");
  checkpoints.write("a.safetensors", 3);
  checkpoints.write("c.safetensors", 4);
  auto result = checkpoints.import();
  CHECK(names(result.skipped) == Names{"b"});
  CHECK(names(result.imported) == Names{"c"});
  CHECK(ids(result.refused) == Names{"zoo.name_taken"});
  ImportOptions options;
  options.replace = true;
  result = checkpoints.import(options);
  CHECK(names(result.replaced) == Names{"a"});
  CHECK(result.refused.empty());
  const auto record = checkpoints.zoo.get("best");
  CHECK(record.name == "a");
  CHECK(checkpoints.zoo.weights(record).at("w").f32()[0] == 3);
  REQUIRE(record.parents.size() == 1);
  CHECK(record.parents[0].kind == "replaces");
  CHECK(record.parents[0].parent == old.id);
  CHECK(checkpoints.zoo.size() == 3);
  CHECK(checkpoints.zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("facts of what is stored already are added to it", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  checkpoints.import();
  ImportOptions options;
  options.facts.metrics = {{"loss", 2}};
  CHECK(names(checkpoints.import(options).updated) == Names{"a"});
  CHECK(checkpoints.zoo.get("a").metrics.at("loss") == 2);
  CHECK(names(checkpoints.import(options).skipped) == Names{"a"});
}

TEST_CASE("importing the same bytes again mends damaged weights", "[zoo]") {
  Checkpoints checkpoints;
  write_safetensors(checkpoints.root() / "a.safetensors", {{"w", test::tensor_of(1 << 18, 1)}});
  const auto record = checkpoints.import().stored.at(0);
  const auto object = checkpoints.folder / "zoo" / "objects" / record.tensors[0].object.substr(0, 2) /
                      record.tensors[0].object.substr(2);
  for (const bool lost : {true, false}) {
    if (lost)
      fs::remove(object);
    else
      test::write_quickly(object, std::string(1 << 20, 'x'));
    CHECK_FALSE(checkpoints.zoo.is_sound(record));
    CHECK(names(checkpoints.import().mended) == Names{"a"});
    CHECK(checkpoints.zoo.is_sound(record));
  }
  test::write_quickly(object, std::string(1 << 20, 'x'));
  import_networks(checkpoints.zoo, one(checkpoints.root() / "a.safetensors", "again"), {});
  CHECK(checkpoints.zoo.is_sound(record));
  CHECK(checkpoints.zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("weights that were stored under other names are not mended with the wrong ones", "[zoo]") {
  Checkpoints checkpoints;
  write_safetensors(checkpoints.root() / "a.safetensors", {{"w", test::tensor_of(1 << 18, 1)}});
  ImportOptions options;
  options.to_canonical = [](const NetworkFile& file, auto&) { return TensorMap{{"canonical", file.tensors.at("w")}}; };
  options.facts.tags = {"first"};
  const auto record = checkpoints.import(options).stored.at(0);
  fs::remove(checkpoints.folder / "zoo" / "objects" / record.tensors[0].object.substr(0, 2) /
             record.tensors[0].object.substr(2));
  CHECK(testing::error_id([&] { checkpoints.import(); }) == "import.other_weights");
  options.facts.tags = {"second"};
  CHECK(names(checkpoints.import(options).mended) == Names{"a"});
  CHECK(checkpoints.zoo.get("a").tags == std::set<std::string>{"first", "second"});
}

TEST_CASE("what a file says beside its tensors goes with the network", "[zoo]") {
  Checkpoints checkpoints;
  const std::map<std::string, std::string> metadata{{"format", "pt"}, {"licence", "apache-2.0"}};
  write_safetensors(checkpoints.root() / "a.safetensors", {{"w", test::tensor_of(4, 1)}}, metadata);
  const auto record = checkpoints.import().stored.at(0);
  CHECK(record.source.at("metadata").at("licence") == "apache-2.0");
  const auto path = checkpoints.root() / "out";
  write_network(path, record, checkpoints.zoo.weights(record));
  const auto file = read_network(path);
  CHECK(file.metadata == metadata);
  CHECK(file.record.value().source.at("path") == "a.safetensors");
}

TEST_CASE("a folder that cannot be searched is named, and links to folders are not followed", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  fs::create_directory_symlink(checkpoints.root(), checkpoints.root() / "sub" / "loop");
  fs::create_symlink("nowhere", checkpoints.root() / "gone.safetensors");
  fs::create_symlink("self", checkpoints.root() / "self");
  fs::create_directories(checkpoints.root() / ".git");
  checkpoints.write(".git/b.safetensors", 2);
  const auto plan = files_to_import({checkpoints.root().string()});
  CHECK(names(plan) == Names{"a"});
  CHECK(ids(plan.refused) == Names{"import.not_a_file"});
  CHECK(ids(plan.passed_over) == Names{"import.linked_folder"});
}

TEST_CASE("a glob's star stays in its folder, two stars go through folders", "[zoo]") {
  const Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  checkpoints.write("sub/b.safetensors", 2);
  const auto root = checkpoints.root().string();
  CHECK(names(files_to_import({root + "/*.safetensors"})) == Names{"a"});
  CHECK(names(files_to_import({root + "/*/*.safetensors"})) == Names{"sub/b"});
  CHECK(names(files_to_import({root + "/**/*.safetensors"})) == Names{"a", "sub/b"});
  CHECK(names(files_to_import({root + "/**"})) == Names{"a", "sub/b"});
  CHECK(testing::error_id([&] { files_to_import({root + "/x**"}); }) == "import.nothing");
  // What cannot match is not looked into.
  fs::create_directory_symlink(checkpoints.root(), checkpoints.root() / "sub" / "loop");
  CHECK(files_to_import({root + "/*.safetensors"}).passed_over.empty());
  CHECK(files_to_import({root + "/**/*.safetensors"}).passed_over.size() == 1);
}

TEST_CASE("facts that a zoo does not take keep one file out", "[zoo]") {
  Checkpoints checkpoints;
  auto record = test::record_named("net");
  record.tags = {"a\nb"};
  write_network(checkpoints.root() / "bad", record, {{"w", test::tensor_of(4, 1)}});
  checkpoints.write("good.safetensors", 2);
  const auto result = checkpoints.import();
  CHECK(names(result.imported) == Names{"good"});
  CHECK(ids(result.refused) == Names{"zoo.bad_record"});
}

TEST_CASE("an exported network comes back with equal objects and its facts", "[zoo]") {
  Checkpoints checkpoints;
  const auto original = test::add_one(checkpoints.zoo, test::network("net"));
  const auto path = checkpoints.root() / "net.safetensors";
  write_network(path, original, checkpoints.zoo.weights(original));
  const auto copy = import_networks(checkpoints.zoo, one(path, "copy"), {}).stored.at(0);
  CHECK(copy.weights_hash == original.weights_hash);
  CHECK(copy.architecture == original.architecture);
  CHECK(copy.config == original.config);
  CHECK(copy.metrics == original.metrics);
  CHECK(copy.id != original.id);
}

TEST_CASE("facts in a file are not believed when its tensors are others", "[zoo]") {
  Checkpoints checkpoints;
  const auto original = test::add_one(checkpoints.zoo, test::network("net"));
  const auto path = checkpoints.root() / "net.safetensors";
  write_network(path, original, {{"w", test::tensor_of(4, 9)}});
  CHECK(import_networks(checkpoints.zoo, one(path, "other"), {}).stored.at(0).architecture.empty());
}

TEST_CASE("a written network is read back with its whole record", "[zoo]") {
  const test::TemporaryFolder folder;
  auto record = test::record_named("net");
  record.recipe = {{"steps", 3}};
  record.parents = {{"fine-tuned-from", "0123"}};
  const TensorMap tensors{{"foreign.w", test::tensor_of(4, 1)}};
  write_network(folder / "net", record, tensors, "torchvision");
  const auto file = read_network(folder / "net");
  REQUIRE(file.record);
  CHECK(to_json(*file.record) == to_json(record));
  CHECK(file.dialect == "torchvision");
  CHECK(file.format == "safetensors");
  CHECK(weights_hash(file.tensors) == weights_hash(tensors));
}

TEST_CASE("a record that never was in a zoo gets the hash of what it is written with", "[zoo]") {
  const test::TemporaryFolder folder;
  const TensorMap tensors{{"w", test::tensor_of(4, 1)}};
  write_network(folder / "net", test::record_named("net"), tensors);
  CHECK(read_network(folder / "net").record.value().weights_hash == weights_hash(tensors));
}

TEST_CASE("a record in foreign metadata without any hash is not believed", "[zoo]") {
  const test::TemporaryFolder folder;
  const auto record = to_json(test::record_named("net")).dump();
  for (const auto& text : {record, std::string("no record"), std::string("[]"), std::string(R"({"tags":1})")}) {
    write_safetensors(folder / "net", {{"w", test::tensor_of(4, 1)}}, {{"weightloom.record", text}});
    CHECK_FALSE(read_network(folder / "net").record);
  }
}

TEST_CASE("of a record that cannot be read in one field the others are kept, and a warning says so", "[zoo]") {
  Checkpoints checkpoints;
  const TensorMap tensors{{"w", test::tensor_of(4, 1)}};
  const auto write = [&](const std::string& name, const std::string& record) {
    write_safetensors(checkpoints.root() / name, tensors, {{"weightloom.record", record}});
  };
  ZooRecord record;
  record.notes = "precious";
  record.architecture = "mlp";
  record.weights_hash = weights_hash(tensors);
  auto json = to_json(record);
  json["metrics"] = {{"acc", "NaN"}};
  json["plugin_version"] = 1;
  write("a.safetensors", json.dump());
  write("b.safetensors", "{cut");
  json["weights_hash"] = "another";
  write("c.safetensors", json.dump());
  const auto result = checkpoints.import();
  CHECK(checkpoints.zoo.get("a").notes == "precious");
  CHECK(checkpoints.zoo.get("a").architecture.empty());
  CHECK(checkpoints.zoo.get("c").notes.empty());
  REQUIRE(result.warnings.size() == 4);
  CHECK(result.warnings[0].find("'plugin_version'") != std::string::npos);
  CHECK(result.warnings[1].find("'metrics'") != std::string::npos);
  CHECK(result.warnings[2].find("cannot be read") != std::string::npos);
  CHECK(result.warnings[3].find("other tensors") != std::string::npos);
}

TEST_CASE("a record that nests without end is not believed", "[zoo]") {
  const test::TemporaryFolder folder;
  const TensorMap tensors{{"w", test::tensor_of(4, 1)}};
  auto record = to_json(test::record_named("net"));
  record["weights_hash"] = weights_hash(tensors);
  record["recipe"] = "HERE";
  std::string text = record.dump();
  text.replace(text.find("\"HERE\""), 6, std::string(100'000, '[') + std::string(100'000, ']'));
  write_safetensors(folder / "net", tensors, {{"weightloom.record", text}});
  CHECK_FALSE(read_network(folder / "net").record);
}

TEST_CASE("a record whose texts are no UTF-8 is written with replacements", "[zoo]") {
  const test::TemporaryFolder folder;
  auto record = test::record_named("net");
  record.notes = "mod\xE8les";
  record.source = {{"path", "/tmp/\xFF"}};
  write_network(folder / "net", record, {{"w", test::tensor_of(4, 1)}});
  const auto read = read_network(folder / "net").record.value();
  CHECK(read.notes == "mod\uFFFDles");
  CHECK(read.source.at("path") == "\uFFFD");  // the name alone
}

TEST_CASE("an array whose file name is no name for a tensor is refused", "[zoo]") {
  Checkpoints checkpoints;
  const auto path = checkpoints.root() / "a\x1b[2K.npy";
  write_npy(path, test::tensor_of(4, 1));
  CHECK(testing::error_id([&] { import_networks(checkpoints.zoo, one(path, "net"), {}); }) == "zoo.bad_tensor");
  CHECK(checkpoints.zoo.size() == 0);
}

TEST_CASE("a record is not believed when the tensors were changed after it was written", "[zoo]") {
  const test::TemporaryFolder folder;
  write_network(folder / "net", test::record_named("net"), {{"w", test::tensor_of(4, 1)}});
  write_safetensors(folder / "other", {{"w", test::tensor_of(4, 2)}}, read_safetensors(folder / "net").metadata);
  CHECK(read_network(folder / "net").record);
  CHECK_FALSE(read_network(folder / "other").record);
}

TEST_CASE("foreign tensors are stored without their record unless they are converted", "[zoo]") {
  Checkpoints checkpoints;
  const auto path = checkpoints.root() / "net";
  const auto record = test::record_named("net");
  write_network(path, record, {{"foreign", test::tensor_of(4, 1)}}, "torchvision");
  ImportOptions options;
  CHECK(import_networks(checkpoints.zoo, one(path, "as it is"), options).stored.at(0).architecture.empty());
  options.to_canonical = [](const NetworkFile& file, auto&) { return TensorMap{{"w", file.tensors.at("foreign")}}; };
  CHECK(import_networks(checkpoints.zoo, one(path, "converted"), options).stored.at(0).architecture ==
        record.architecture);
}

TEST_CASE("a conversion decides what is stored", "[zoo]") {
  Checkpoints checkpoints;
  checkpoints.write("a.safetensors", 1);
  ImportOptions options;
  options.to_canonical = [](const NetworkFile& file, auto&) { return TensorMap{{"canonical", file.tensors.at("w")}}; };
  CHECK(checkpoints.import(options).stored.at(0).tensors.at(0).name == "canonical");
}

}  // namespace weightloom
