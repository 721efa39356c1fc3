// Facts from tables and sidecars, which may be hostile.

#include "weightloom/zoo/facts.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "error_id.hpp"
#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

class Table {
 public:
  std::vector<FactRow> read(const std::string& text) const {
    test::write_quickly(folder / "facts.csv", text);
    return read_facts(folder / "facts.csv");
  }
  // What is said of the refusal, or "none".
  std::string refusal(const std::string& text) const {
    try {
      read(text);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kRefused);
      return error.id() + ": " + error.why();
    }
    return "none";
  }
  test::TemporaryFolder folder;
};

using Names = std::vector<std::string>;

std::vector<std::string> ids(const std::vector<LeftOut>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) out.push_back(file.id);
  return out;
}

}  // namespace

TEST_CASE("a table says all facts of networks, one a line", "[zoo]") {
  const Table table;
  const auto rows = table.read(
      "\xEF\xBB\xBFname,dataset,family,split,notes,tags,arch,parent,test_accuracy,metric:top "
      "5,hyper.seed,hyper.opt.name,"
      "config.depth\r\n"
      "a,mnist,f,train,\"two\r\nlines, and \"\"quotes\"\"\",x;y,mlp,p:kind;q,0.5,1e-3,3,adam,2\r\n"
      "\r\n"
      "\"b,c\",,,,,,,,,,,,");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].name == "a");
  CHECK(rows[0].where == "line 2");
  const auto& facts = rows[0].facts;
  CHECK(facts.dataset == "mnist");
  CHECK(facts.family == "f");
  CHECK(facts.split == "train");
  CHECK(facts.notes == "two\nlines, and \"quotes\"");
  CHECK(facts.tags == std::set<std::string>{"x", "y"});
  CHECK(facts.architecture == "mlp");
  CHECK(facts.config == Json{{"depth", 2}});
  CHECK(facts.parents.at(1).parent == "q");
  CHECK(facts.metrics == std::map<std::string, double>{{"test_accuracy", 0.5}, {"top 5", 1e-3}});
  CHECK(facts.hyperparameters == Json{{"seed", 3}, {"opt", {{"name", "adam"}}}});
  CHECK(rows[1].name == "b,c");
  CHECK(rows[1].where == "line 5");
  CHECK(rows[1].facts.metrics.empty());
}

TEST_CASE("what a table means nothing by is refused where it stands", "[zoo]") {
  const Table table;
  CHECK(table.refusal("") == "facts.csv: line 1, column 1: there is no line of column names");
  CHECK(table.refusal("dataset\nx\n") == "facts.column: line 1, column 1: no column is called `name` or `path`");
  CHECK(table.refusal("name,a,a\n").starts_with("facts.column: line 1, column 8: "));
  CHECK(table.refusal("name,,a\n").starts_with("facts.column: line 1, column 6: "));
  CHECK(table.refusal("name,metrics\n").ends_with("call the column 'metric:NAME'"));
  CHECK(table.refusal("name,a\nn,1\nn,2\n") == "facts.value: line 3, column 1: 'n' stands there a second time");
  CHECK(table.refusal("name,a\nn\n") == "facts.value: line 2, column 1: it has 1 cells, the table 2 columns");
  CHECK(table.refusal("name,path\nn,p\n").starts_with("facts.value: line 2, column 1: "));
  CHECK(table.refusal("name,path\n,\n").starts_with("facts.value: line 2, column 1: "));
  CHECK(table.refusal("name,datset\nn,mnist\n").ends_with("did you mean the column 'dataset'?"));
  for (const std::string number : {"x", "1x", "nan", "inf", "1e999", " 1", "0x1", "1,5\""})
    CHECK(table.refusal("name,loss\nn," + number + "\n").find("line 2, column ") != std::string::npos);
  CHECK(table.refusal("name,split\nn,test\n").starts_with("facts.value: line 2, column 1: "));
  CHECK(table.refusal("name,tags\nn,a\x1b[2K\n").starts_with("facts.value: "));
  CHECK(table.refusal("name,notes\nn,\"a\rb\"\n").starts_with("facts.value: "));
  CHECK(table.refusal("name\n\"a\x07\"\n").starts_with("facts.value: "));
  CHECK(table.refusal("name,config.depth\nn,3\n").ends_with("it says `config` without `arch`"));
  CHECK(table.refusal("name,hyper.\nn,3\n").starts_with("facts.value: line 2, column 3: "));
  CHECK(table.refusal("name,hyper.a=b\nn,3\n").starts_with("facts.value: line 2, column 3: "));
  CHECK(table.refusal("name,a\nn,\"1\n2") == "facts.csv: line 2, column 3: the quote that begins here does not end");
  CHECK(table.refusal("name,a\n\"x\ny\",\"1\"z\n").starts_with("facts.csv: line 3, column "));
  CHECK(table.refusal("name,a\nn,x\"y\"\n").starts_with("facts.csv: line 2, column 4: "));
  CHECK(table.refusal("name,a\rn,1\r").starts_with("facts.csv: line 1, column 7: "));
  CHECK(table.refusal("name,a\nn,\xFF\n") == "facts.csv: line 2, column 3: it is not UTF-8");
  CHECK(table.refusal("name" + std::string(20'000, ',')).find("more than 10000 cells") != std::string::npos);
}

TEST_CASE("keys that nest without end, and facts without number, are refused at once", "[zoo]") {
  const Table table;
  std::string deep = "hyper.a";
  for (int i = 1; i < 30; ++i) deep += ".a";
  CHECK(table.refusal("name," + deep + "\nn,1\n") == "none");
  CHECK(table.refusal("name," + deep + ".a\nn,1\n").ends_with("its key nests more than 30 levels"));
  for (int i = 0; i < 60'000; ++i) deep += ".a";
  CHECK(table.refusal("name," + deep + "\nn,1\n").ends_with("its key nests more than 30 levels"));
  CHECK(table.refusal("[{\"name\":\"n\",\"" + deep + "\":1}]").find("more than 30 levels") != std::string::npos);
  CHECK(table.refusal("name,hyper.a\nn,\"" + std::string(31, '[') + std::string(31, ']') + "\"\n")
            .find("more than 30 levels") != std::string::npos);
  Json object = {{"name", "n"}};
  auto& members = object.get_ref<Json::object_t&>();
  for (int i = 0; i < 200'000; ++i) members.emplace_back("hyper." + std::to_string(i), 1);
  CHECK(table.refusal("[" + object.dump() + "]").ends_with("it states more than 10000 facts"));
}

TEST_CASE("line ends of notes are made plain in one go", "[zoo]") {
  const Table table;
  std::string notes, plain;
  for (int i = 0; i < 300'000; ++i) notes += "a\r\n", plain += "a\n";
  CHECK(table.read("name,notes\nn,\"" + notes + "\"\n").at(0).facts.notes == plain);
  CHECK(table.read("name,notes\nn,\"\r\n\r\n\"\n").at(0).facts.notes == "\n\n");
}

TEST_CASE("JSON says the same, in an array or by name", "[zoo]") {
  const Table table;
  const auto rows = table.read(R"([{"name": "a", "metrics": {"loss": 1}, "accuracy": 0.5, "tags": ["x;y"],
                                    "hyper": {"seed": 3}, "parent": ["p", "q"], "notes": null}, {"path": "b.pt"}])");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].facts.metrics == std::map<std::string, double>{{"loss", 1}, {"accuracy", 0.5}});
  CHECK(rows[0].facts.tags == std::set<std::string>{"x;y"});
  CHECK(rows[0].facts.parents.size() == 2);
  CHECK(rows[1].path == "b.pt");
  CHECK(table.read(R"({"a": {"dataset": "mnist"}, "b": {}})").at(0).facts.dataset == "mnist");
  CHECK(table.refusal("[1]") == "facts.value: entry 1: it is not an object");
  CHECK(table.refusal(R"([{"name": "a"}, {"name": "a"}])").starts_with("facts.value: entry 2: "));
  CHECK(table.refusal(R"([{"name": 1}])") == "facts.value: entry 1: 'name': it is not a text");
  CHECK(table.refusal(R"([{"name": "a", "datset": "m"}])").ends_with("did you mean 'dataset'?"));
  CHECK(table.refusal(R"([{"name": "a", "hyper.": 1}])").starts_with("facts.value: entry 1: "));
  CHECK(table.refusal(R"([{"name": "a", "hyper.b..c": 1}])").starts_with("facts.value: entry 1: "));
  CHECK(table.refusal(R"([{"name": "a")").find("line 1, column ") != std::string::npos);
  CHECK(table.refusal("[" + std::string(1000, '[')).starts_with("json.malformed"));
}

TEST_CASE("a fact that is stated twice, however it is called, is refused", "[zoo]") {
  const Table table;
  for (const char* columns : {"acc,metric:acc", "arch,architecture", "tag,tags", "parent,parents"})
    CHECK(table.refusal("name," + std::string(columns) + "\nm,1,1\n").starts_with("facts.column: line 1, column "));
  for (const char* text :
       {R"({"m": {"acc": 0.5}, "m": {"acc": 0.6}})", R"([{"name": "m", "acc": 0.5, "acc": 0.6}])",
        R"({"m": {"name": "n", "acc": 0.5}})", R"([{"name": "m", "acc": 0.1, "metrics": {"acc": 0.2}}])",
        R"([{"name": "m", "hyper": {"": 3}}])", R"([{"name": "m", "hyper": {"a": 1}, "hyper.a": 2}])",
        R"([{"name": "m", "hyper.a": 1, "hyper.a.b": 2}])", R"([{"name": "m", "tag": "x", "tags": "y"}])"})
    CHECK(table.refusal(text).starts_with("facts.value: "));
  CHECK(table.refusal("name,hyper.x,hyper.x.y\nm,1,2\n").starts_with("facts.value: line 2, column 5: "));
  CHECK(table.refusal(R"([{"name": "m", "hyper": {"a": {"b": 1}}, "hyper.a.c": 2}])") == "none");
}

TEST_CASE("a setting has a value or others below it", "[zoo]") {
  ZooRecord record, nested, plain;
  record.hyperparameters = {{"a", 1}};
  nested.hyperparameters = {{"a", {{"b", 2}}}};
  plain.hyperparameters = {{"a", 3}};
  CHECK(testing::error_id([&] { state_facts(record, nested); }) == "settings.conflict");
  state_facts(record, plain);
  CHECK(record.hyperparameters == Json{{"a", 3}});
}

TEST_CASE("any bytes are a table or refused", "[zoo]") {
  const Table table;
  const std::string good = "name,tags,loss,hyper.a,\"metric:b\"\r\n\"n,1\",x;y,0.5,{},1\nm,\"\"\"\",1e-3,\"q\nr\",\n";
  REQUIRE(table.read(good).size() == 2);
  Random random(5);
  const std::string pieces = "\",\n\r;:{}[]\\x\xFF\xEF\xBB\xBF.=0a";
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    auto text = good;
    for (auto changes = 1 + random.below(4); changes > 0; --changes) {
      const auto at = static_cast<std::size_t>(random.below(text.size()));
      const auto piece = pieces[static_cast<std::size_t>(random.below(pieces.size()))];
      if (random.below(2))
        text[at] = piece;
      else
        text.insert(at, 1, piece);
    }
    refused += table.refusal(text) != "none";
  }
  CHECK(refused > 1000);
  CHECK(refused < 3000);
}

TEST_CASE("an import takes facts from tables and sidecars, and names the lines that fit nothing", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  fs::create_directories(folder / "in");
  for (const std::string name : {"a", "b", "c"})
    write_safetensors(folder / "in" / (name + ".safetensors"),
                      {{"w", test::tensor_of(4, static_cast<float>(name[0]))}});
  test::write_quickly(folder / "in" / "b.json",
                      R"({"dataset": "svhn", "family": "beside", "notes": "beside", "hidden_size": 7})");
  test::write_quickly(folder / "facts.csv",
                      "name,path,dataset,family,parent,loss\n"
                      "a,,mnist,,,0.5\n"
                      ",in/b.safetensors,,table,a:distilled-from,\n"
                      "c,,,,z,\n"
                      "zz,,,,,\n");
  ImportOptions options;
  options.rows = read_facts(folder / "facts.csv");
  options.sidecars = true;
  options.facts.notes = "said";
  const auto plan = files_to_import({(folder / "in").string()});
  auto dry = options;
  dry.dry_run = true;
  CHECK(import_networks(zoo, plan, dry).imported.size() == 2);
  const auto result = import_networks(zoo, plan, options);
  REQUIRE(result.stored.size() == 2);
  CHECK(ids(result.refused) == Names{"facts.no_network", "zoo.not_found"});  // the parent z
  CHECK(result.refused[0].why == "line 5: nothing is imported as 'zz'");
  CHECK(result.warnings.size() == 1);
  CHECK(zoo.get("a").metrics.at("loss") == 0.5);
  const auto b = zoo.get("b");
  CHECK(b.dataset == "svhn");
  CHECK(b.family == "table");
  CHECK(b.notes == "said");
  REQUIRE(b.parents.size() == 1);
  CHECK(b.parents[0].kind == "distilled-from");
  CHECK(b.parents[0].parent == zoo.get("a").id);
  CHECK(zoo.descendants(zoo.get("a").id).size() == 1);
  CHECK(zoo.history().size() == 1);  // one import is one step
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("a parent may come later in the same import, and nobody descends from himself", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  for (const std::string name : {"a", "b"})
    write_safetensors(folder / (name + ".safetensors"), {{"w", test::tensor_of(4, static_cast<float>(name[0]))}});
  test::write_quickly(folder / "facts.json", R"({"a": {"parent": "b"}})");
  ImportOptions options;
  options.rows = read_facts(folder / "facts.json");
  import_networks(zoo, files_to_import({(folder / "*.safetensors").string()}), options);
  auto a = zoo.get("a"), b = zoo.get("b");
  CHECK(a.parents.at(0).parent == b.id);
  CHECK(add_parent(b, parent_link(zoo, "a")));
  CHECK_FALSE(add_parent(b, parent_link(zoo, "a:fine-tuned-from")));
  CHECK(testing::error_id([&] { zoo.update(b); }) == "zoo.circle");
  add_parent(a, {"x", a.id});
  CHECK(testing::error_id([&] { zoo.update(a); }) == "zoo.circle");
  CHECK(parent_link(zoo, std::string(64, 'a')).kind == "generated-by");
  CHECK(parent_link(zoo, std::string(64, 'a') + ":tokenized-by").kind == "tokenized-by");
  CHECK(testing::error_id([&] { parent_link(zoo, "nobody:kind"); }) == "zoo.not_found");
  zoo.rename("b", "b:2");
  CHECK(parent_link(zoo, "b:2").parent == b.id);
}

TEST_CASE("numbers that JSON has not keep out nothing but themselves", "[zoo]") {
  const test::TemporaryFolder folder;
  const auto read = [&](const char* text) {
    test::write_quickly(folder / "s.json", text);
    std::vector<std::string> foreign;
    const auto facts = read_sidecar(folder / "s.json", foreign);
    return std::pair(facts.notes, foreign);
  };
  const auto [notes, foreign] = read(R"({"eval": NaN, "log": [{"x": -Infinity}], "notes": "NaN \" Infinity"})");
  CHECK(notes == "NaN \" Infinity");
  CHECK(foreign == std::vector<std::string>{"eval", "log"});
  for (const char* text : {R"({"metrics": {"loss": NaN}})", R"({"notes": NaN})", R"({"hyper": {"lr": Infinity}})",
                           R"({"config.depth": NaN})"})
    CHECK(testing::error_id([&] { read(text); }) == "facts.value");
  CHECK(testing::error_id([&] { read(R"({"notes": NaNo})"); }) == "json.malformed");
}

TEST_CASE("a setting that is said nested and with dots is refused", "[zoo]") {
  const test::TemporaryFolder folder;
  const auto verdict = [&](const char* text) {
    test::write_quickly(folder / "s.json", text);
    std::vector<std::string> foreign;
    return testing::error_id([&] { read_sidecar(folder / "s.json", foreign); });
  };
  CHECK(verdict(R"({"hyper": {"a": {"b": 2}, "a.b": 1}})") == "facts.value");
  CHECK(verdict(R"({"hyper": {"a": {"b": {"c": 2}}, "a.b": {"d": 1}}})") == "facts.value");
  CHECK(verdict(R"({"hyper": {"a.b": 1}, "hyper.a.b": 2})") == "facts.value");
  CHECK(verdict(R"({"hyper": {"a.b": 1, "a": {"c": 2}}})") == "none");
}

TEST_CASE("a sidecar that cannot be read keeps its file out", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  fs::create_directories(folder / "in");
  for (const std::string name : {"a", "b", "c", "d"})
    write_safetensors(folder / "in" / (name + ".safetensors"),
                      {{"w", test::tensor_of(4, static_cast<float>(name[0]))}});
  test::write_quickly(folder / "in" / "b.json", "{");
  test::write_quickly(folder / "in" / "c.json", R"({"metrics": {"loss": "low"}})");
  test::write_quickly(folder / "in" / "d.json", R"([1])");
  const auto plan = files_to_import({(folder / "in").string()});
  ImportOptions options;
  options.sidecars = true;
  CHECK(ids(import_networks(zoo, plan, options).refused) == Names{"json.malformed", "facts.value", "facts.value"});
  CHECK(zoo.size() == 1);
  CHECK(import_networks(zoo, plan, {}).stored.size() == 3);  // unasked, nobody reads them
}

}  // namespace weightloom
