#include "session.hpp"

#include <string.h>

#include <algorithm>
#include <array>
#include <thread>

#include "observation.hpp"
#include "weightloom/base/memory.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/plugin/loaded_plugin.hpp"
#include "wire.hpp"

namespace weightloom {
namespace {

enum class Part : std::uint64_t { kText, kError, kTraces, kExhaustion };

constexpr std::size_t kThreads = 4;

// Signals of real time have no name of their own.
std::string signal_name(int signal) {
  const char *what = ::sigdescr_np(signal), *brief = ::sigabbrev_np(signal);
  return what && brief ? std::string(what) + " (SIG" + brief + ")" : "signal " + std::to_string(signal);
}

std::string describe_at_once(const LoadedPlugin& plugin, const std::string& config) {
  std::array<std::string, kThreads> texts;
  std::array<std::exception_ptr, kThreads> errors;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      try {
        texts[i] = plugin.describe(config);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
  if (std::ranges::any_of(texts, [&](const auto& text) { return text != texts[0]; }))
    throw Error(ErrorCode::kPlugin, "plugin.contract", "calls at the same time gave different descriptions");
  return texts[0];
}

std::string answer_of(const LoadedPlugin& plugin, PluginFunction function, const std::string& text) {
  switch (function) {
    case PluginFunction::kSchema:
      return plugin.schema();
    case PluginFunction::kCanonicalise:
      return plugin.canonicalise(text);
    case PluginFunction::kDescribe:
      return plugin.describe(text);
    case PluginFunction::kExtension:
      return plugin.has_extension(text) ? "a pointer" : "null";
    case PluginFunction::kDescribeAtOnce:
      return describe_at_once(plugin, text);
    case PluginFunction::kDescribeInVain:
      return std::to_string(plugin.describe_in_vain(text));
  }
  return {};
}

Transcript::Answer answer(const std::function<std::string()>& ask) {
  try {
    return ask();
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error(ErrorCode::kPlugin, "plugin.contract", "a call to the plugin failed", error.what());
  }
}

void add_part(Transcript& transcript, std::string_view bytes) {
  Unpacker in(bytes);
  switch (static_cast<Part>(in.number())) {
    case Part::kText:
      transcript.answers.emplace_back(in.text());
      return;
    case Part::kError: {
      const auto code = static_cast<ErrorCode>(in.number());
      std::array<std::string, 5> texts;
      for (auto& text : texts) text = in.text();
      transcript.answers.emplace_back(Error(code, texts[0], texts[1], texts[2], texts[3]).at(texts[4]));
      return;
    }
    case Part::kTraces:
      transcript.peak_memory = in.number();
      while (!in.empty()) {
        auto kind = in.text();
        transcript.traces.push_back({std::move(kind), in.text()});
      }
      transcript.complete = true;
      return;
    case Part::kExhaustion:
      transcript.end = Transcript::End::kMemory;
      return;
  }
}

}  // namespace

std::string_view function_name(PluginFunction function) {
  switch (function) {
    case PluginFunction::kSchema:
      return "schema";
    case PluginFunction::kCanonicalise:
      return "canonicalise";
    case PluginFunction::kExtension:
      return "get_extension";
    case PluginFunction::kDescribe:
    case PluginFunction::kDescribeAtOnce:
    case PluginFunction::kDescribeInVain:
      return "describe";
  }
  return "";
}

std::string SessionRequest::packed() const {
  Packer out;
  out.text(plugin.native()).number(observe).number(stay).number(places.size());
  for (const auto place : places) out.number(static_cast<std::uint64_t>(place));
  out.number(static_cast<std::uint64_t>(clock)).number(static_cast<std::uint64_t>(time_limit.count()));
  out.number(memory_limit);
  for (const auto& call : calls) out.number(static_cast<std::uint64_t>(call.function)).text(call.text);
  return out.bytes();
}

SessionRequest SessionRequest::unpacked(std::string_view bytes) {
  Unpacker in(bytes);
  SessionRequest request;
  request.plugin = in.text();
  request.observe = in.number() != 0;
  request.stay = in.number() != 0;
  request.places.clear();
  for (auto count = in.number(); count > 0; --count) request.places.push_back(static_cast<Place>(in.number()));
  request.clock = static_cast<std::int64_t>(in.number());
  request.time_limit = std::chrono::milliseconds(in.number());
  request.memory_limit = in.number();
  while (!in.empty()) {
    const auto function = static_cast<PluginFunction>(in.number());
    request.calls.push_back({function, in.text()});
  }
  return request;
}

std::string Transcript::ending(const SessionRequest& request) const {
  std::string result;
  switch (end) {
    case End::kWhole:
      return {};
    case End::kSignal:
      result = "it crashed: " + signal_name(number);
      break;
    case End::kExit:
      result = "it ended the process, with exit code " + std::to_string(number);
      break;
    case End::kTime:
      result = "it gave no answer within " + std::to_string(request.time_limit.count()) + " ms";
      break;
    case End::kMemory:
      result =
          "it asked for more memory than the " + std::to_string(request.memory_limit >> 20) + " MiB that it may have";
      break;
    case End::kOutput:
      result = "it printed without end";
      break;
  }
  if (!output.empty()) result += "; it printed: " + printable(output);
  return result;
}

std::string packed_answer(const Transcript::Answer& answer) {
  Packer out;
  if (const auto* text = std::get_if<std::string>(&answer))
    return out.number(static_cast<std::uint64_t>(Part::kText)).text(*text).bytes();
  const auto& error = std::get<Error>(answer);
  out.number(static_cast<std::uint64_t>(Part::kError)).number(static_cast<std::uint64_t>(error.code()));
  for (const auto* text : {&error.id(), &error.summary(), &error.why(), &error.hint(), &error.path()}) out.text(*text);
  return out.bytes();
}

std::string packed_traces(const std::vector<Trace>& traces, std::uint64_t peak_memory) {
  Packer out;
  out.number(static_cast<std::uint64_t>(Part::kTraces)).number(peak_memory);
  for (const auto& trace : traces) out.text(trace.kind).text(trace.detail);
  return out.bytes();
}

std::string packed_exhaustion() {
  return Packer().number(static_cast<std::uint64_t>(Part::kExhaustion)).bytes();
}

bool is_last_part(std::string_view part) {
  return static_cast<Part>(Unpacker(part).number()) == Part::kTraces;
}

void add_parts(Transcript& transcript, std::string_view messages) {
  try {
    for (Unpacker in(messages); !in.empty();) add_part(transcript, in.view());
  } catch (const Error&) {
    // It died while it wrote, which the way it ended says.
  }
}

void carry_out(const SessionRequest& request, const std::function<void(const std::string&)>& hand_over,
               const std::function<std::vector<Trace>()>& touched, const LoadedPlugin* loaded) {
  const auto before = request.observe ? ProcessState::now() : ProcessState();
  std::vector<Trace> traces;
  const auto note_touched = [&] {
    if (request.observe && touched) std::ranges::move(touched(), std::back_inserter(traces));
  };
  std::optional<LoadedPlugin> plugin;
  if (loaded) plugin = *loaded;
  const auto loading = answer([&] {
    if (plugin) return std::string();
    const auto identity = read_plugin_identity(request.plugin);
    note_touched(), traces.clear();  // what reading the file itself has opened
    plugin = LoadedPlugin::load(identity);
    return std::string();
  });
  note_touched();
  hand_over(packed_answer(loading));
  for (const auto& call : plugin ? request.calls : std::vector<PluginCall>()) {
    auto text = call.text;
    const auto given = answer([&] { return answer_of(*plugin, call.function, text); });
    note_touched();
    std::ranges::fill(text, '!');  // a plugin keeps no text of its host's
    hand_over(packed_answer(given));
  }
  if (request.observe) std::ranges::move(before.changes(ProcessState::now()), std::back_inserter(traces));
  hand_over(packed_traces(traces, request.observe ? peak_memory() : 0));
}

}  // namespace weightloom
