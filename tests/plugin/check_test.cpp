#include "weightloom/plugin/check.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "plugin/test_plugins.hpp"
#include "support/temporary_folder.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/plugin/registry.hpp"

using namespace weightloom;
using namespace weightloom::test;
using Catch::Contains;
using namespace std::chrono_literals;
using Outcome = CheckResult::Outcome;

namespace {

CheckOptions quick() {
  CheckOptions options;
  options.hosting.time_limit = 3000ms;
  return options;
}

// Failed, crashed or timed out, in the order of the table.
std::vector<CheckResult> faults(const std::filesystem::path& file, const CheckOptions& options = quick()) {
  auto results = check_plugin(file, options);
  std::erase_if(results, [](const auto& result) { return result.good(); });
  return results;
}

std::set<std::string> names_of(const std::vector<CheckResult>& results) {
  std::set<std::string> names;
  for (const auto& result : results) names.insert(result.name);
  return names;
}

CheckResult result_of(const std::string& fixture, const std::string& name, CheckOptions options = quick()) {
  options.include = {name};
  return check_plugin(plugin_file(fixture), options).at(0);
}

}  // namespace

TEST_CASE("the shipped plugins pass every check") {
  const auto folder = std::filesystem::path(std::getenv("WEIGHTLOOM_BIN")) / "../plugins";
  const PluginRegistry registry({folder});
  for (const auto& plugin : registry.plugins()) {
    INFO(plugin.id);
    for (const auto& result : check_plugin(plugin.path)) {
      INFO(result.name << ": " << result.detail);
      CHECK(result.outcome == Outcome::kPassed);
    }
  }
}

TEST_CASE("every slip fails exactly one check, which names the fault") {
  const auto [fixture, check, detail] = GENERATE(table<const char*, const char*, const char*>(
      {{"keeps_the_first_width", "remembers-nothing", "is described otherwise than in a fresh process"},
       {"keeps_the_deepest", "remembers-nothing", "is described otherwise"},
       {"alternates", "describe-deterministic", "two calls in one process gave different descriptions"},
       {"every_third", "describe-deterministic", "two calls"},
       {"draws_sizes", "describe-deterministic", "two calls"},
       {"draws_once", "same-in-another-process",
        "in another process, at other addresses in memory, the description differs"},
       {"named_after_addresses", "same-in-another-process", "at other addresses in memory, the description differs"},
       {"knows_the_year", "same-at-another-time", "at another time the description differs"},
       {"reads_a_variable", "same-in-another-environment", "with other environment variables"},
       {"knows_its_folder", "same-in-another-environment", "directory the description differs"},
       {"talks", "prints-nothing", "it printed 8 bytes: width 6\\n"},
       {"talks_at_load", "prints-nothing", "it printed 6 bytes: hello\\n"},
       {"leaves_a_thread", "leaves-no-threads", "1 threads still running"},
       {"leaves_a_process", "opens-nothing", "it started a copy of itself"},
       {"leaves_a_pipe", "leaves-descriptors-alone", "is new: 'pipe:"},
       {"writes_a_file", "opens-nothing", "/tmp/weightloom_slip.txt"},
       {"reads_a_file", "opens-nothing", "/etc/weightloom_slip.conf"},
       {"opens_a_socket", "opens-nothing", ""},
       {"changes_the_folder", "leaves-directory-alone", "it is '/usr' now"},
       {"changes_the_environment", "leaves-environment-alone", "'OMP_NUM_THREADS' "},
       {"changes_the_locale", "leaves-locale-alone", "it called setlocale with ''"},
       {"handles_signals", "leaves-signals-alone", "SIGSEGV is handled"},
       {"allocates_at_load", "loads", "it asked for more memory than the 1024 MiB"},
       {"allocates_much", "memory-bounded", "it took 7"},
       {"leaks_without_end", "memory-bounded", "it asked for more memory than the 1024 MiB"},
       {"aborts_when_deep", "range-ends-describe",
        "given {\"depth\":60}, it crashed: Aborted (SIGABRT); it printed: assertion failed: depth <= 50"},
       {"exits_when_wide", "range-ends-describe", "given {\"width\":1}, it ended the process, with exit code 0"},
       {"divides_by_a_key", "range-ends-describe", "given {\"groups\":0}, it crashed: Floating point exception"},
       {"loops_on_an_option", "choices-describe", "given {\"activation\":\"gelu\"}, it gave no answer within 3000 ms"},
       {"crashes_on_a_preset", "presets-describe", "given {\"preset\":"},
       {"hangs_at_load", "loads", "when it is loaded, it gave no answer within 3000 ms"},
       {"dies_at_the_end", "exits-cleanly", "after its last call, it crashed: Aborted"},
       {"ignores_size", "sizes-followed", "'size' 13 does not show in the network"},
       {"ignores_depth", "sizes-followed", "'depth' 3 does not show in the network"},
       {"one_class_more", "sizes-followed", "'classes' 11 does not show in the network"},
       {"skips_a_block", "blocks-counted-from-0", "'block' counts from 0 to 3 without 2"},
       {"bent_head", "head-is-linear", "does not come from a linear layer"},
       {"same_dialect_twice", "dialects-differ", "it is the dialect 'sequential' again"},
       {"forgets_a_tensor", "dialects-valid", "found none for 'head.weight'"},
       {"swaps_projections", "dialect-names-agree", "'layers.0.attn.q_proj.weight' is read as 'block0.key.weight'"},
       {"default_outside", "defaults-in-range", "the default of 'patch' is not one of its values: 3 is below 4"},
       {"preset_undeclared", "presets-in-range", "preset 'tall' sets 'height', which is no key of the schema"},
       {"defaults_undeclared", "defaults-when-declared", "asks for 'style', which is no key of the schema"},
       {"completes_once_more", "canonicalise-idempotent", "is another one"},
       {"completes_beyond", "canonicalise-idempotent", "the canonical form of {\"width\":256}"},
       {"aborts_half_way", "random-configurations-describe", "given {\"depth\":33}, it crashed: Aborted"},
       {"takes_the_first", "random-configurations-describe", "given {\"widths\":[]}, it crashed: "},
       {"talks_of_an_option", "prints-nothing", "given {\"activation\":\"gelu\"}, it printed 13 bytes"},
       {"asks_the_shell", "opens-nothing", "given {\"preset\":\"wide\"}, it started echo 12"},
       {"looks_for_a_file", "opens-nothing", "/etc/weightloom_slip_wide"},
       {"skips_a_block_when_deep", "blocks-counted-from-0", "without 9"},
       {"no_slip", nullptr, nullptr}}));
  INFO(fixture);
  const auto found = faults(plugin_file(fixture));
  for (const auto& result : found) UNSCOPED_INFO(result.name << ": " << result.detail);
  if (check == nullptr) {
    CHECK(found.empty());
    return;
  }
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == check);
  CHECK_THAT(found[0].detail, Contains(detail));
}

TEST_CASE("a plugin that takes any configuration fails the checks of refusal alone") {
  CHECK(names_of(faults(plugin_file("good"))) ==
        std::set<std::string>{"rejects-malformed", "rejects-unknown-key", "rejects-unknown-preset"});
}

TEST_CASE("a crash, an exit and a hang are results") {
  CHECK(result_of("aborts", "answers").outcome == Outcome::kCrashed);
  CHECK(result_of("aborts", "schema-parses").outcome == Outcome::kPassed);
  CHECK(result_of("calls_exit", "answers").outcome == Outcome::kCrashed);
  CHECK(result_of("hangs", "answers").outcome == Outcome::kTimeout);
  CHECK(result_of("hangs", "prints-nothing").detail == "waits for 'answers'");
}

TEST_CASE("checks find what is wrong with a file") {
  CHECK(result_of("missing_entry", "loads").detail == "it does not export weightloom_plugin_v1");
  CHECK(result_of("no_record", "identity-present").outcome == Outcome::kFailed);
  CHECK(result_of("two_part_version", "identity-present").detail == "its version '1.2' is not of the form 1.2.3");
  CHECK(result_of("nondeterministic", "describe-deterministic").outcome == Outcome::kFailed);
  CHECK(result_of("extra_exports", "exports-only-entry").detail ==
        "it also exports 'someone_elses_business'; link with the SDK's version script");
  CHECK(result_of("lies_about_id", "states-its-config").detail == "it describes architecture 'org.example.other'");
}

TEST_CASE("a key of any type that nothing asks for is a warning") {
  const auto warning = result_of("forgets_an_option", "keys-matter");
  CHECK(warning.outcome == Outcome::kWarning);
  CHECK_THAT(warning.detail, Contains("another 'bias' shows in no network"));
}

TEST_CASE("a check waits for the cause, through others that wait for it") {
  const auto results = check_plugin(plugin_file("no_record"), quick());
  for (const auto& result : results) {
    INFO(result.name);
    if (result.name == "identity-present")
      CHECK(result.outcome == Outcome::kFailed);
    else
      CHECK(result.detail == "waits for 'identity-present'");
  }
}

TEST_CASE("checks are chosen by tier and by name") {
  auto options = quick();
  options.tiers = {"dialect"};
  options.exclude = {"dialects-*"};
  const auto chosen = check_plugin(plugin_file("no_slip"), options);
  REQUIRE(chosen.size() == 1);
  CHECK(chosen[0].name == "dialect-names-agree");
  CHECK(list_checks().size() >= 60);
  for (const auto& [tiers, include] : std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>>{
           {{"libary"}, {}}, {{}, {"exports-only-entri"}}}) {
    options = quick();
    options.tiers = tiers;
    options.include = include;
    const auto refused = refusal([&] { check_plugin(plugin_file("good"), options); });
    CHECK(refused.id == "check.unknown");
    CHECK_THAT(refused.hint, Contains("did you mean"));
  }
  CHECK(refusal([] { check_plugin("/nowhere.wlplugin.so"); }).code == ErrorCode::kNotFound);
}

TEST_CASE("several sessions at a time find the same") {
  auto many = quick();
  many.jobs = 4;
  const auto serial = check_plugin(plugin_file("divides_by_a_key"), quick());
  const auto parallel = check_plugin(plugin_file("divides_by_a_key"), many);
  REQUIRE(parallel.size() == serial.size());
  for (std::size_t i = 0; i < serial.size(); ++i) {
    INFO(serial[i].name);
    CHECK(parallel[i].outcome == serial[i].outcome);
    CHECK(parallel[i].detail == serial[i].detail);
  }
}

TEST_CASE("a waived failure is a warning with its reason") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "a/b");
  write_quickly(folder / "weightloom-check.toml", "[waive]\nexports-only-entry = \"linked by a foreign tool\"\n");
  auto options = quick();
  options.waivers = find_waivers(folder / "a/b");
  const auto waived = result_of("extra_exports", "exports-only-entry", options);
  CHECK(waived.outcome == Outcome::kWarning);
  CHECK_THAT(waived.detail, Contains("(waived: linked by a foreign tool)"));
  write_quickly(folder / "weightloom-check.toml", "[waives]\n");
  CHECK(refusal([&] { find_waivers(folder.path()); }).code == ErrorCode::kUsage);
}

TEST_CASE("in the checking process itself a good plugin passes as well") {
  auto options = quick();
  options.hosting.in_process = true;
  CHECK(faults(plugin_file("no_slip"), options).empty());
}
