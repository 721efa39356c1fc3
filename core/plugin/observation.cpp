#include "observation.hpp"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <clocale>
#include <filesystem>
#include <fstream>

namespace weightloom {
namespace fs = std::filesystem;
namespace {

std::string disposition(int signal) {
  struct sigaction action {};
  if (::sigaction(signal, nullptr, &action) != 0) return "";
  if (action.sa_handler == SIG_DFL) return "left alone";
  return action.sa_handler == SIG_IGN ? "ignored" : "handled";
}

std::map<int, std::string> dispositions() {
  std::map<int, std::string> result;
  for (int signal = 1; signal < 32; ++signal) result[signal] = disposition(signal);
  return result;
}

std::map<std::string, std::string> variables() {
  std::map<std::string, std::string> result;
  for (auto** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const auto equals = text.find('=');
    if (equals != text.npos) result[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  return result;
}

std::map<std::string, std::string> descriptors() {
  std::map<std::string, std::string> result;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", error)) {
    const auto target = fs::read_symlink(entry.path(), error);
    // The iterator's own descriptor is gone by the time that it is looked at.
    if (!error && target.string().find("/proc/") != 0) result[entry.path().filename()] = target;
  }
  return result;
}

std::size_t threads() {
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator entry("/proc/self/task", error), end; !error && entry != end; entry.increment(error))
    ++count;
  return count;
}

// Processes that it has started and that are there.
std::size_t children() {
  std::ifstream in("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  std::size_t count = 0;
  for (pid_t child = 0; in >> child;) ++count;
  return count;
}

void compare(std::vector<Trace>& out, const char* kind, const std::map<std::string, std::string>& before,
             const std::map<std::string, std::string>& after) {
  for (const auto& [name, value] : after) {
    const auto found = before.find(name);
    if (found == before.end())
      out.push_back({kind, "'" + name + "' is new: '" + value + "'"});
    else if (found->second != value)
      out.push_back({kind, "'" + name + "' became '" + value + "'"});
  }
  for (const auto& [name, value] : before)
    if (!after.contains(name)) out.push_back({kind, "'" + name + "' is gone"});
}

}  // namespace

ProcessState ProcessState::now() {
  ProcessState state;
  std::error_code error;
  state.signals_ = dispositions();
  state.variables_ = variables();
  state.descriptors_ = descriptors();
  state.locale_ = std::setlocale(LC_ALL, nullptr);
  state.directory_ = fs::current_path(error);
  state.threads_ = threads();
  state.children_ = children();
  return state;
}

std::vector<Trace> ProcessState::changes(const ProcessState& later) const {
  std::vector<Trace> out;
  for (const auto& [signal, was] : signals_)
    if (const auto& is = later.signals_.at(signal); is != was)
      out.push_back({"signals", std::string("SIG") + ::sigabbrev_np(signal) + " is " + is});
  compare(out, "environment", variables_, later.variables_);
  compare(out, "descriptors", descriptors_, later.descriptors_);
  if (later.locale_ != locale_) out.push_back({"locale", "it is '" + later.locale_ + "' now"});
  if (later.directory_ != directory_) out.push_back({"directory", "it is '" + later.directory_ + "' now"});
  if (later.threads_ > threads_)
    out.push_back({"threads", std::to_string(later.threads_ - threads_) + " threads still running"});
  if (later.children_ > children_)
    out.push_back({"threads", std::to_string(later.children_ - children_) + " processes still running"});
  return out;
}

}  // namespace weightloom
