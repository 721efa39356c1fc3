// The file, and what its code does to the process that it is loaded into.

#include <algorithm>
#include <regex>

#include "dynamic_symbols.hpp"
#include "tiers.hpp"
#include "variations.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/sdk/abi.h"

namespace weightloom {
namespace {

constexpr std::uint64_t kMostMemory = 512u << 20;
constexpr auto kSlowLoad = std::chrono::milliseconds(100);

// The one session that shows how the plugin leaves its process.
std::shared_ptr<const Subject::Session> usual_session(Subject& plugin) {
  return plugin.session(
      {{PluginFunction::kSchema, ""}, {PluginFunction::kCanonicalise, "{}"}, {PluginFunction::kDescribe, "{}"}});
}

// A session, and what stands before what it shows.
using Watched = std::pair<std::shared_ptr<const Subject::Session>, std::string>;

// The usual one first, then what options, presets and faults lead to. Those that were cut short are left to other
// checks.
std::vector<Watched> watched_sessions(Subject& plugin) {
  const auto schema = plugin.schema();
  std::vector<std::string> texts{"{", R"({"no_such_key": 1})"};
  for (const auto& configs : {all_choices(schema), all_presets(schema)})
    for (const auto& config : configs) texts.push_back(config.dump());
  std::vector<Watched> out{{usual_session(plugin), ""}};
  for (const auto& text : texts)
    out.emplace_back(plugin.session({{PluginFunction::kDescribe, text}}), "given " + text + ", ");
  std::erase_if(out, [](const Watched& watched) { return !watched.first->transcript.complete; });
  return out;
}

void require_no_trace(Subject& plugin, const std::string& kind) {
  for (const auto& [session, given] : watched_sessions(plugin)) {
    std::vector<std::string> seen;
    for (const auto& trace : session->transcript.traces)
      if (trace.kind == kind && std::ranges::find(seen, trace.detail) == seen.end()) seen.push_back(trace.detail);
    std::string list;
    for (const auto& detail : seen) list += (list.empty() ? "" : "; ") + printable(detail);
    require(seen.empty(), given + list);
  }
}

void identity_present(Subject& plugin) {
  static const std::regex form("[0-9]+\\.[0-9]+\\.[0-9]+");
  const auto& version = plugin.identity().version;
  require(std::regex_match(version, form), "its version '" + version + "' is not of the form 1.2.3");
}

void name_matches_file(Subject& plugin) {
  const auto expected = plugin.identity().name + ".wlplugin.so";
  require(plugin.file().filename() == expected, "the file should be called " + expected);
}

void exports_only_entry(Subject& plugin) {
  for (const auto& symbol : exported_symbols(FileReader(plugin.file())))
    require(symbol == WL_ENTRY_NAME, "it also exports '" + symbol + "'; link with the SDK's version script");
}

void no_host_dependencies(Subject& plugin) {
  for (const auto& library : needed_libraries(FileReader(plugin.file())))
    for (const auto* host : {"libtorch", "libc10", "libboost", "librocksdb"})
      require(!library.starts_with(host), "it needs " + library + "; a plugin links nothing of the host's");
}

void loads(Subject& plugin) {
  const auto session = plugin.session({});
  if (session->transcript.failed_to_load()) session->text(0);
  if (session->transcript.answers.empty()) session->fail("when it is loaded, ");
}

void loads_quickly(Subject& plugin) {
  const auto start = std::chrono::steady_clock::now();
  plugin.session({{PluginFunction::kExtension, "weightloom.timing/1"}});
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  if (taken > kSlowLoad)
    throw CheckFailure{"it took " + std::to_string(taken.count()) + " ms; what it prepares belongs into describe()",
                       CheckResult::Outcome::kWarning};
}

void memory_bounded(Subject& plugin) {
  const auto session = usual_session(plugin);
  if (session->transcript.end == Transcript::End::kMemory) session->fail("");
  const auto peak = session->transcript.peak_memory;
  require(!plugin.isolated() || peak <= kMostMemory, "it took " + std::to_string(peak >> 20) + " MiB");
}

void answers(Subject& plugin) {
  const auto session = usual_session(plugin);
  for (std::size_t call = 0; call < session->request.calls.size(); ++call) session->text(call);
}

void exits_cleanly(Subject& plugin) {
  for (const auto& [session, given] : watched_sessions(plugin))
    if (session->transcript.end != Transcript::End::kWhole) session->fail(given + "after its last call, ");
}

void prints_nothing(Subject& plugin) {
  for (const auto& [session, given] : watched_sessions(plugin)) {
    const auto& transcript = session->transcript;
    require(transcript.printed == 0, given + "it printed " + std::to_string(transcript.printed) +
                                         " bytes: " + printable(std::string_view(transcript.output).substr(0, 80)));
  }
}

void opens_nothing(Subject& plugin) {
  require_no_trace(plugin, "files");
  require_no_trace(plugin, "sockets");
  require_no_trace(plugin, "processes");
}
void leaves_descriptors(Subject& plugin) {
  require_no_trace(plugin, "descriptors");
}
void leaves_signals(Subject& plugin) {
  require_no_trace(plugin, "signals");
}
void leaves_locale(Subject& plugin) {
  require_no_trace(plugin, "locale");
}
void leaves_environment(Subject& plugin) {
  require_no_trace(plugin, "environment");
}
void leaves_directory(Subject& plugin) {
  require_no_trace(plugin, "directory");
}
void leaves_no_threads(Subject& plugin) {
  require_no_trace(plugin, "threads");
}

void unknown_extension_null(Subject& plugin) {
  for (const auto* id : {"weightloom.nothing/1", "", "org.example.no_such_thing/9"}) {
    const auto answer = plugin.session({{PluginFunction::kExtension, id}})->text(0);
    require(answer == "null", "it answers the unknown extension '" + std::string(id) + "'");
  }
}

void sink_refusal_honoured(Subject& plugin) {
  const auto code = plugin.session({{PluginFunction::kDescribeInVain, "{}"}})->text(0);
  require(code != "0", "describe() reported success though its text was refused");
}

const std::vector<std::string_view> kFile{"identity-present"}, kLoaded{"loads"},
    kDeclared{"memory-bounded", "schema-parses", "defaults-in-range", "defaults-when-declared", "presets-in-range"},
    kAnswers{"answers"};

}  // namespace

std::span<const Check> library_checks() {
  static const std::vector<Check> checks{
      {"identity-present", "the identity record is readable without loading the file", {}, identity_present},
      {"name-matches-file", "the file is called NAME.wlplugin.so", kFile, name_matches_file},
      {"exports-only-entry", "the entry is the only exported symbol", kFile, exports_only_entry},
      {"no-host-dependencies", "it needs none of the host's libraries", kFile, no_host_dependencies},
      {"loads", "it loads, and its table is complete and agrees with the identity record", kFile, loads},
      {"loads-quickly", "loading takes less than 100 ms", kLoaded, loads_quickly},
      {"memory-bounded", "a call takes less than 512 MiB of memory", kLoaded, memory_bounded},
      {"answers", "all three functions answer for the empty configuration", kDeclared, answers},
      {"exits-cleanly", "a process that has used it ends in good order", kAnswers, exits_cleanly},
      {"prints-nothing", "it prints nothing", kAnswers, prints_nothing},
      {"opens-nothing", "it asks for no files, sockets or processes", kAnswers, opens_nothing},
      {"leaves-descriptors-alone",
       "it leaves no descriptor open, and closes none of others",
       {"answers", "opens-nothing"},
       leaves_descriptors},
      {"leaves-signals-alone", "signals are handled as before: those of others, such as Ctrl-C, go on working",
       kAnswers, leaves_signals},
      {"leaves-locale-alone", "it does not change the locale", kAnswers, leaves_locale},
      {"leaves-environment-alone", "it does not change the environment", kAnswers, leaves_environment},
      {"leaves-directory-alone", "it does not change the current directory", kAnswers, leaves_directory},
      {"leaves-no-threads",
       "no thread and no process of its is left running",
       {"answers", "opens-nothing"},
       leaves_no_threads},
      {"unknown-extension-null", "an extension that it does not know is answered with null", kAnswers,
       unknown_extension_null},
      {"sink-refusal-honoured", "a text that the host refuses is no success", kAnswers, sink_refusal_honoured},
  };
  return checks;
}

}  // namespace weightloom
