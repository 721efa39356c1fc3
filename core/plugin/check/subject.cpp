#include "subject.hpp"

#include <ctime>
#include <iterator>
#include <set>

#include "variations.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/base/text.hpp"
#include "wire.hpp"

namespace weightloom {
namespace {

using Outcome = CheckResult::Outcome;

constexpr std::size_t kMostNetworks = 32;

Outcome outcome_of(Transcript::End end) {
  if (end == Transcript::End::kTime) return Outcome::kTimeout;
  return end == Transcript::End::kSignal || end == Transcript::End::kExit ? Outcome::kCrashed : Outcome::kFailed;
}

std::string words_of(const Error& error) {
  return error.why().empty() ? error.summary() : error.why();
}

std::vector<Transcript> carry_out_here(const SessionRequest& request) {
  Transcript transcript;
  carry_out(request, [&](const std::string& part) { add_parts(transcript, Packer().text(part).bytes()); });
  return {std::move(transcript)};
}

}  // namespace

Subject::Subject(std::filesystem::path file, const CheckOptions& options)
    : file_(std::move(file)), options_(options), clock_(std::time(nullptr)) {}

void Subject::Session::fail(const std::string& after) const {
  throw CheckFailure{after + transcript.ending(request), outcome_of(transcript.end)};
}

const std::string& Subject::Session::text(std::size_t index) const {
  if (transcript.failed_to_load()) throw CheckFailure{words_of(std::get<Error>(transcript.answers.front()))};
  if (transcript.answers.size() < index + 2) {
    const auto& calls = request.calls;
    fail(transcript.answers.empty() || calls.empty()
             ? "when it is loaded, "
             : "in '" + std::string(function_name(calls[transcript.answers.size() - 1].function)) + "', ");
  }
  const auto& answer = transcript.answers[index + 1];
  if (const auto* error = std::get_if<Error>(&answer)) throw CheckFailure{words_of(*error)};
  return std::get<std::string>(answer);
}

std::unique_ptr<PluginProcess> Subject::take_process() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<PluginProcess>(options_.hosting);
  auto process = std::move(idle_.back());
  idle_.pop_back();
  return process;
}

std::vector<Transcript> Subject::run(SessionRequest& request) {
  throw_if_interrupted();
  if (!isolated()) return carry_out_here(request);
  auto process = take_process();
  auto transcripts = process->run(request);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(process));
  return transcripts;
}

std::shared_ptr<const Subject::Session> Subject::session(std::vector<PluginCall> calls, Place place) {
  auto session = std::make_shared<Session>();
  session->request = {.plugin = file_, .calls = std::move(calls), .places = {place}, .observe = true, .clock = clock_};
  const auto key = session->request.packed();
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = sessions_.find(key); found != sessions_.end()) return found->second;
  }
  session->transcript = std::move(run(session->request).front());
  auto bytes = key.size();
  for (const auto& answer : session->transcript.answers)
    if (const auto* text = std::get_if<std::string>(&answer)) bytes += text->size();
  const std::lock_guard lock(mutex_);
  if (bytes <= room_ && sessions_.emplace(key, session).second) room_ -= bytes;
  return session;
}

std::string Subject::schema_text() {
  return session({{PluginFunction::kSchema, ""}})->text(0);
}

Json Subject::schema() {
  return Json::parse(schema_text());
}

std::string Subject::canonical_text(const std::string& config) {
  return session({{PluginFunction::kCanonicalise, config}})->text(0);
}

std::string Subject::description_text(const std::string& config) {
  return session({{PluginFunction::kDescribe, config}})->text(0);
}

NetworkDescription Subject::description(const std::string& config) {
  return parse_description(description_text(config));
}

std::optional<NetworkDescription> Subject::try_description(const Json& config) {
  try {
    return description(config.dump());
  } catch (const CheckFailure&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<NetworkDescription> Subject::several_networks(std::int64_t most_values) {
  const auto declared = schema();
  std::vector<Json> configs{Json::object()};
  for (const auto& some : {all_presets(declared), all_choices(declared)})
    configs.insert(configs.end(), some.begin(), some.end());
  for (const auto& key : declared["keys"].items()) {
    const auto others = other_settings(declared, key.key());
    configs.insert(configs.end(), others.begin(), others.begin() + std::min<std::ptrdiff_t>(std::ssize(others), 4));
  }
  std::vector<NetworkDescription> out;
  std::set<std::string> seen;
  for (const auto& config : configs) {
    if (out.size() == kMostNetworks) break;
    auto network = try_description(config);
    if (network && network->value_count() <= most_values && seen.insert(network->identity).second)
      out.push_back(std::move(*network));
  }
  return out;
}

bool Subject::accepts(const Json& config) {
  const auto asked = session({{PluginFunction::kCanonicalise, config.dump()}});
  return asked->transcript.answers.size() > 1 && std::holds_alternative<std::string>(asked->transcript.answers[1]);
}

void Subject::require_refusal(const std::string& config, const std::string& key) {
  const auto shown = printable(std::string_view(config).substr(0, 80));
  const auto asked = session({{PluginFunction::kCanonicalise, config}});
  if (asked->transcript.answers.size() < 2) asked->fail("given " + shown + ", ");
  const auto* error = std::get_if<Error>(&asked->transcript.answers[1]);
  require(error != nullptr, shown + " was accepted");
  require(error->code() == ErrorCode::kUsage, shown + " gave: " + words_of(*error));
  require(error->why().find(key) != std::string::npos,
          "the message for " + shown + " does not name '" + key + "': " + error->why());
}

void Subject::require_network_or_refusal(const Json& config) {
  const auto text = config.dump();
  const auto asked = session({{PluginFunction::kDescribe, text}});
  if (asked->transcript.answers.size() < 2) asked->fail("given " + text + ", ");
  const auto* error = std::get_if<Error>(&asked->transcript.answers[1]);
  if (error != nullptr) {
    require(error->code() == ErrorCode::kUsage, "given " + text + ", it fails: " + words_of(*error));
    return;
  }
  if (!asked->transcript.complete) asked->fail("given " + text + ", ");
  try {
    description(text);
  } catch (const Error& invalid) {
    throw CheckFailure{"given " + text + ", " + invalid.summary() + ": " + invalid.why()};
  }
}

}  // namespace weightloom
