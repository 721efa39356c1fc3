// Whatever is flipped, cut or lost below a zoo: what was stored is there, or verifying says that it is not.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>

#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

using Content = std::map<std::string, std::string>;  // names and aliases to what they stand for; trash and history

Content content_of(const fs::path& store) {
  const auto zoo = Zoo::open(store, Zoo::Access::kRead);
  Content content;
  for (const auto& record : zoo.all()) {
    content[record.name] = to_json(record).dump() + weights_hash(zoo.weights(record));
    for (const auto& alias : zoo.aliases(record.id)) content[alias] = record.name;
  }
  for (const auto& network : zoo.trash()) content["trash/" + network.id] = network.name;
  for (const auto& step : zoo.history()) content["step/" + std::to_string(step.number)] = step.operation;
  return content;
}

void make_zoo(const fs::path& path) {
  {
    auto zoo = Zoo::create(path);
    for (int i = 0; i < 6; ++i) {
      auto one = test::network("n" + std::to_string(i), static_cast<float>(i));
      if (i % 3 == 0) one.second["large"] = test::tensor_of((1 << 18) + static_cast<std::size_t>(i), 2);
      test::add_one(zoo, one);
    }
  }
  auto zoo = Zoo::open(path, Zoo::Access::kWrite);
  zoo.set_alias("best", "n2");
  zoo.rename("n3", "three");
  zoo.remove("n4");
  auto record = zoo.get("n5");
  record.notes = "changed";
  zoo.update(record);
  zoo.rename("n5", "passing");
  zoo.undo();
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// Says what it did.
std::string damage(const fs::path& file, Random& random) {
  const auto size = fs::file_size(file);
  const auto kind = size == 0 ? 4 : random.below(5);
  if (kind == 4) {
    fs::remove(file);
    return "lost";
  }
  auto content = read_file(file);
  const auto at = static_cast<std::size_t>(random.below(size));
  if (kind == 3)
    content.resize(at);
  else
    content[at] = static_cast<char>(content[at] ^ (1 << random.below(8)));
  test::write_quickly(file, content);
  return (kind == 3 ? "cut at " : "bit flipped at ") + std::to_string(at);
}

void try_damages(int rounds, std::uint64_t seed) {
  const test::TemporaryFolder folder;
  make_zoo(folder / "zoo");
  const auto whole = content_of(folder / "zoo");
  REQUIRE(whole.size() == 6 + 1 + 12);  // names and an alias; n4; six added, six changed
  Random random(seed);
  int noticed = 0;
  for (int round = 0; round < rounds; ++round) {
    fs::remove_all(folder / "copy");
    fs::copy(folder / "zoo", folder / "copy", fs::copy_options::recursive);
    const auto files = files_of(folder / "copy");
    const auto file = files[static_cast<std::size_t>(random.below(files.size()))];
    const auto what = damage(file, random);
    CAPTURE(file.string(), what);
    bool damaged = false;
    try {
      for (const auto& finding : Zoo::open(folder / "copy", Zoo::Access::kRead).verify(VerifyLevel::kDeep)) {
        CHECK(finding.kind.find("orphan") == std::string::npos);
        damaged |= finding.damage;
      }
    } catch (const Error& error) {
      CHECK((error.code() == ErrorCode::kDamaged || error.code() == ErrorCode::kNoStore ||
             error.code() == ErrorCode::kRefused));
      damaged = true;
    }
    if (!damaged) {
      CHECK(content_of(folder / "copy") == whole);
      CHECK_NOTHROW(Zoo::open(folder / "copy", Zoo::Access::kWrite).undelete("n4"));
    }
    noticed += damaged;
  }
  CHECK(noticed > rounds / 3);
}

}  // namespace

TEST_CASE("no damage of a single file goes unnoticed", "[zoo]") {
  try_damages(60, 1);
}

TEST_CASE("what damaged tables still tell is kept by a repair, and the rest comes back with the same weights",
          "[zoo]") {
  const test::TemporaryFolder folder;
  std::map<std::string, std::pair<ZooRecord, TensorMap>> networks;
  {
    auto zoo = Zoo::create(folder / "zoo");
    for (int i = 0; i < 30; ++i) {
      auto one = test::network("n" + std::to_string(i), static_cast<float>(i));
      one.second["inside"] = test::tensor_of(400 + static_cast<std::size_t>(i), 2);
      networks[one.first.name] = one;
      test::add_one(zoo, std::move(one));
    }
  }
  std::size_t repaired = 0;
  for (const auto& table : files_of(folder / "zoo" / "db")) {
    if (table.extension() != ".sst") continue;
    const auto size = fs::file_size(table);
    const std::array places{std::uintmax_t{20}, size / 2, size * 9 / 10, size - 20};
    for (const auto at : {places[repaired % 4], places[(repaired + 1) % 4]}) {
      fs::remove_all(folder / "copy");
      fs::copy(folder / "zoo", folder / "copy", fs::copy_options::recursive);
      const auto damaged = folder / "copy" / "db" / table.filename();
      auto content = read_file(damaged);
      content[at] = static_cast<char>(content[at] ^ 16);
      test::write_quickly(damaged, content);
      CAPTURE(table.string(), size, at);
      Zoo::repair(folder / "copy");
      ++repaired;
      {
        auto zoo = Zoo::open(folder / "copy", Zoo::Access::kWrite);
        std::set<std::string> told;
        for (const auto& finding : zoo.verify(VerifyLevel::kDeep)) {
          CHECK(finding.kind != "database");
          told.insert(finding.networks.begin(), finding.networks.end());
        }
        for (const auto& [name, network] : networks) {
          if (!zoo.contains(name))
            test::add_one(zoo, network);
          else if (told.contains(name))
            zoo.mend(zoo.get(name), network.second);
          else
            CHECK(weights_hash(zoo.weights(zoo.get(name))) == weights_hash(network.second));
        }
      }
      for (const auto& finding : Zoo::open(folder / "copy", Zoo::Access::kRead).verify(VerifyLevel::kDeep))
        CHECK(!finding.damage);
    }
  }
  CHECK(repaired > 12);
}

TEST_CASE("a thousand damages of single files", "[.soak]") {
  try_damages(1000, 2);
}

}  // namespace weightloom
