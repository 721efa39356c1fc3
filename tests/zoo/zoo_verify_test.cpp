#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "error_id.hpp"
#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// A closed store with one network that has a large tensor and enough small ones to be flushed to files.
class StoredNetwork {
 public:
  StoredNetwork() {
    auto zoo = Zoo::create(path());
    auto one = test::network("net");
    one.second["large"] = test::tensor_of(1 << 18, 2);
    for (int i = 0; i < 20; ++i)
      one.second["small" + std::to_string(i)] = test::tensor_of(20'000, static_cast<float>(i));
    record_ = test::add_one(zoo, std::move(one));
  }
  fs::path path() const { return folder_ / "zoo"; }
  const ZooRecord& record() const { return record_; }
  fs::path large_file() const {
    for (const auto& tensor : record_.tensors)
      if (tensor.name == "large") return path() / "objects" / tensor.object.substr(0, 2) / tensor.object.substr(2);
    return {};
  }
  std::vector<Finding> verify(VerifyLevel level) const { return Zoo::open(path(), Zoo::Access::kRead).verify(level); }

 private:
  test::TemporaryFolder folder_;
  ZooRecord record_;
};

void flip_byte(const fs::path& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x40);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

}  // namespace

TEST_CASE("a healthy store has no findings at any level", "[zoo]") {
  const StoredNetwork store;
  for (const auto level : {VerifyLevel::kQuick, VerifyLevel::kDefault, VerifyLevel::kDeep})
    CHECK(store.verify(level).empty());
}

TEST_CASE("a lost object file is found by the quick level, with the networks that it hits", "[zoo]") {
  const StoredNetwork store;
  fs::remove(store.large_file());
  const auto findings = store.verify(VerifyLevel::kQuick);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].kind == "missing-object");
  CHECK(findings[0].networks == std::vector<std::string>{"net"});
  CHECK(findings[0].damage);
  CHECK_THROWS_AS(Zoo::open(store.path(), Zoo::Access::kRead).weights(store.record()), Error);
}

TEST_CASE("a cut object file is found by the quick level", "[zoo]") {
  const StoredNetwork store;
  fs::resize_file(store.large_file(), 100);
  CHECK(store.verify(VerifyLevel::kQuick).at(0).kind == "changed-object");
}

TEST_CASE("a flipped byte in an object is found by the deep level and by reading", "[zoo]") {
  const StoredNetwork store;
  flip_byte(store.large_file(), 1000);
  CHECK(store.verify(VerifyLevel::kDefault).empty());
  CHECK(store.verify(VerifyLevel::kDeep).at(0).kind == "changed-object");
  CHECK_THROWS_AS(Zoo::open(store.path(), Zoo::Access::kRead).weights(store.record()), Error);
}

TEST_CASE("a flipped byte in a database file is found by the default level", "[zoo]") {
  const StoredNetwork store;
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(store.path() / "db"))
    if (entry.path().extension() == ".sst" && (largest.empty() || entry.file_size() > fs::file_size(largest)))
      largest = entry.path();
  REQUIRE(!largest.empty());
  flip_byte(largest, fs::file_size(largest) / 2);
  const auto findings = store.verify(VerifyLevel::kDefault);
  REQUIRE(!findings.empty());
  CHECK(findings.front().kind == "database");
}

namespace {

fs::path log_of(const fs::path& store) {
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(store / "db"))
    if (entry.path().extension() == ".log" && (largest.empty() || entry.file_size() > fs::file_size(largest)))
      largest = entry.path();
  return largest;
}

std::vector<std::string> kinds(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings) out.push_back(finding.kind + (finding.damage ? "" : " (harmless)"));
  return out;
}

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("a zoo whose log is missing still has its networks, says so, and is not written until that is accepted",
          "[zoo]") {
  const StoredNetwork store;
  const test::TemporaryFolder copy;
  fs::copy(store.path(), copy / "zoo", fs::copy_options::recursive);
  {
    auto zoo = Zoo::open(copy / "zoo", Zoo::Access::kWrite);
    test::add_one(zoo, test::network("second", 9));
  }
  fs::remove(log_of(copy / "zoo"));
  CHECK(kinds(Zoo::open(copy / "zoo", Zoo::Access::kRead).verify(VerifyLevel::kDeep)) == Kinds{"ledger"});
  CHECK(Zoo::open(copy / "zoo", Zoo::Access::kRead).size() == 2);
  try {
    Zoo::open(copy / "zoo", Zoo::Access::kWrite);
    FAIL("opened");
  } catch (const Error& error) {
    CHECK(error.id() == "zoo.behind");
    CHECK(error.code() == ErrorCode::kDamaged);
  }
  CHECK(Zoo::repair(copy / "zoo") == Repairs{"accepted 2 networks and 2 names as all that there are"});
  CHECK(Zoo::open(copy / "zoo", Zoo::Access::kWrite).verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("a flipped bit in the log is refused, and left out by repair without loss", "[zoo]") {
  const test::TemporaryFolder folder;
  {
    auto zoo = Zoo::create(folder / "zoo");
    for (int i = 0; i < 5; ++i) test::add_one(zoo, test::network(std::to_string(i), static_cast<float>(i)));
  }
  flip_byte(log_of(folder / "zoo"), 1000);
  CHECK_THROWS_AS(Zoo::open(folder / "zoo", Zoo::Access::kRead), Error);
  CHECK_THROWS_AS(Zoo::open(folder / "zoo", Zoo::Access::kWrite), Error);
  CHECK_FALSE(Zoo::repair(folder / "zoo").empty());
  const auto zoo = Zoo::open(folder / "zoo", Zoo::Access::kRead);
  CHECK(zoo.size() == 5);
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("records that are missing are told by the ledger, whatever else agrees", "[zoo]") {
  const test::TemporaryFolder folder;
  {
    auto zoo = Zoo::create(folder / "zoo");
    test::add_one(zoo, test::network("kept"));
  }
  fs::copy(folder / "zoo", folder / "old", fs::copy_options::recursive);
  {
    auto zoo = Zoo::open(folder / "zoo", Zoo::Access::kWrite);
    test::add_one(zoo, test::network("forgotten", 3));
  }
  fs::remove_all(folder / "zoo" / "db");
  fs::copy(folder / "old" / "db", folder / "zoo" / "db", fs::copy_options::recursive);
  const auto findings = Zoo::open(folder / "zoo", Zoo::Access::kRead).verify(VerifyLevel::kQuick);
  REQUIRE(kinds(findings) == Kinds{"ledger"});
  CHECK(findings[0].advice.starts_with("2 networks and 2 names were stored, 1 networks and 1 names are there"));
  CHECK_THROWS_AS(Zoo::open(folder / "zoo", Zoo::Access::kWrite), Error);
}

TEST_CASE("a zoo without its ledger is not written until that is accepted", "[zoo]") {
  for (const char* text : {"", "half of it"}) {
    const StoredNetwork store;
    fs::remove(store.path() / "ledger");
    if (*text) write_file(store.path() / "ledger", text);
    CHECK(kinds(Zoo::open(store.path(), Zoo::Access::kRead).verify(VerifyLevel::kQuick)) == Kinds{"ledger"});
    CHECK(testing::error_id([&] { Zoo::open(store.path(), Zoo::Access::kWrite); }) == "zoo.no_ledger");
    CHECK(kinds(Zoo::open(store.path(), Zoo::Access::kRead).verify(VerifyLevel::kQuick)) == Kinds{"ledger"});
    CHECK(Zoo::repair(store.path()) == Repairs{"accepted 1 networks and 1 names as all that there are"});
    CHECK(Zoo::open(store.path(), Zoo::Access::kWrite).verify(VerifyLevel::kDeep).empty());
  }
}

TEST_CASE("beside a damaged database nothing is called left over", "[zoo]") {
  const StoredNetwork store;
  for (const auto& entry : fs::directory_iterator(store.path() / "db")) {
    if (entry.path().extension() != ".sst") continue;
    flip_byte(entry.path(), 20);
    for (const auto level : {VerifyLevel::kDefault, VerifyLevel::kDeep}) {
      try {
        const auto findings = store.verify(level);
        CHECK(std::ranges::any_of(findings, &Finding::damage));
        for (const auto& finding : findings) CHECK(finding.kind.find("orphan") == std::string::npos);
      } catch (const Error& error) {  // what is needed to open it is damaged
        CHECK(error.code() == ErrorCode::kDamaged);
      }
    }
    CHECK_THROWS_AS(Zoo::open(store.path(), Zoo::Access::kWrite).collect_garbage(), Error);
    flip_byte(entry.path(), 20);
  }
  CHECK(fs::exists(store.large_file()));
  CHECK(store.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("garbage is what no network uses, and goes only when asked", "[zoo]") {
  const StoredNetwork store;
  fs::create_directories(store.path() / "objects" / "00");
  test::write_quickly(store.path() / "objects" / "00" / "stray", "four");
  {
    auto zoo = Zoo::open(store.path(), Zoo::Access::kWrite);
    CHECK(zoo.garbage().files == 1);
    CHECK(zoo.collect_garbage().bytes == 4);
    CHECK(zoo.collect_garbage().files == 0);
    CHECK(zoo.weights(store.record()).size() == store.record().tensors.size());
  }
  CHECK(store.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("what a link in place of an object leads to is neither read, written nor removed", "[zoo]") {
  const StoredNetwork store;
  const auto file = store.large_file(), real = fs::path(file).concat(".real"), foreign = store.path() / "foreign";
  const auto tensors = Zoo::open(store.path(), Zoo::Access::kRead).weights(store.record());
  test::write_quickly(foreign, "precious");
  const auto target = GENERATE_COPY(fs::path("nowhere"), real, foreign);
  CAPTURE(target);
  fs::rename(file, real);
  fs::create_symlink(target, file);
  for (const auto level : {VerifyLevel::kQuick, VerifyLevel::kDeep}) {
    const auto findings = store.verify(level);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].kind == "changed-object");
    CHECK(findings[0].networks == std::vector<std::string>{"net"});
  }
  auto zoo = Zoo::open(store.path(), Zoo::Access::kWrite);
  CHECK(testing::error_id([&] { zoo.collect_garbage(); }) == "zoo.damaged");
  CHECK(testing::error_id([&] { zoo.weights(store.record()); }) == "zoo.object");
  CHECK_FALSE(zoo.is_sound(store.record()));
  zoo.mend(store.record(), tensors);
  CHECK_FALSE(fs::is_symlink(file));
  CHECK(read_file(foreign) == "precious");
  CHECK_FALSE(fs::exists(file.parent_path() / "nowhere"));
  CHECK(zoo.weights(store.record()).size() == tensors.size());
  CHECK(zoo.collect_garbage().files == 1);  // the file that was moved away
  CHECK(store.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("an empty folder in place of an object is damage, and gives way to what mends it", "[zoo]") {
  const StoredNetwork store;
  auto zoo = Zoo::open(store.path(), Zoo::Access::kWrite);
  const auto tensors = zoo.weights(store.record());
  fs::remove(store.large_file());
  fs::create_directory(store.large_file());
  CHECK_FALSE(zoo.is_sound(store.record()));
  zoo.mend(store.record(), tensors);
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("objects behind a linked folder are the zoo's", "[zoo]") {
  const StoredNetwork store;
  const auto folder = store.large_file().parent_path();
  fs::rename(folder, folder.string() + ".real");
  fs::create_symlink(folder.filename().string() + ".real", folder);
  CHECK(store.verify(VerifyLevel::kDeep).empty());
  CHECK(Zoo::open(store.path(), Zoo::Access::kWrite).collect_garbage().files == 0);
  CHECK(store.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("what a killed writer left incomplete is cleared away by the next one", "[zoo]") {
  const StoredNetwork store;
  const auto left = store.path() / "objects" / "incoming" / "ab.tmp.xyz";
  test::write_quickly(left, "x");
  CHECK(store.verify(VerifyLevel::kDeep).empty());
  CHECK(fs::exists(left));
  { const auto zoo = Zoo::open(store.path(), Zoo::Access::kWrite); }
  CHECK_FALSE(fs::exists(left));
}

TEST_CASE("files that belong to nobody are reported as harmless", "[zoo]") {
  const StoredNetwork store;
  fs::create_directories(store.path() / "objects" / "00");
  test::write_quickly(store.path() / "objects" / "00" / "stray.tmp.abc", "x");
  const auto findings = store.verify(VerifyLevel::kQuick);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].kind == "orphan-file");
  CHECK_FALSE(findings[0].damage);
}

}  // namespace weightloom
