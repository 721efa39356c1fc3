// Queries that the index of facts narrows give what a look at every record gives.

#include "fact_index.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

using test::TemporaryFolder;
using Words = std::vector<std::string>;

const Words& numbers() {
  static const Words all{"-1", "-0.5", "0", "0.5", "1", "2", "1e300"};
  return all;
}

template <class T>
const T& any_of(const std::vector<T>& values, Random& random) {
  return values[random.below(values.size())];
}

void randomize(ZooRecord& record, Random& random) {
  static const Words architectures{"", "mlp", "org.a.mlp", "org.b.cnn", "c.n.n"}, datasets{"", "mnist", "mnist[1,2]"},
      tags{"a", "aa", "b c", "\xc3\xa4"};
  static const std::vector<double> values{
      -std::numeric_limits<double>::infinity(), -1, -0.5, -0.0, 0, 0.5, 1, 2, 1e300};
  record.architecture = any_of(architectures, random);
  record.dataset = any_of(datasets, random);
  record.family = random.below(2) ? "f" : "";
  record.tags.clear();
  for (auto n = random.below(3); n > 0; --n) record.tags.insert(any_of(tags, random));
  record.metrics = {{"m", any_of(values, random)}};
  if (random.below(2)) record.metrics["mm"] = any_of(values, random);
}

std::string random_term(Random& random) {
  static const Words operators{"=", "!=", "<", "<=", ">", ">="},
      texts{"arch=mlp",    "arch=org.a.mlp", "arch=n",        "arch in (cnn, mlp)",
            "arch:m*",     "arch!=mlp",      "dataset=mnist", "dataset=\"\"",
            "family=f",    "tag:a",          "tag:a*",        "tag:\"b c\"",
            "has(family)", "name=n3",        "name=alias",    "name in (n3, n4, n3)",
            "name:n1*"};
  if (random.below(2)) return any_of(texts, random);
  const auto field = any_of(Words{"m", "mm", "params", "created"}, random);
  if (field == "params") return "params" + any_of(operators, random) + any_of(Words{"12", "13", "14"}, random);
  if (field == "created")
    return "created" + any_of(Words{"<", ">"}, random) + any_of(Words{"7d", "2000-01-01"}, random);
  if (random.below(4) == 0) return field + " in (" + any_of(numbers(), random) + ", " + any_of(numbers(), random) + ")";
  return field + any_of(operators, random) + any_of(numbers(), random);
}

std::string random_query(Random& random) {
  auto text = random_term(random);
  for (auto n = random.below(3); n > 0; --n) {
    const auto term = random_term(random);
    const auto kind = random.below(6);
    text += (kind == 0 ? " or " : kind == 1 ? " and not " : " and ") + term;
  }
  return text;
}

Words named(const Zoo& zoo, const Query& query) {
  Words out;
  for (const auto& one : zoo.summaries(query)) out.push_back(one.name);
  return out;
}

Words looked_through(const Zoo& zoo, const Query& query) {
  Words out;
  for (const auto& record : zoo.all())
    if (matches(query, record)) out.push_back(record.name);
  return out;
}

void change_at_random(Zoo& zoo, Random& random, int& made) {
  const auto all = zoo.all();
  auto record = all[random.below(all.size())];
  switch (random.below(7)) {
    case 0:
      zoo.remove(record.name, random.below(2) ? Removal::kToTrash : Removal::kForGood);
      break;
    case 1:
      zoo.rename(record.name, "n" + std::to_string(++made));
      break;
    case 2:
      zoo.undo();
      break;
    case 3:
      if (const auto trash = zoo.trash(); !trash.empty() && !zoo.contains(trash[0].name)) zoo.undelete(trash[0].id);
      break;
    default:
      randomize(record, random);
      zoo.update(record);
  }
}

void fill(Zoo& zoo, Random& random, int networks, int& made) {
  for (int i = 0; i < networks; ++i) {
    ++made;
    auto one = test::network("n" + std::to_string(made), static_cast<float>(made));
    randomize(one.first, random);
    test::add_one(zoo, std::move(one));
  }
}

Words kinds_found(const Zoo& zoo) {
  Words out;
  for (const auto& finding : zoo.verify(VerifyLevel::kQuick)) out.push_back(finding.kind);
  return out;
}

}  // namespace

TEST_CASE("the index narrows random queries to what a look at every record finds, after random changes", "[zoo]") {
  const TemporaryFolder folder;
  Random random(7);
  int made = 0;
  {
    auto zoo = Zoo::create(folder / "zoo");
    fill(zoo, random, 60, made);
    for (int round = 0; round < 12; ++round) {
      for (int i = 0; i < 8; ++i) change_at_random(zoo, random, made);
      fill(zoo, random, 2, made);
      for (int i = 0; i < 40; ++i) {
        const auto query = parse_query(random_query(random));
        INFO(query.text);
        const auto all = looked_through(zoo, query);
        CHECK(named(zoo, query) == all);
        const auto limit = 1 + random.below(12);
        const auto first = zoo.list(parse_query(query.text, "", limit), {});
        CHECK(first.matched == all.size());
        REQUIRE(first.networks.size() == std::min<std::size_t>(limit, all.size()));
        for (std::size_t at = 0; at < first.networks.size(); ++at) CHECK(first.networks[at].name == all[at]);
      }
    }
    CHECK(kinds_found(zoo).empty());
  }
  const Database database(folder / "zoo" / "db", Database::Mode::kRead);
  CHECK(is_indexed(database));
  CHECK(index_sum(database) == expected_index_sum(database));
  CHECK(index_sum(database).keys > 300);
  CHECK(has_names(database));
  database.scan(Family::kIndex, "", [&](auto key, auto name) {
    const auto row = database.get(Family::kRow, key.substr(key.size() - 16));
    CHECK((row && name == index_value(*row)));
    return true;
  });
}

TEST_CASE("a query that many networks satisfy is answered from all rows, a narrower one from the index", "[zoo]") {
  const TemporaryFolder folder;
  {
    auto zoo = Zoo::create(folder / "zoo");
    std::vector<std::pair<ZooRecord, TensorMap>> networks;
    for (int i = 0; i < 1'500; ++i) {
      networks.push_back(test::network("n" + std::to_string(i), static_cast<float>(i)));
      networks.back().first.metrics = {{"m", i}};
    }
    zoo.add(std::move(networks));
    CHECK(zoo.summaries(parse_query("dataset=mnist and arch=mlp")).size() == 1'500);
    CHECK(zoo.summaries(parse_query("dataset=mnist and m>1489")).size() == 10);
    const auto most = zoo.summaries(parse_query("m>=520", "m"));  // looked up by several threads
    REQUIRE(most.size() == 980);
    for (std::size_t i = 0; i < most.size(); ++i) CHECK(most[i].metrics.at("m") == 520 + static_cast<double>(i));
  }
  const Database database(folder / "zoo" / "db", Database::Mode::kRead);
  const auto narrowed = [&](const char* text, bool names_do = false) -> std::optional<std::size_t> {
    const auto found = narrow(database, *parse_query(text).where, names_do);
    return found ? std::optional(found->networks.size()) : std::nullopt;
  };
  CHECK(narrowed("dataset=mnist and arch=mlp", true) == 1'500);
  CHECK(narrowed("m>=100 and dataset=mnist", true) == 1'400);
  CHECK(!narrowed("m>=100 and has(notes)", true));
  CHECK(!narrowed("dataset=mnist and arch=mlp"));
  CHECK(!narrowed("m!=3"));
  CHECK(!narrowed("m=3 or m=4"));
  CHECK(narrowed("dataset=mnist and m>1489 and not m=1495") == 10);
  CHECK(narrowed("m>=520") == 980);
  CHECK(narrowed("name=n7") == 1);
  CHECK(narrowed("name=n7 and dataset=mnist") == 1);
  CHECK(narrowed("name in (n7, n8, n7)") == 2);
  CHECK(narrowed("dataset in (mnist, mnist) and m in (3, 3, 4)") == 2);
  CHECK(narrowed("tag:bad") == 0);
}

TEST_CASE("a store without an index is read as it is, and gets one when it is written", "[zoo]") {
  const TemporaryFolder folder;
  Random random(8);
  int made = 0;
  {
    auto zoo = Zoo::create(folder / "zoo");
    fill(zoo, random, 30, made);
  }
  {
    // As schema 3 was.
    std::vector<std::string> families;
    const auto path = (folder / "zoo" / "db").string();
    REQUIRE(rocksdb::DB::ListColumnFamilies({}, path, &families).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const auto& family : families) descriptors.emplace_back(family, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    REQUIRE(rocksdb::DB::Open({}, path, descriptors, &handles, &db).ok());
    REQUIRE(families.back() == "index");
    CHECK(db->Put({}, "schema", "3").ok());
    CHECK(db->Delete({}, "indexed").ok());
    CHECK(db->DropColumnFamily(handles.back()).ok());
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }
  const auto check = [&](const Zoo& zoo) {
    CHECK(kinds_found(zoo).empty());
    for (const char* text : {"arch=mlp", "m>0", "tag:a and m<=0.5"})
      CHECK(named(zoo, parse_query(text)) == looked_through(zoo, parse_query(text)));
  };
  check(Zoo::open(folder / "zoo", Zoo::Access::kRead));
  check(Zoo::open(folder / "zoo", Zoo::Access::kWrite));
  check(Zoo::open(folder / "zoo", Zoo::Access::kRead));
  const Database database(folder / "zoo" / "db", Database::Mode::kRead);
  CHECK(is_indexed(database));
  CHECK(index_sum(database) == expected_index_sum(database));
}

TEST_CASE("an index without names narrows as it is, and gets them when it is written", "[zoo]") {
  const TemporaryFolder folder;
  Random random(10);
  int made = 0;
  {
    auto zoo = Zoo::create(folder / "zoo");
    fill(zoo, random, 40, made);
  }
  {
    // As programs before wrote it.
    Database database(folder / "zoo" / "db", Database::Mode::kWrite);
    auto batch = database.batch();
    database.scan(Family::kIndex, "", [&](auto key, auto) { return batch.put(Family::kIndex, key, ""), true; });
    batch.put(Family::kDefault, "indexed", "1");
    database.write(batch);
  }
  const auto check = [&](const Zoo& zoo) {
    CHECK(kinds_found(zoo).empty());
    const auto all = looked_through(zoo, parse_query("arch=mlp"));
    REQUIRE(all.size() > 3);
    const auto first = zoo.list(parse_query("arch=mlp", "", 3), {});
    CHECK(first.matched == all.size());
    for (std::size_t i = 0; i < 3; ++i) CHECK(first.networks[i].name == all[i]);
  };
  check(Zoo::open(folder / "zoo", Zoo::Access::kRead));
  CHECK(!has_names(Database(folder / "zoo" / "db", Database::Mode::kRead)));
  check(Zoo::open(folder / "zoo", Zoo::Access::kWrite));
  check(Zoo::open(folder / "zoo", Zoo::Access::kRead));
  CHECK(has_names(Database(folder / "zoo" / "db", Database::Mode::kRead)));
}

TEST_CASE("an index that lacks an entry, or has one too many, is found and made anew", "[zoo]") {
  const TemporaryFolder folder;
  Random random(9);
  int made = 0;
  {
    auto zoo = Zoo::create(folder / "zoo");
    fill(zoo, random, 30, made);
  }
  const bool lacks = GENERATE(true, false);
  {
    Database database(folder / "zoo" / "db", Database::Mode::kWrite);
    std::string any;
    database.scan(Family::kIndex, "", [&](auto key, auto) { return any = key, false; });
    auto batch = database.batch();
    if (lacks)
      batch.erase(Family::kIndex, any);
    else
      batch.put(Family::kIndex, any + "x", "");
    database.write(batch);
  }
  CHECK(kinds_found(Zoo::open(folder / "zoo", Zoo::Access::kRead)) == Words{"bad-index"});
  CHECK(Zoo::repair(folder / "zoo") == Repairs{"made the index of facts anew"});
  CHECK(kinds_found(Zoo::open(folder / "zoo", Zoo::Access::kRead)).empty());
}

}  // namespace weightloom
