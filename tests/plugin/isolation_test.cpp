// What a plugin does to its own process, and what its host is told.
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "plugin/test_plugins.hpp"
#include "support/temporary_folder.hpp"
#include "weightloom/base/file.hpp"

using namespace weightloom;
using namespace weightloom::test;
using Catch::Contains;
using namespace std::chrono_literals;

namespace {

PluginRegistry quick_registry(const std::string& fixture) {
  PluginRegistry registry({}, {.time_limit = 500ms});
  registry.add(plugin_file(fixture));
  return registry;
}

Refusal describe_refusal(const std::string& fixture) {
  return refusal([&] { quick_registry(fixture).describe_text(fixture, Json::object()); });
}

// Processes that are children of this one or of its children.
std::vector<pid_t> descendants_of(pid_t parent) {
  std::vector<pid_t> result;
  const auto file = "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
  std::ifstream in(file);
  for (pid_t child = 0; in >> child;) {
    result.push_back(child);
    for (const auto grandchild : descendants_of(child)) result.push_back(grandchild);
  }
  return result;
}

}  // namespace

TEST_CASE("however a plugin ends its process, the host is told plugin, call and cause") {
  const auto [fixture, id, cause] = GENERATE(table<const char*, const char*, const char*>(
      {{"aborts", "plugin.crashed", "it crashed: Aborted (SIGABRT)"},
       {"crashes_at_load", "plugin.crashed", "it crashed: Segmentation fault (SIGSEGV) while it was loaded"},
       {"raises_a_signal", "plugin.crashed", "it crashed: signal "},
       {"calls_exit", "plugin.exited", "it ended the process, with exit code 0"},
       {"hangs", "plugin.hung", "it gave no answer within 500 ms"},
       {"prints_without_end", "plugin.output", "it printed without end; it printed: still describing"},
       {"follows_the_clock", "plugin.unsteady", "it said different things"},
       {"shows_addresses", "plugin.unsteady", "it said different things"},
       {"obeys_the_environment", "plugin.unsteady", "it said different things"}}));
  INFO(fixture);
  const auto refused = describe_refusal(fixture);
  CHECK(refused.code == ErrorCode::kPlugin);
  CHECK(refused.id == id);
  CHECK(refused.what == std::string("plugin org.weightloom.test.") + fixture + " failed in 'describe'");
  CHECK_THAT(refused.why, Contains(cause));
  CHECK_THAT(refused.hint, Contains(std::string(fixture) + ".wlplugin.so (version 1.2.3)"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a plugin has no more memory than it is given") {
  const auto refused = describe_refusal("takes_memory");
  CHECK(refused.id == "plugin.memory");
  CHECK(refused.why == "it asked for more memory than the 1024 MiB that it may have");
}
#endif

TEST_CASE("a plugin's last words are told") {
  CHECK_THAT(refusal([] { registry_with("says_why_it_dies").schema("says_why_it_dies"); }).why,
             Contains("(SIGABRT); it printed: assertion 'depth < 4' failed"));
}

TEST_CASE("after a plugin died the next call is answered, by it and by others") {
  PluginRegistry registry({}, {.time_limit = 500ms});
  for (const auto* fixture : {"aborts", "hangs", "good", "closes_everything"}) registry.add(plugin_file(fixture));
  for (int i = 0; i < 2; ++i) {
    CHECK(refusal([&] { registry.describe_text("aborts", Json::object()); }).id == "plugin.crashed");
    CHECK(registry.schema("aborts").contains("keys"));
    CHECK(refusal([&] { registry.describe_text("hangs", Json::object()); }).id == "plugin.hung");
    CHECK(refusal([&] { registry.describe_text("closes_everything", Json::object()); }).code == ErrorCode::kPlugin);
    CHECK(registry.describe("good", Json::object()).parameter_count() == 8);
  }
}

TEST_CASE("what a plugin prints goes nowhere") {
  const TemporaryFolder folder;
  const auto kept = folder / "printed";
  std::fflush(stdout);
  const int out = ::dup(STDOUT_FILENO), err = ::dup(STDERR_FILENO);
  const auto* file = std::fopen(kept.c_str(), "w");
  REQUIRE(file != nullptr);
  ::dup2(::fileno(const_cast<std::FILE*>(file)), STDOUT_FILENO);
  ::dup2(STDOUT_FILENO, STDERR_FILENO);
  const auto text = registry_with("prints").describe_text("prints", Json::object());
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  CHECK_THAT(text, Contains("weightloom.network/1"));
  CHECK(read_file(kept).empty());
}

TEST_CASE("a plugin remembers nothing from one call to the next") {
  const auto registry = registry_with("remembers");
  CHECK(registry.canonicalise("remembers", {{"depth", 1}}) == Json{{"depth", 1}});
  CHECK(registry.canonicalise("remembers", {{"depth", 2}}) == Json{{"depth", 2}});
}

TEST_CASE("a network is the one that was asked for, whatever was described before it") {
  const auto registry = registry_with("keeps_the_first_width");
  for (const int width : {6, 12, 3, 3, 6, 12, 5, 6}) {
    const auto description = registry.describe("keeps_the_first_width", {{"width", width}});
    CHECK(description.config["width"] == width);
    CHECK(description.parameters.front().shape.front() == width);
  }
}

TEST_CASE("each call begins from the same state, however often a plugin is asked") {
  const auto fixture = GENERATE("dies_the_second_time", "works_on_a_thread", "good");
  const auto registry = quick_registry(fixture);
  const auto first = registry.describe_text(fixture, Json::object());
  for (int call = 0; call < 8; ++call) {
    CHECK(registry.describe_text(fixture, Json::object()) == first);
    CHECK(registry.schema(fixture).contains("keys"));
  }
}

TEST_CASE("a plugin that says another thing each time is found out, however often it is asked") {
  const auto fixture = GENERATE("follows_the_clock", "shows_addresses", "obeys_the_environment");
  const auto registry = quick_registry(fixture);
  for (int call = 0; call < 8; ++call) {
    registry.schema(fixture);
    CHECK(refusal([&] { registry.describe_text(fixture, Json::object()); }).id == "plugin.unsteady");
  }
}

TEST_CASE("a plugin that dies at any moment costs nothing but its own call") {
  const auto registry = quick_registry("dies_behind_its_answer");
  const auto fixture = std::string("dies_behind_its_answer");
  for (int call = 0; call < 200; ++call) {
    const auto refused = refusal([&] { registry.describe_text(fixture, Json::object()); });
    CHECK((refused.id.empty() || refused.id == "plugin.exited"));
  }
}

TEST_CASE("a plugin whose file is replaced is the new one from then on") {
  const TemporaryFolder folder;
  const auto file = folder / "good.wlplugin.so";
  std::filesystem::copy_file(plugin_file("good"), file);
  PluginRegistry registry({});
  registry.add(file);
  for (int call = 0; call < 4; ++call) CHECK(registry.describe("good", Json::object()).parameter_count() == 8);
  std::filesystem::remove(file);
  std::filesystem::copy_file(plugin_file("aborts"), file);
  CHECK(refusal([&] { registry.describe_text("good", Json::object()); }).code == ErrorCode::kPlugin);
}

TEST_CASE("the processes of plugins end with their registry") {
  REQUIRE(descendants_of(::getpid()).empty());
  {
    const auto registry = registry_with("good");
    for (int call = 0; call < 4; ++call) registry.describe("good", Json::object());
    CHECK_FALSE(descendants_of(::getpid()).empty());
  }
  CHECK(descendants_of(::getpid()).empty());
}

TEST_CASE("the processes of plugins end with their host, however it ends") {
  const TemporaryFolder folder;
  const auto host = ::fork();
  if (host == 0) {  // hangs in a plugin until it is killed
    PluginRegistry registry({});
    registry.add(plugin_file("hangs"));
    try {
      registry.describe_text("hangs", Json::object());
    } catch (const Error&) {
    }
    ::_exit(0);
  }
  std::vector<pid_t> running;
  for (int i = 0; i < 500 && running.size() < 3; ++i, std::this_thread::sleep_for(10ms)) running = descendants_of(host);
  REQUIRE(running.size() >= 3);
  ::kill(host, SIGKILL);
  ::waitpid(host, nullptr, 0);
  const auto alive = [](pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/stat");
    std::string number, name, state;
    return in >> number >> name >> state && state != "Z";
  };
  for (int i = 0; i < 500 && std::ranges::any_of(running, alive); ++i) std::this_thread::sleep_for(10ms);
  CHECK(std::ranges::none_of(running, alive));
}

TEST_CASE("a server that something ended is started again") {
  const auto registry = registry_with("good");
  registry.schema("good");
  const auto running = descendants_of(::getpid());
  REQUIRE_FALSE(running.empty());
  ::kill(running.front(), SIGKILL);
  CHECK(refusal([&] { registry.schema("good"); }).id == "plugin.host_lost");
  CHECK(registry.schema("good").contains("keys"));
}

TEST_CASE("a missing server is an error that says what to do") {
  PluginRegistry registry({}, {.executable = "/nowhere/weightloom-plugin-host"});
  registry.add(plugin_file("good"));
  const auto refused = refusal([&] { registry.schema("good"); });
  CHECK(refused.id == "plugin.no_host");
  CHECK_THAT(refused.hint, Contains("WEIGHTLOOM_PLUGIN_HOST"));
  PluginRegistry other({}, {.executable = "/bin/true"});
  other.add(plugin_file("good"));
  CHECK(refusal([&] { other.schema("good"); }).id == "plugin.host_lost");
}

TEST_CASE("many threads share the processes of plugins") {
  PluginRegistry registry({});
  for (const auto* fixture : {"good", "aborts"}) registry.add(plugin_file(fixture));
  std::vector<std::thread> threads;
  std::atomic<int> described = 0, crashed = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int call = 0; call < 10; ++call) {
        if (i % 2 == 0)
          described += registry.describe("good", Json::object()).parameter_count() == 8;
        else
          crashed += refusal([&] { registry.describe_text("aborts", Json::object()); }).id == "plugin.crashed";
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(described == 40);
  CHECK(crashed == 40);
}

TEST_CASE("in the caller's own process a plugin keeps what it remembers") {
  PluginRegistry registry({}, {.in_process = true});
  registry.add(plugin_file("remembers"));
  CHECK(registry.canonicalise("remembers", {{"depth", 1}}) == Json{{"depth", 1}});
  CHECK(registry.canonicalise("remembers", {{"depth", 2}}) == Json{{"depth", 1}});
}
