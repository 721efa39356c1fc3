// Backups, and one zoo merged into another.

#include <catch2/catch.hpp>
#include <set>

#include "error_id.hpp"
#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/zoo/backup.hpp"
#include "weightloom/zoo/bundle.hpp"
#include "weightloom/zoo/merge.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// A network with a small and a large tensor.
std::pair<ZooRecord, TensorMap> network(const std::string& name, float seed) {
  auto one = test::network(name, seed);
  one.second["large"] = test::tensor_of(300'000, seed);
  return one;
}

// Everything that a zoo tells.
Json contents(const fs::path& path) {
  const auto zoo = Zoo::open(path, Zoo::Access::kRead);
  Json out = Json::array();
  for (const auto& record : zoo.all()) {
    Json tensors;
    for (const auto& [name, tensor] : zoo.weights(record))
      tensors[name] = to_hex(sha256({reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()}));
    Json tokens = Json::array();
    for (const auto& [id, stream] : zoo.all_tokens(record.id)) tokens.push_back({stream.tokenizer, stream.payload});
    out.push_back({to_json(record), zoo.aliases(record.id), tensors, tokens});
  }
  return out;
}

void require_sound(const fs::path& path) {
  for (const auto& finding : Zoo::open(path, Zoo::Access::kRead).verify(VerifyLevel::kDeep)) {
    CAPTURE(finding.kind, finding.object, finding.advice);
    REQUIRE(false);
  }
}

struct Kept {
  test::TemporaryFolder folder;
  fs::path zoo() const { return folder / "zoo"; }
  fs::path backups() const { return folder / "backups"; }

  Kept() {
    auto made = Zoo::create(zoo());
    const auto first = test::add_one(made, network("a", 1));
    auto child = network("b/c", 2);
    child.first.parents = {{"fine-tuned-from", first.id}};
    const auto second = test::add_one(made, child);
    made.set_alias("best", second.id);
    made.put_tokens({{first.id, {std::string(64, 'a'), first.weights_hash, "payload"}}});
  }
  BackupResult back_up(std::size_t keep = 0) const {
    auto open = Zoo::open(zoo(), Zoo::Access::kWrite);
    return weightloom::back_up(open, backups(), {.keep = keep});
  }
  void change(int i) const {
    auto open = Zoo::open(zoo(), Zoo::Access::kWrite);
    test::add_one(open, network("new" + std::to_string(i), static_cast<float>(10 + i)));
    if (i % 2) open.remove("new" + std::to_string(i - 1));
  }
};

void flip(const fs::path& path) {
  auto bytes = read_file(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  write_file(path, bytes);
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace

TEST_CASE("every backup restores the zoo of its time", "[zoo]") {
  const Kept kept;
  std::vector<Json> states;
  for (int i = 0; i < 4; ++i) {
    states.push_back(contents(kept.zoo()));
    const auto result = kept.back_up();
    CHECK(result.backup.id == static_cast<std::uint32_t>(i + 1));
    CHECK((i == 0) == (result.files_shared == 0));
    kept.change(i);
  }
  CHECK(check_backups(kept.backups()).empty());
  REQUIRE(backups(kept.backups()).size() == 4);
  for (std::uint32_t id = 1; id <= 4; ++id) {
    const auto target = kept.folder / ("restored" + std::to_string(id));
    CHECK(restore_backup(kept.backups(), target, id).backup.id == id);
    CHECK(contents(target) == states[id - 1]);
    require_sound(target);
    auto writer = Zoo::open(target, Zoo::Access::kWrite);  // not behind its ledger
    test::add_one(writer, network("more", 99));
  }
  CHECK(restore_backup(kept.backups(), kept.folder / "newest").backup.id == 4);
}

TEST_CASE("an object that is another delta later is another file of the backups", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  Random random(4);
  std::vector<float> values(300'000);
  for (auto& value : values) value = static_cast<float>(random.uniform());
  const auto moved = [&](float by) {
    auto weights = values;
    for (std::size_t i = 0; i < weights.size(); i += 3) weights[i] += by;
    return TensorMap{{"w", HostTensor::from_f32({300'000}, weights)}};
  };
  const auto child_of = [&](const std::string& parent) {
    auto record = test::record_named("child");
    record.parents = {{"continues", parent}};
    return record;
  };
  const auto one = test::add_one(zoo, {test::record_named("one"), moved(0)}).id;
  const auto two = test::add_one(zoo, {test::record_named("two"), moved(1e-6F)}).id;
  const std::string* parents[] = {&one, &two, &one};
  for (const auto* parent : parents) {
    test::add_one(zoo, {child_of(*parent), moved(2e-6F)});
    back_up(zoo, folder / "backups");
    zoo.remove(std::vector<std::string>{"child"}, Removal::kForGood);
  }
  CHECK(check_backups(folder / "backups").empty());
  for (std::uint32_t id = 1; id <= 3; ++id) {
    const auto target = folder / ("restored" + std::to_string(id));
    restore_backup(folder / "backups", target, id);
    require_sound(target);
    CHECK(Zoo::open(target, Zoo::Access::kRead).size() == 3);
  }
}

TEST_CASE("a backup that reads the earlier ones again mends their files", "[zoo]") {
  const Kept kept;
  kept.back_up();
  for (const auto& file : files_below(kept.backups() / "objects")) flip(file);
  CHECK_FALSE(check_backups(kept.backups()).empty());
  kept.back_up();
  CHECK_FALSE(check_backups(kept.backups()).empty());
  auto zoo = Zoo::open(kept.zoo(), Zoo::Access::kWrite);
  back_up(zoo, kept.backups(), {.recheck = true});
  CHECK(check_backups(kept.backups()).empty());
}

TEST_CASE("what a link in a folder of backups leads to is neither written nor removed", "[zoo]") {
  const Kept kept;
  kept.back_up();
  const auto file = files_below(kept.backups() / "objects").front(), foreign = kept.folder / "foreign";
  test::write_quickly(foreign, "precious");
  fs::remove(file);
  fs::create_symlink(foreign, file);
  CHECK(kept.back_up().files_copied == 1);
  CHECK_FALSE(fs::is_symlink(file));
  CHECK(read_file(foreign) == "precious");
  const auto folder = file.parent_path();
  fs::rename(folder, folder.string() + ".real");
  fs::create_symlink(folder.filename().string() + ".real", folder);
  CHECK(kept.back_up().files_copied == 0);
  CHECK(fs::exists(file));
}

TEST_CASE("a list that was emptied is no list", "[zoo]") {
  const Kept kept;
  kept.back_up();
  for (const auto& file : files_below(kept.backups() / "lists")) write_file(file, "");
  CHECK_FALSE(check_backups(kept.backups()).empty());
  CHECK(testing::error_id([&] { restore_backup(kept.backups(), kept.folder / "restored"); }) == "backup.damaged");
  kept.change(0);
  CHECK(kept.back_up().backup.id == 2);  // goes on, and copies what it cannot tell to be there
  restore_backup(kept.backups(), kept.folder / "restored");
  require_sound(kept.folder / "restored");
}

TEST_CASE("old backups go, and what they alone had", "[zoo]") {
  const Kept kept;
  for (int i = 0; i < 5; ++i) {
    kept.back_up(2);
    kept.change(i);
  }
  const auto all = backups(kept.backups());
  REQUIRE(all.size() == 2);
  CHECK(check_backups(kept.backups()).empty());
  for (const auto& backup : all) {
    const auto target = kept.folder / ("restored" + std::to_string(backup.id));
    restore_backup(kept.backups(), target, backup.id);
    require_sound(target);
  }
}

TEST_CASE("any damage to a backup is found, and never restored unnoticed", "[zoo]") {
  const Kept kept;
  const auto state = contents(kept.zoo());
  kept.back_up();
  const auto whole = kept.folder / "whole";
  fs::copy(kept.backups(), whole, fs::copy_options::recursive);
  for (const auto& file : files_below(kept.backups())) {
    const auto name = file.lexically_relative(kept.backups()).string();
    if (name == "store.lock" || fs::file_size(file) == 0) continue;
    for (const bool lost : {false, true}) {
      CAPTURE(name, lost);
      fs::remove_all(kept.backups());
      fs::copy(whole, kept.backups(), fs::copy_options::recursive);
      lost ? void(fs::remove(file)) : flip(file);
      std::vector<std::string> findings{"cannot be read"};
      testing::error_id([&] { findings = check_backups(kept.backups()); });
      bool restored = false;
      testing::error_id([&] {
        const auto result = restore_backup(kept.backups(), kept.folder / "restored");
        restored = result.lacking.empty() && result.repairs.empty();
      });
      // A flipped letter of a name in the folder's own descriptions does no harm.
      if (restored)
        CHECK(contents(kept.folder / "restored") == state);
      else
        CHECK_FALSE(findings.empty());
      fs::remove_all(kept.folder / "restored");
    }
  }
}

TEST_CASE("damaged weights are not taken into a backup", "[zoo]") {
  const Kept kept;
  kept.back_up();
  kept.change(0);
  for (const auto& file : files_below(kept.zoo() / "objects"))
    if (!fs::exists(kept.backups() / "objects" / file.lexically_relative(kept.zoo() / "objects"))) flip(file);
  CHECK(testing::error_id([&] { kept.back_up(); }) == "backup.damaged");
  CHECK(backups(kept.backups()).size() == 1);
  CHECK(check_backups(kept.backups()).empty());
  // Unless that is asked for: the others are there. The difference that b/c is stored as was hit, too.
  const std::vector<std::string> hit{"b/c", "new0"};
  auto zoo = Zoo::open(kept.zoo(), Zoo::Access::kWrite);
  CHECK(back_up(zoo, kept.backups(), {.damaged = true}).lacking == hit);
  CHECK(check_backups(kept.backups()).empty());
  CHECK(restore_backup(kept.backups(), kept.folder / "restored").lacking == hit);
  const auto restored = Zoo::open(kept.folder / "restored", Zoo::Access::kRead);
  for (const auto& record : restored.all()) CHECK(restored.is_sound(record) == (record.name == "a"));
}

TEST_CASE("what cannot be backed up is named", "[zoo]") {
  const Kept kept;
  for (const auto& file : files_below(kept.zoo() / "objects")) flip(file);
  try {
    kept.back_up();
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.summary() == "cannot back up 'a', 'b/c'");
    CHECK(error.hint().find("--damaged") != std::string::npos);
  }
}

TEST_CASE("of a damaged backup the rest is restored, and what lacks weights is named", "[zoo]") {
  const Kept kept;
  kept.back_up();
  kept.change(0);
  kept.back_up();
  std::vector<fs::path> shared;
  const auto zoo = Zoo::open(kept.zoo(), Zoo::Access::kRead);
  for (const auto& tensor : zoo.get("a").tensors)
    if (tensor.name == "large")
      shared.push_back(kept.backups() / "objects" / tensor.object.substr(0, 2) / tensor.object.substr(2));
  REQUIRE(shared.size() == 1);
  flip(shared.front());
  const auto findings = check_backups(kept.backups());
  REQUIRE(findings.size() == 1);
  CHECK(findings.front() == "backup 1, 2: " + shared.front().string() + " has changed");
  const auto result = restore_backup(kept.backups(), kept.folder / "restored");
  CHECK(result.lacking == std::vector<std::string>{"a", "b/c"});  // which is stored as the difference from it
  const auto restored = Zoo::open(kept.folder / "restored", Zoo::Access::kRead);
  CHECK(restored.size() == zoo.size());
  for (const auto& record : restored.all()) CHECK(restored.is_sound(record) == (record.name == "new0"));
}

TEST_CASE("of a backup with a damaged table the rest is restored, whichever it is", "[zoo]") {
  const Kept kept;
  kept.back_up();
  kept.change(0);
  kept.back_up();
  const auto before = contents(kept.zoo()).size();
  int damaged = 0;
  std::uint32_t number = 0;
  for (const auto& table : files_below(kept.backups() / "db" / "shared_checksum")) {
    const test::TemporaryFolder folder;
    fs::copy(kept.backups(), folder / "backups", fs::copy_options::recursive);
    flip(folder / "backups" / "db" / "shared_checksum" / table.filename());
    CAPTURE(table.string());
    const auto target = folder / "restored";
    const auto result = restore_backup(folder / "backups", target, ++number % 2 + 1);
    damaged += !result.repairs.empty();
    std::set<std::string> named(result.lacking.begin(), result.lacking.end());
    for (const auto& finding : Zoo::open(target, Zoo::Access::kRead).verify(VerifyLevel::kDeep)) {
      CHECK(finding.kind != "database");
      for (const auto& network : finding.networks) CHECK((!finding.damage || named.contains(network)));
    }
    // From the zoo that was backed up everything comes back.
    auto writer = Zoo::open(target, Zoo::Access::kWrite);
    merge(writer, Zoo::open(kept.zoo(), Zoo::Access::kRead), {}, {});
    CHECK(writer.all().size() == before);
    for (const auto& finding : writer.verify(VerifyLevel::kDeep)) CHECK(!finding.damage);
  }
  CHECK(damaged > 3);
}

TEST_CASE("a copy of a zoo that went another way does not displace the backups of the first", "[zoo]") {
  const Kept kept;
  kept.back_up();
  restore_backup(kept.backups(), kept.folder / "copy");
  {
    auto copy = Zoo::open(kept.folder / "copy", Zoo::Access::kWrite);
    CHECK(back_up(copy, kept.backups(), {.keep = 1}).backup.id == 2);  // it goes on where the first ended
    test::add_one(copy, network("of the copy", 30));
  }
  kept.change(0);
  kept.back_up();
  auto copy = Zoo::open(kept.folder / "copy", Zoo::Access::kWrite);
  CHECK(testing::error_id([&] { back_up(copy, kept.backups(), {.keep = 1}); }) == "backup.diverged");
  CHECK(backups(kept.backups()).back().id == 3);
  back_up(copy, kept.folder / "backups of the copy");
  kept.change(1);
  kept.back_up();
}

TEST_CASE("backups that were lost are told, and their numbers are not given out again", "[zoo]") {
  const Kept kept;
  auto zoo = Zoo::open(kept.zoo(), Zoo::Access::kWrite);
  back_up(zoo, kept.backups());
  CHECK(lost_backups(kept.backups()).empty());
  fs::remove_all(kept.backups() / "db");
  const std::vector<std::string> lost{"backup 1: files of its database are missing or damaged"};
  CHECK(lost_backups(kept.backups()) == lost);
  const auto result = back_up(zoo, kept.backups());
  CHECK(result.backup.id == 2);
  CHECK(result.findings == lost);
  CHECK(lost_backups(kept.backups()) == lost);
  CHECK(back_up(zoo, kept.backups(), {.keep = 1}).removed == std::vector<std::uint32_t>{1, 2});
  CHECK(lost_backups(kept.backups()).empty());
}

TEST_CASE("whatever is damaged in a folder of backups, a new one can be made there, and is whole", "[zoo]") {
  const Kept kept;
  const auto state = contents(kept.zoo());
  kept.back_up();
  const auto whole = kept.folder / "whole";
  fs::copy(kept.backups(), whole, fs::copy_options::recursive);
  auto zoo = Zoo::open(kept.zoo(), Zoo::Access::kWrite);
  const std::pair<const char*, std::function<void(const fs::path&)>> ways[] = {
      {"flipped", flip},
      {"cut", [](const fs::path& file) { write_file(file, ""); }},
      {"lost", [](const fs::path& file) { fs::remove(file); }}};
  for (const auto& file : files_below(kept.backups())) {
    const auto name = file.lexically_relative(kept.backups()).string();
    if (name == "store.lock" || fs::file_size(file) == 0) continue;
    for (const auto& [how, spoil] : ways) {
      if (name == "weightloom-backup.json" && *how != 'c') continue;  // without it, or with another one, it is none
      CAPTURE(name, how);
      fs::remove_all(kept.backups());
      fs::copy(whole, kept.backups(), fs::copy_options::recursive);
      spoil(file);
      const bool told = !check_backups(kept.backups()).empty();
      const auto result = back_up(zoo, kept.backups(), {.recheck = true});
      CHECK(result.backup.id == 2);
      CHECK(result.mended.size() == (name.starts_with("db/shared") && fs::exists(file) && *how != 'l' ? 1U : 0U));
      CHECK(check_backups(kept.backups()).empty() == result.findings.empty());
      if (name.starts_with("db/shared") || name.starts_with("objects") || !told) CHECK(result.findings.empty());
      restore_backup(kept.backups(), kept.folder / "restored");
      CHECK(contents(kept.folder / "restored") == state);
      fs::remove_all(kept.folder / "restored");
    }
  }
}

TEST_CASE("a damaged file that a new backup shares with earlier ones is written anew, asked for or not", "[zoo]") {
  const Kept kept;
  kept.back_up();
  for (const auto& file : files_below(kept.backups() / "db" / "shared_checksum")) {
    flip(file);
    CHECK_FALSE(check_backups(kept.backups()).empty());
    CHECK(kept.back_up().mended == std::vector<std::string>{file.string()});
    CHECK(check_backups(kept.backups()).empty());
  }
}

TEST_CASE("nothing foreign is put into the own folders of backups", "[zoo]") {
  const Kept kept;
  kept.back_up();
  for (const char* inside : {"objects/zoo", "objects/00/zoo", "lists/zoo", "db/zoo"}) {
    CHECK(testing::error_id([&] { restore_backup(kept.backups(), kept.backups() / inside); }) == "zoo.own_folder");
    CHECK(testing::error_id([&] { Zoo::create(kept.backups() / inside); }) == "zoo.own_folder");
  }
  restore_backup(kept.backups(), kept.backups() / "beside");
  require_sound(kept.backups() / "beside");
}

TEST_CASE("backups go where nothing else is", "[zoo]") {
  const Kept kept;
  auto zoo = Zoo::open(kept.zoo(), Zoo::Access::kWrite);
  CHECK(testing::error_id([&] { back_up(zoo, kept.zoo() / "backups"); }) == "backup.folder");
  CHECK(testing::error_id([&] { back_up(zoo, kept.folder.path()); }) == "backup.folder");
  fs::create_directories(kept.folder / "taken");
  write_file(kept.folder / "taken" / "file", "");
  CHECK(testing::error_id([&] { back_up(zoo, kept.folder / "taken"); }) == "backup.folder");
  back_up(zoo, kept.backups());
  auto other = Zoo::create(kept.folder / "other");
  CHECK(testing::error_id([&] { back_up(other, kept.backups()); }) == "backup.folder");
  CHECK(testing::error_id([&] { restore_backup(kept.backups(), kept.folder / "taken"); }) == "zoo.exists");
  CHECK(testing::error_id([&] { restore_backup(kept.backups(), kept.folder / "new", 7); }) == "backup.none");
  CHECK(testing::error_id([&] { restore_backup(kept.folder / "taken", kept.folder / "new"); }) == "backup.none");
  CHECK_FALSE(fs::exists(kept.folder / "new"));
}

TEST_CASE("an interrupted restore is no zoo, and is completed", "[zoo]") {
  const Kept kept;
  const auto state = contents(kept.zoo());
  kept.back_up();
  const auto target = kept.folder / "restored";
  fs::create_directories(target / "objects" / "ab");
  write_file(target / "restoring", "");
  write_file(target / "objects" / "ab" / std::string(62, 'c'), "half");
  CHECK(testing::error_id([&] { Zoo::open(target, Zoo::Access::kRead); }) == "zoo.no_store");
  restore_backup(kept.backups(), target);
  CHECK(contents(target) == state);
  const auto at_once = kept.folder / "at once";
  fs::create_directories(at_once);
  for (const char* file : {"store.lock", "restoring.tmp.ab12CD"}) write_file(at_once / file, "");
  restore_backup(kept.backups(), at_once);
  CHECK(contents(at_once) == state);
  CHECK(testing::error_id([&] { restore_backup(kept.backups(), kept.zoo() / "objects" / "in"); }) == "zoo.own_folder");
}

TEST_CASE("networks come into another zoo with ids, lineage, tokens and aliases", "[zoo]") {
  const Kept kept;
  auto into = Zoo::create(kept.folder / "into");
  test::add_one(into, network("own", 5));
  const auto from = Zoo::open(kept.zoo(), Zoo::Access::kRead);
  MergeOptions dry;
  dry.dry_run = true;
  CHECK(merge(into, from, dry).added.size() == 2);
  CHECK(into.size() == 1);
  const auto result = merge(into, from);
  CHECK(result.added.size() == 2);
  CHECK(result.aliases == std::vector<std::string>{"best"});
  for (const auto& record : from.all()) {
    CHECK(to_json(into.get(record.id)) == to_json(record));
    CHECK(into.all_tokens(record.id).size() == from.all_tokens(record.id).size());
  }
  CHECK(into.get("best").name == "b/c");
  CHECK(into.ancestors(into.get("b/c").id).size() == 1);
  // Again: nothing is new.
  const auto again = merge(into, from);
  CHECK(again.added.empty());
  CHECK(again.present.size() == 2);
  CHECK(testing::error_id([&] { merge(into, Zoo::open(into.directory(), Zoo::Access::kRead)); }) == "merge.itself");
}

TEST_CASE("what is damaged here is mended from a zoo that has it whole", "[zoo]") {
  const Kept kept;
  kept.back_up();
  restore_backup(kept.backups(), kept.folder / "whole");
  for (const auto& file : files_below(kept.zoo() / "objects")) flip(file);
  auto zoo = Zoo::open(kept.zoo(), Zoo::Access::kWrite);
  const auto whole = Zoo::open(kept.folder / "whole", Zoo::Access::kRead);
  CHECK(merge(zoo, whole, {.dry_run = true}, {}).mended.size() == 2);
  CHECK(merge(zoo, whole, {}, {}).mended.size() == 2);
  CHECK(merge(zoo, whole, {}, {}).mended.empty());
  for (const auto& finding : zoo.verify(VerifyLevel::kDeep)) CHECK(!finding.damage);
}

TEST_CASE("names that are taken are skipped, renamed or replaced, as one says", "[zoo]") {
  const Kept kept;
  const auto from = Zoo::open(kept.zoo(), Zoo::Access::kRead);
  const auto prepare = [&](const std::string& name) {
    auto zoo = Zoo::create(kept.folder / name);
    test::add_one(zoo, network("a", 70));
    zoo.set_alias("b/c", "a");
    return zoo;
  };
  MergeOptions options;
  auto skipping = prepare("skipping");
  CHECK(merge(skipping, from, options).skipped == std::vector<std::string>{"a", "b/c"});
  CHECK(skipping.size() == 1);
  options.taken = MergeOptions::Taken::kRename;
  auto renaming = prepare("renaming");
  const auto renamed = merge(renaming, from, options).renamed;
  REQUIRE(renamed.size() == 2);
  CHECK(renamed[0].second == "a~2");
  CHECK(renaming.get("a~2").id == from.get("a").id);
  options.taken = MergeOptions::Taken::kReplace;
  auto replacing = prepare("replacing");
  const auto replaced = merge(replacing, from, options);
  CHECK(replaced.replaced == std::vector<std::string>{"a"});
  CHECK(replaced.skipped == std::vector<std::string>{"b/c"});  // an alias stays one
  CHECK(replacing.get("a").id == from.get("a").id);
  // A name that a renaming took is none for another network.
  auto source = Zoo::create(kept.folder / "source");
  test::add_one(source, network("a~2", 71));
  test::add_one(source, network("a", 72));
  options.taken = MergeOptions::Taken::kRename;
  CHECK(merge(replacing, source, options).added.size() == 2);
  CHECK(merge(replacing, source, options).present.size() == 2);
  // Of the same weights by the same name there is nothing to do.
  auto same = Zoo::create(kept.folder / "same");
  test::add_one(same, network("a", 1));
  CHECK(merge(same, from).present == std::vector<std::string>{"a"});
  for (const char* name : {"skipping", "renaming", "replacing", "same"}) require_sound(kept.folder / name);
}

TEST_CASE("no merge makes a network descend from itself", "[zoo]") {
  const test::TemporaryFolder folder;
  auto from = Zoo::create(folder / "from"), into = Zoo::create(folder / "into");
  // There a leads to b and c; here it comes from c, which knows its parents.
  std::map<std::string, ZooRecord> record;
  for (const char* name : {"a", "b", "c"})
    record[name] = test::add_one(from, test::network(name, static_cast<float>(name[0])));
  const auto set_parent = [&](const std::string& name, const std::string& parent) {
    auto changed = from.get(name);
    changed.parents.clear();
    if (!parent.empty()) changed.parents = {{"fine-tuned-from", record[parent].id}};
    from.update(changed);
  };
  set_parent("c", "b");
  MergeOptions only_c;
  only_c.where = "name = c";
  CHECK(merge(into, from, only_c).warnings.empty());
  set_parent("c", "");
  set_parent("b", "a");
  set_parent("a", "c");
  MergeOptions dry;
  dry.dry_run = true;
  CHECK(merge(into, from, dry).warnings.size() == 1);
  const auto result = merge(into, from);
  CHECK(result.added.size() == 2);
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.warnings[0].find("descends from it here") != std::string::npos);
  for (const auto& [name, known] : record)
    for (const auto& ancestor : into.ancestors(known.id)) CHECK(ancestor.id != known.id);
  CHECK(into.ancestors(record["c"].id).size() + into.ancestors(record["b"].id).size() +
            into.ancestors(record["a"].id).size() ==
        3);
}

TEST_CASE("nothing that is added or comes back from the trash closes a circle", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  const std::string old_id(32, 'b'), new_id = std::string(31, 'b') + "c";
  auto child = test::network("child", 1), parent = test::network("parent", 2);
  child.first.id = old_id;
  child.first.parents = {{"fine-tuned-from", new_id}};
  parent.first.id = new_id;
  parent.first.parents = {{"fine-tuned-from", old_id}};
  test::add_one(zoo, child);
  CHECK(testing::error_id([&] { test::add_one(zoo, parent); }) == "zoo.circle");
  zoo.remove(std::vector<std::string>{"child"});
  test::add_one(zoo, parent);
  CHECK(testing::error_id([&] { zoo.undelete("child"); }) == "zoo.circle");
  // What takes the place of a network that descends from it is not called its child.
  zoo.remove(std::vector<std::string>{"parent"}, Removal::kForGood);
  zoo.undelete("child");
  parent.first.name = "child";
  parent.first.parents.clear();
  std::vector<std::pair<ZooRecord, TensorMap>> networks{parent};
  CHECK(zoo.add(networks, Zoo::Taken::kReplace).front().parents.empty());
  zoo.undelete(old_id, "old");
  require_sound(folder / "zoo");
}

TEST_CASE("a network that was removed here comes back from the trash, as it was", "[zoo]") {
  const Kept kept;
  const auto from = Zoo::open(kept.zoo(), Zoo::Access::kRead);
  const auto prepare = [&](const std::string& name) {
    auto zoo = Zoo::create(kept.folder / name);
    merge(zoo, from);
    auto record = zoo.get("a");
    record.notes = "precious";
    zoo.update(record);
    zoo.set_alias("mine", "a");
    zoo.remove("a");
    return zoo;
  };
  auto into = prepare("into");
  const auto id = from.get("a").id;
  CHECK(merge(into, from).undeleted == std::vector<std::string>{"a"});
  CHECK(into.get("mine").id == id);
  CHECK(into.get(id).notes == "precious");
  into.undo();
  CHECK(into.undelete("a").notes == "precious");
  CHECK(into.aliases(id) == std::vector<std::string>{"mine"});
  // Where its name is taken it stays, or comes under another.
  auto taken = prepare("taken");
  test::add_one(taken, network("a", 60));
  MergeOptions options;
  CHECK(merge(taken, from, options).in_trash == std::vector<std::string>{"a"});
  options.taken = MergeOptions::Taken::kReplace;
  CHECK(merge(taken, from, options).in_trash == std::vector<std::string>{"a"});
  CHECK(taken.trash().front().id == id);
  options.taken = MergeOptions::Taken::kRename;
  CHECK(merge(taken, from, options).undeleted == std::vector<std::string>{"a~2"});
  CHECK(taken.get("a~2").notes == "precious");
  for (const char* name : {"into", "taken"}) require_sound(kept.folder / name);
}

TEST_CASE("damage to one network keeps no other one out", "[zoo]") {
  const Kept kept;
  kept.change(0);
  const auto from = Zoo::open(kept.zoo(), Zoo::Access::kRead);
  for (const auto& tensor : from.get("new0").tensors)
    if (tensor.name == "large") flip(kept.zoo() / "objects" / tensor.object.substr(0, 2) / tensor.object.substr(2));
  for (const auto taken : {MergeOptions::Taken::kSkip, MergeOptions::Taken::kReplace}) {
    const auto folder = kept.folder / ("into" + std::to_string(static_cast<int>(taken)));
    auto into = Zoo::create(folder);
    const bool replace = taken == MergeOptions::Taken::kReplace;
    if (replace) into.add({network("new0", 60), network("a", 61)});
    MergeOptions options;
    options.taken = taken;
    const auto result = merge(into, from, options);
    REQUIRE(result.damaged.size() == 1);
    CHECK(result.damaged.front().name == "new0");
    CHECK(into.contains("new0") == replace);
    CHECK(into.get("b/c").id == from.get("b/c").id);
    CHECK(result.replaced == (replace ? std::vector<std::string>{"a"} : std::vector<std::string>{}));
    require_sound(folder);
  }
}

namespace {

// The bytes of a file, one of them flipped.
std::string flipped(std::string text, std::size_t at) {
  text[at] = static_cast<char>(text[at] ^ 4);
  return text;
}

}  // namespace

TEST_CASE("a bundle brings networks into another zoo with ids, lineage, tokens and aliases", "[zoo]") {
  const Kept kept;
  const auto from = Zoo::open(kept.zoo(), Zoo::Access::kRead);
  const auto file = kept.folder / "bundle";
  const auto written = write_bundle(from, from.all(), file);
  CHECK(written.networks == 2);
  CHECK(written.left_behind.empty());
  auto into = Zoo::create(kept.folder / "into");
  MergeOptions dry;
  dry.dry_run = true;
  CHECK(merge_bundle(into, file, dry).added.size() == 2);
  CHECK(into.size() == 0);
  const auto result = merge_bundle(into, file);
  CHECK(result.added.size() == 2);
  CHECK(result.aliases == std::vector<std::string>{"best"});
  for (const auto& record : from.all()) {
    CHECK(to_json(into.get(record.id)) == to_json(record));
    REQUIRE(into.all_tokens(record.id).size() == from.all_tokens(record.id).size());
    for (std::size_t i = 0; i < from.all_tokens(record.id).size(); ++i)
      CHECK(into.all_tokens(record.id)[i].second.payload == from.all_tokens(record.id)[i].second.payload);
  }
  CHECK(into.ancestors(into.get("b/c").id).size() == 1);
  require_sound(kept.folder / "into");
  CHECK(merge_bundle(into, file).present.size() == 2);
  // Of a part of its lineage it says so.
  CHECK(write_bundle(from, {from.get("b/c")}, file).left_behind == std::vector{from.get("a").id});
  dry.where = "name = a";
  CHECK(testing::error_id([&] { merge_bundle(into, file, dry); }) == "bundle.query");
  CHECK(testing::error_id([&] { read_network(file); }) == "bundle.no_network");
}

TEST_CASE("a bundle is taken in whatever the length of its header", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo"), into = Zoo::create(folder / "into");
  auto record = test::add_one(zoo, test::network("a"));
  const auto file = folder / "bundle";
  // Notes make it that of a file which begins as a pickle of protocol 2 to 5 does.
  bool like_pickle = false;
  for (std::size_t notes = 1; notes < 2048 && !like_pickle; notes += 8) {
    record.notes = std::string(notes, 'n');
    zoo.update(record);
    write_bundle(zoo, zoo.all(), file);
    const auto bytes = read_file(file);
    like_pickle = bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5;
  }
  REQUIRE(like_pickle);
  CHECK(merge_bundle(into, file).added.size() == 1);
}

TEST_CASE("a damaged bundle is refused, whatever bit it is, and nothing of its damage comes in", "[zoo]") {
  const Kept kept;
  const auto from = Zoo::open(kept.zoo(), Zoo::Access::kRead);
  const auto file = kept.folder / "bundle";
  write_bundle(from, from.all(), file);
  const auto whole = read_file(file, 1 << 24);
  Random random(9);
  for (int i = 0; i < 300; ++i) {
    const auto at = random.below(whole.size());
    write_file(file, i % 3 == 0 ? whole.substr(0, at) : flipped(whole, at));
    const auto folder = kept.folder / ("into" + std::to_string(i));
    {
      auto into = Zoo::create(folder);
      INFO("byte " << at << " of " << whole.size() << (i % 3 == 0 ? ", cut" : ", flipped"));
      MergeResult result;
      const auto id = testing::error_id([&] { result = merge_bundle(into, file); });
      // Spaces behind the header may be other whitespace; the format's own fields that are not used may differ.
      if (id == "none" && result.damaged.empty()) {
        for (const auto& record : from.all()) CHECK(to_json(into.get(record.id)) == to_json(record));
      } else {
        for (const auto& record : into.all()) CHECK(to_json(record) == to_json(from.get(record.id)));
      }
    }
    require_sound(folder);
    fs::remove_all(folder);
  }
}

TEST_CASE("a bundle that was made up is refused", "[zoo]") {
  const Kept kept;
  const auto from = Zoo::open(kept.zoo(), Zoo::Access::kRead);
  const auto file = kept.folder / "bundle";
  write_bundle(from, from.all(), file);
  const auto whole = read_safetensors(file);
  auto into = Zoo::create(kept.folder / "into");
  const auto refusal = [&](const auto& change) {
    auto made = whole;
    auto json = Json::parse(made.metadata.at("weightloom.bundle"));
    change(json, made.tensors);
    made.metadata["weightloom.bundle"] = json.dump();
    made.metadata["weightloom.bundle.sha256"] = to_hex(sha256(json.dump()));
    write_safetensors(file, made.tensors, made.metadata);
    MergeResult result;
    const auto id = testing::error_id([&] { result = merge_bundle(into, file); });
    CHECK(into.size() == 0);
    return result.damaged.empty() ? id : "damaged";
  };
  const auto record = [](Json& json) -> Json& { return json["networks"][0]["record"]; };
  CHECK(refusal([](Json& json, auto&) { json["format"] = "weightloom.bundle/2"; }) == "bundle.malformed");
  CHECK(refusal([](Json& json, auto&) { json["networks"] = 1; }) == "bundle.malformed");
  CHECK(refusal([](Json& json, auto&) { json.erase("networks"); }) == "bundle.malformed");
  CHECK(refusal([](Json& json, auto&) { json["networks"][0]["aliases"] = 3; }) == "bundle.malformed");
  CHECK(refusal([&](Json& json, auto&) { record(json)["id"] = "../../x"; }) == "bundle.malformed");
  CHECK(refusal([&](Json& json, auto&) { record(json)["name"] = "a\nb"; }) == "bundle.malformed");
  CHECK(refusal([&](Json& json, auto&) { record(json)["notes"] = "\x1b[2J"; }) == "bundle.malformed");
  CHECK(refusal([&](Json& json, auto&) {
          record(json)["tensors"][0]["shape"] = {1 << 30, 1 << 10};
        }) == "bundle.malformed");
  CHECK(refusal([&](Json& json, auto&) { record(json)["tensors"][0]["object"] = std::string(64, 'a'); }) ==
        "bundle.malformed");
  CHECK(refusal([&](Json& json, auto&) { record(json)["bytes"] = std::int64_t{1} << 60; }) == "bundle.malformed");
  CHECK(refusal([&](Json& json, auto&) { json["networks"].push_back(json["networks"][0]); }) == "bundle.malformed");
  CHECK(refusal([](Json&, auto& tensors) {
          for (auto& [name, tensor] : tensors)
            if (name.size() == 64) tensor.bytes[0] ^= std::byte{1};
        }) == "damaged");
}

}  // namespace weightloom
