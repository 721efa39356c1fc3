#pragma once
// A session: one plugin loaded into a fresh process and asked a few things, one after the other.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weightloom/base/error.hpp"

namespace weightloom {

class LoadedPlugin;

enum class PluginFunction : std::uint8_t {
  kSchema,
  kCanonicalise,
  kDescribe,
  kExtension,       // answers "null" or "a pointer"
  kDescribeAtOnce,  // on several threads; fails when they disagree
  kDescribeInVain,  // into a sink that refuses; answers the function's result as a number
};
std::string_view function_name(PluginFunction function);

// In what a process differs from that of the host.
enum class Place : std::uint8_t {
  kHere = 0,
  kAnotherTime = 1,
  kAnotherEnvironment = 2,  // and another folder and locale
  kAnotherAddress = 4,      // of what is loaded and what is allocated
  kElsewhere = 7
};

struct PluginCall {
  PluginFunction function = PluginFunction::kSchema;
  std::string text;
};

struct SessionRequest {
  std::filesystem::path plugin;
  std::vector<PluginCall> calls;
  // Where it takes place: one process for each, side by side.
  std::vector<Place> places{Place::kHere};
  // Report what is left behind, with the clock standing still at `clock` seconds after 1970.
  bool observe = false;
  std::int64_t clock = 0;
  // The process remains for other sessions of the same plugin, which begin in whatever state it is then.
  bool stay = false;
  std::chrono::milliseconds time_limit{0};
  std::uint64_t memory_limit = 0;

  std::string packed() const;
  static SessionRequest unpacked(std::string_view bytes);
};

// Something about the process that the plugin changed or used: {"signals", "SIGINT is ignored"}.
struct Trace {
  std::string kind, detail;
};

struct Transcript {
  enum class End : std::uint8_t { kWhole, kSignal, kExit, kTime, kMemory, kOutput } end = End::kWhole;
  int number = 0;             // the signal, or the exit code
  std::string output;         // the first bytes of what was printed
  std::uint64_t printed = 0;  // bytes
  bool complete = false;      // everything was answered, whatever became of the process afterwards
  using Answer = std::variant<std::string, Error>;
  std::vector<Answer>
      answers;  // the first is that of loading, which has no text; then those of the calls, while it lived
  std::vector<Trace> traces;
  std::uint64_t peak_memory = 0;  // bytes resident, where observed

  bool failed_to_load() const { return !answers.empty() && std::holds_alternative<Error>(answers.front()); }
  // What ended it before the end, for people: "it crashed: Segmentation fault (SIGSEGV)"; empty for a whole one.
  std::string ending(const SessionRequest& request) const;
};

// The parts of a transcript that the plugin's own process writes, each one message.
std::string packed_answer(const Transcript::Answer& answer);
std::string packed_traces(const std::vector<Trace>& traces, std::uint64_t peak_memory);
std::string packed_exhaustion();
// The last one of a session that was carried out whole.
bool is_last_part(std::string_view part);
// Takes them in, in the order of their writing, up to one that was cut off.
void add_parts(Transcript& transcript, std::string_view messages);

// Carries a session out in this process and hands over each part when it is there. `touched`, where given, says which
// files, sockets and the like the plugin has asked for since the last call of it; `loaded`, the plugin where this
// process has it already.
void carry_out(const SessionRequest& request, const std::function<void(const std::string&)>& hand_over,
               const std::function<std::vector<Trace>()>& touched = {}, const LoadedPlugin* loaded = nullptr);

}  // namespace weightloom
