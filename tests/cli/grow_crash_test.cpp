#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>

#include "../support/temporary_folder.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;
using Names = std::set<std::string>;

constexpr std::size_t kNetworks = 19;  // of the recipe, the anchor among them

// A command line in a process group of its own; what it prints can be read while it runs.
class Command {
 public:
  Command(const fs::path& folder, const std::string& line) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setpgid(0, 0);
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      fs::current_path(folder);
      ::execl("/bin/bash", "bash", "-c", ("exec " + line).c_str(), nullptr);
      ::_exit(127);
    }
    ::setpgid(pid_, pid_);  // by whoever comes first
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
  }
  ~Command() { std::fclose(output_); }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // None: there will be no more.
  std::optional<std::string> next_line() {
    std::string line;
    for (int c; (c = std::fgetc(output_)) != EOF;) {
      if (c == '\n') return line;
      line += static_cast<char>(c);
    }
    return std::nullopt;
  }
  void kill() const { ::kill(-pid_, SIGKILL); }
  int wait() const {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return status;
  }

 private:
  pid_t pid_ = 0;
  std::FILE* output_ = nullptr;
};

// Two classes of 4 x 4 images; networks trained as batches, tensors that are files, and networks trained one by one.
void write_recipe(const fs::path& folder) {
  for (int i = 100; i < 140; ++i)
    for (const bool left : {true, false}) {
      const auto images = folder / "images" / (left ? "left" : "right");
      fs::create_directories(images);
      std::ofstream file(images / (std::to_string(i) + ".pgm"), std::ios::binary);
      file << "P5 4 4 255\n";
      for (int k = 0; k < 16; ++k) file.put(static_cast<char>((k % 4 < 2) == left ? i + k : i - 100 + k));
    }
  test::write_quickly(folder / "recipe.toml", R"(
seed = 1
form = {channels = 1, size = 4}
[[anchor]]
family = "mlp"
config = {width = 8}
data = ["images"]
steps = 20
[[population]]
family = "mlp"
config = {width = 8}
from = "anchor"
data = "images"
vary = {seed = [0, 1, 2]}
steps = 20
[[population]]
family = "large"
architecture = "mlp"
config = {width = 600}
data = "images"
vary = {depth = [2, 3, 4]}
steps = 4
[[population]]
family = "cnn"
config = {depth = 2, width = [4, 4]}
data = "images"
vary = {seed = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}
steps = 100
)");
}

struct Place {
  test::TemporaryFolder folder;
  std::string weightloom = "env -u WEIGHTLOOM_ZOO -u WEIGHTLOOM_PLUGIN_PATH HOME=. '" +
                           std::string(std::getenv("WEIGHTLOOM_BIN")) + "/weightloom' --zoo zoo ";

  Place() { write_recipe(folder.path()); }

  Json json(const std::string& arguments) const {
    Command command(folder.path(), weightloom + arguments + " --json --progress none");
    std::string text;
    while (const auto line = command.next_line()) text += *line + "\n";
    CAPTURE(arguments, text);
    REQUIRE(command.wait() == 0);
    return Json::parse(text);
  }

  Names stored() const {
    const auto list = json("zoo list");
    Names names;
    for (const auto& network : list.at("networks")) names.insert(network.at("name"));
    return names;
  }

  Json grow() const { return json("zoo grow recipe.toml --threads 1 --workers 1"); }

  // Grows until `reports` networks were reported as stored, then sometimes a little longer, and kills; or until nothing
  // is left.
  std::pair<Names, bool> grow_and_kill(std::uint64_t reports, Random& random) const {
    Names names;
    Command command(folder.path(),
                    weightloom + "zoo grow recipe.toml --threads 1 --workers 1 --progress json 2>&1 >/dev/null");
    while (names.size() < reports) {
      const auto line = command.next_line();
      if (!line) break;
      const auto event = Json::parse(*line);
      if (event.value("task", "") == "grow" && event.contains("detail")) names.insert(event.at("detail").at("name"));
    }
    for (auto spin = random.below(2) * random.below(100'000'000); spin > 0; --spin) asm volatile("");
    command.kill();
    return {names, WIFSIGNALED(command.wait())};
  }
};

bool contains(const Names& all, const Names& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

}  // namespace

TEST_CASE("kill -9 while a zoo grows loses nothing that was reported as stored", "[cli]") {
  const Place place;
  place.json("zoo init");
  Names reported;
  Random random(3);
  int kills = 0;
  for (int round = 0; round < 5; ++round) {
    auto [names, killed] = place.grow_and_kill(1 + random.below(2), random);
    reported.merge(names);
    kills += killed;
    CAPTURE(round, reported);
    CHECK(place.json("zoo verify --deep").at("damaged") == false);
    CHECK(contains(place.stored(), reported));
  }

  CHECK(kills >= 3);

  const auto before = place.stored();
  const auto rest = place.grow();
  CHECK(rest.at("present").get<Names>() == before);
  CHECK(rest.at("stored").size() == kNetworks - before.size());

  const auto again = place.grow();
  CHECK(again.at("stored").empty());
  CHECK(again.at("present").size() == kNetworks);
  CHECK(place.json("zoo verify --deep").at("damaged") == false);
}

}  // namespace weightloom
