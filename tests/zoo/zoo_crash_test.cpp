#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>

#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// Runs `work` in a child process whose output it can write to; returns that output when the child has ended.
class Child {
 public:
  explicit Child(const std::function<void(int output)>& work) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      work(ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    input_ = ends[0];
  }
  ~Child() { ::close(input_); }

  // Reads until `bytes` have come or the child has ended.
  void read_at_least(std::size_t bytes) {
    char buffer[4096];
    while (output_.size() < bytes) {
      const auto got = ::read(input_, buffer, sizeof buffer);
      if (got <= 0) return;
      output_.append(buffer, static_cast<std::size_t>(got));
    }
  }
  void kill() { ::kill(pid_, SIGKILL); }
  const std::string& finish() {
    read_at_least(std::string::npos);
    ::waitpid(pid_, nullptr, 0);
    return output_;
  }

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  std::string output_;
};

void say(int output, const std::string& text) {
  [[maybe_unused]] const auto put = ::write(output, text.data(), text.size());
}

// Adds batches for ever, and reports each one after it is stored.
void add_until_killed(const fs::path& store, int round, int output) {
  auto zoo = Zoo::open(store, Zoo::Access::kWrite);
  for (int i = 0;; ++i) {
    const auto name = std::to_string(round) + "/" + std::to_string(i);
    auto one = test::network(name + "/a", static_cast<float>(i));
    auto two = test::network(name + "/b", static_cast<float>(-i));
    two.second["large"] =
        test::tensor_of((1 << 18) + static_cast<std::size_t>(i % 7), static_cast<float>(i + round * 100));
    for (const auto& record : zoo.add({one, two})) say(output, record.id);
  }
}

// What a name that was taken since, or a network that is gone for good, may stand in the way of.
void try_to(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage && error.code() != ErrorCode::kNotFound) throw;
  }
}

// Changes the zoo in every way for ever, and says a byte after each change. (Not by collecting garbage, which
// compacts.)
void change_until_killed(const fs::path& store, std::uint64_t round, int output) {
  auto zoo = Zoo::open(store, Zoo::Access::kWrite);
  Random random(round);
  for (int i = 0;; ++i) {
    const auto all = zoo.summaries();
    const auto any = [&] { return all[static_cast<std::size_t>(random.below(all.size()))].id; };
    const auto name = std::to_string(round) + "/" + std::to_string(i);
    switch (all.size() < 3 ? 0 : random.below(10)) {
      case 0:
      case 1: {
        auto one = test::network(name, static_cast<float>(i));
        one.second["large"] = test::tensor_of((1 << 18) + static_cast<std::size_t>(i % 5), static_cast<float>(i % 3));
        test::add_one(zoo, one);
        break;
      }
      case 2: {
        auto record = zoo.get(any());
        record.metrics["loss"] = i;
        zoo.update(record);
        break;
      }
      case 3:
        zoo.rename(any(), name);
        break;
      case 4:
        zoo.set_alias("alias" + std::to_string(i % 4), any());
        break;
      case 5: {
        auto one = test::network(all.front().name, static_cast<float>(-i));
        zoo.add({one}, Zoo::Taken::kReplace);
        break;
      }
      case 6:
        try_to([&] { zoo.undo(); });
        break;
      case 7:
        if (const auto trash = zoo.trash(); !trash.empty()) try_to([&] { zoo.undelete(trash.back().id); });
        break;
      case 8:
        zoo.remove(any(), Removal::kForGood);
        break;
      default:
        zoo.remove(any());
    }
    say(output, "x");
  }
}

// The same with the trash and its clearing, in a process of its own program: see below.
void collect_until_killed(const fs::path& store, int output) {
  auto zoo = Zoo::open(store, Zoo::Access::kWrite);
  for (int i = static_cast<int>(zoo.size());; ++i) {
    auto one = test::network(std::to_string(i) + "/" + std::to_string(::getpid()), static_cast<float>(i));
    one.second["large"] = test::tensor_of((1 << 18) + static_cast<std::size_t>(i % 3), static_cast<float>(i % 5));
    const auto record = test::add_one(zoo, one);
    if (i % 3 > 0) zoo.remove(record.id);
    if (i % 4 == 0) zoo.collect_garbage(i % 8 == 0 ? 0 : kTrashSeconds);
    say(output, "x");
  }
}

constexpr const char* kStoreVariable = "WEIGHTLOOM_TEST_STORE";

// Compaction waits for threads of the database, which a forked process lacks.
void collect_in_new_program(const fs::path& store, int output) {
  ::setenv(kStoreVariable, store.c_str(), 1);
  ::dup2(output, STDERR_FILENO);
  ::execl("/proc/self/exe", "zoo_test", "[.collecting]", nullptr);
}

void kill_while(const std::function<void(const fs::path& store, std::uint64_t round, int output)>& work,
                std::uint64_t rounds) {
  const test::TemporaryFolder folder;
  const auto path = folder / "zoo";
  { const auto zoo = Zoo::create(path); }
  Random random(3);
  std::size_t changes = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    Child child([&](int output) { work(path, round, output); });
    child.read_at_least(1 + random.below(12));
    for (auto spin = random.below(2'000'000); spin > 0; --spin) asm volatile("");
    child.kill();
    changes += child.finish().size();
    const auto zoo = Zoo::open(path, round % 2 ? Zoo::Access::kRead : Zoo::Access::kWrite);
    for (const auto& finding : zoo.verify(VerifyLevel::kDeep)) {
      CAPTURE(round, finding.kind, finding.object, finding.advice);
      REQUIRE_FALSE(finding.damage);
    }
  }
  CHECK(changes >= rounds);
  Zoo::open(path, Zoo::Access::kWrite).collect_garbage(0);
  CHECK(Zoo::open(path, Zoo::Access::kRead).verify(VerifyLevel::kDeep).empty());
}

std::string verdict_of(const std::function<void()>& action) {
  try {
    action();
    return "done";
  } catch (const Error& error) {
    return error.id() + (error.hint().empty() ? " without a hint" : "");
  }
}

}  // namespace

TEST_CASE("kill -9 during an import loses nothing that was reported as stored", "[zoo]") {
  const test::TemporaryFolder folder;
  const auto path = folder / "zoo";
  { const auto zoo = Zoo::create(path); }
  std::size_t reported = 0;
  Random random(7);
  for (int round = 0; round < 8; ++round) {
    Child child([&](int output) { add_until_killed(path, round, output); });
    child.read_at_least(32 * (1 + random.below(12)));
    for (auto spin = random.below(2'000'000); spin > 0; --spin) asm volatile("");
    child.kill();
    const auto acknowledged = child.finish();
    reported += acknowledged.size() / 32;

    const auto zoo = Zoo::open(path, round % 2 ? Zoo::Access::kRead : Zoo::Access::kWrite);
    for (std::size_t at = 0; at + 32 <= acknowledged.size(); at += 32) {
      const auto record = zoo.get(acknowledged.substr(at, 32));
      REQUIRE(weights_hash(zoo.weights(record)) == record.weights_hash);
    }
    REQUIRE(zoo.size() >= reported);
    REQUIRE(zoo.size() % 2 == 0);  // a batch is there as a whole or not at all
    for (const auto& finding : zoo.verify(VerifyLevel::kDeep)) {
      CAPTURE(finding.kind, finding.object, finding.advice);
      REQUIRE_FALSE(finding.damage);
    }
  }
  CHECK(reported >= 16);
}

TEST_CASE("kill -9 during any change leaves a whole zoo", "[zoo]") {
  kill_while(change_until_killed, 12);
}

TEST_CASE("kill -9 while the trash and garbage are cleared leaves a whole zoo", "[zoo]") {
  kill_while([](const fs::path& store, std::uint64_t, int output) { collect_in_new_program(store, output); }, 8);
}

TEST_CASE("clears until it is killed", "[.collecting]") {
  if (const char* store = std::getenv(kStoreVariable)) collect_until_killed(store, STDERR_FILENO);
}

TEST_CASE("a thousand times kill -9", "[.soak]") {
  kill_while(change_until_killed, 1000);
  kill_while([](const fs::path& store, std::uint64_t, int output) { collect_in_new_program(store, output); }, 200);
}

TEST_CASE("a folder that may not be written is refused for writing and open for reading", "[zoo]") {
  const test::TemporaryFolder folder;
  {
    auto zoo = Zoo::create(folder / "zoo");
    test::add_one(zoo, test::network("a"));
  }
  fs::permissions(folder.path(), fs::perms(0755));
  Child child([&](int output) {
    if (::getuid() == 0 && ::setuid(65534) != 0) return;
    if (::getuid() != 65534)
      for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
        fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::remove);
    say(output, verdict_of([&] { Zoo::open(folder / "zoo", Zoo::Access::kWrite); }) + ";");
    say(output, verdict_of([&] { Zoo::open("/proc/self", Zoo::Access::kWrite); }) + ";");
    say(output, verdict_of([&] { Zoo::create("/proc/self/zoo"); }) + ";");
    say(output, verdict_of([&] {
          const auto zoo = Zoo::open(folder / "zoo", Zoo::Access::kRead);
          if (zoo.weights(zoo.get("a")).empty()) throw Error(ErrorCode::kFailure, "empty", "empty");
        }));
  });
  CHECK(child.finish() == "zoo.not_writable;zoo.no_store;zoo.not_writable;done");
}

TEST_CASE("what may not be read is called that, and no damage", "[zoo]") {
  const test::TemporaryFolder folder;
  const auto path = folder / "zoo";
  {
    auto zoo = Zoo::create(path);
    test::add_one(zoo, {test::record_named("a"), {{"w", test::tensor_of(1 << 18, 2)}}});
  }
  fs::permissions(folder.path(), fs::perms(0755));
  const auto verdict_without = [&](const fs::path& part) {
    const auto allowed = fs::status(part).permissions();
    fs::permissions(part, fs::perms::none);
    Child child([&](int output) {
      if (::getuid() == 0 && ::setuid(65534) != 0) return;
      say(output, verdict_of([&] { Zoo::open(path, Zoo::Access::kRead).verify(VerifyLevel::kDeep); }) + ";");
      say(output, verdict_of([&] {
            const auto zoo = Zoo::open(path, Zoo::Access::kRead);
            zoo.weights(zoo.get("a"));
          }));
    });
    const auto verdict = child.finish();
    fs::permissions(part, allowed);
    return verdict;
  };
  for (const char* part : {"", "ledger", "objects"})
    CHECK(verdict_without(path / part) == "zoo.not_readable;zoo.not_readable");
}

TEST_CASE("a full disk is reported, and what was stored before stays whole", "[zoo]") {
  const test::TemporaryFolder folder;
  const auto path = folder / "zoo";
  {
    auto zoo = Zoo::create(path);
    test::add_one(zoo, test::network("before"));
  }
  for (const std::size_t floats : {std::size_t{200'000}, std::size_t{1} << 21}) {  // inside the database; as a file
    Child child([&](int output) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{500'000, 500'000};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      say(output, verdict_of([&] {
            auto zoo = Zoo::open(path, Zoo::Access::kWrite);
            test::add_one(zoo, {test::record_named("after"), {{"w", test::tensor_of(floats, 3)}}});
          }));
    });
    const auto verdict = child.finish();
    CHECK((verdict == "zoo.disk_full" || verdict == "file.write"));
    const auto zoo = Zoo::open(path, Zoo::Access::kWrite);
    CHECK(zoo.size() == 1);
    CHECK(zoo.weights(zoo.get("before")).size() == 2);
    CHECK(zoo.verify(VerifyLevel::kDeep).empty());
  }
}

}  // namespace weightloom
