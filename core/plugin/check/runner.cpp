// Which checks are carried out, in which order, and what becomes of them.

#include <algorithm>
#include <condition_variable>
#include <optional>
#include <thread>

#include "child_process.hpp"
#include "tiers.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/progress.hpp"

namespace weightloom {
namespace fs = std::filesystem;
namespace {

using Outcome = CheckResult::Outcome;

constexpr unsigned kNetworkSeconds = 60;
constexpr std::int64_t kMostExecutedValues = 3'000'000;  // of networks that are executed in many configurations
constexpr const char* kWaivers = "weightloom-check.toml";

// One entry of the whole table.
struct Item {
  CheckResult result;
  std::vector<std::string> needs;
  void (*ask)(Subject&) = nullptr;        // either this
  const NetworkCheck* network = nullptr;  // or this
  bool shown = false, wanted = false, done = false;
};

std::vector<Item> all_items(const CheckOptions& options) {
  std::vector<Item> items;
  const auto add = [&](const char* tier, std::span<const Check> checks) {
    for (const auto& check : checks)
      items.push_back({{check.name, tier, check.sentence, Outcome::kPassed, {}},
                       {check.needs.begin(), check.needs.end()},
                       check.run});
  };
  add("library", library_checks());
  add("config", config_checks());
  add("layout", layout_checks());
  add("graph", graph_checks());
  add("dialect", dialect_checks());
  for (const auto& check : options.further) {
    auto needs = check.needs;
    for (const auto need : with_valid_description({"describe-deterministic"})) needs.emplace_back(need);
    items.push_back(
        {{check.name, check.tier, check.sentence, Outcome::kPassed, {}}, std::move(needs), nullptr, &check});
  }
  return items;
}

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') return fits(pattern.substr(1), name) || (!name.empty() && fits(pattern, name.substr(1)));
  return !name.empty() && pattern.front() == name.front() && fits(pattern.substr(1), name.substr(1));
}

bool fits_any(const std::vector<std::string>& patterns, const std::string& name) {
  return std::ranges::any_of(patterns, [&](const auto& pattern) { return fits(pattern, name); });
}

void require_known(const std::vector<std::string>& words, const char* what, const std::vector<std::string>& known) {
  for (const auto& word : words) {
    if (std::ranges::any_of(known, [&](const auto& name) { return fits(word, name); })) continue;
    const auto near = nearest_name(word, known);
    throw Error(ErrorCode::kUsage, "check.unknown", std::string("no ") + what + " '" + word + "'", "",
                near.empty() ? "'weightloom plugin check --list' names them" : "did you mean '" + near + "'?");
  }
}

void choose(std::vector<Item>& items, const CheckOptions& options) {
  std::vector<std::string> names, tiers;
  for (const auto& item : items) names.push_back(item.result.name), tiers.push_back(item.result.tier);
  tiers.push_back("execution");  // of which only the engine has checks
  require_known(options.tiers, "tier", tiers);
  require_known(options.include, "check", names);
  require_known(options.exclude, "check", names);
  for (auto& item : items)
    item.shown = (options.tiers.empty() || fits_any(options.tiers, item.result.tier)) &&
                 (options.include.empty() || fits_any(options.include, item.result.name)) &&
                 !fits_any(options.exclude, item.result.name);
}

// Carries out what is wanted, each check after those that it needs.
class Runner {
 public:
  Runner(std::vector<Item>& items, Subject& plugin, const CheckOptions& options)
      : items_(items), plugin_(plugin), options_(options) {
    for (auto& item : items_)
      if (item.shown) want(item);
  }

  void run() {
    std::vector<std::thread> helpers;
    for (int i = 1; i < options_.jobs && plugin_.isolated(); ++i) helpers.emplace_back([this] { work(); });
    work();
    for (auto& helper : helpers) helper.join();
    for (auto& item : items_)
      if (item.wanted && item.network) settle(item, [&] { return ask_network(item); });
    throw_if_interrupted();
  }

 private:
  Item* find(const std::string& name) {
    const auto found = std::ranges::find_if(items_, [&](const Item& item) { return item.result.name == name; });
    return found == items_.end() ? nullptr : &*found;
  }

  // In `order_` behind everything that it needs.
  void want(Item& item) {
    if (item.wanted) return;
    item.wanted = true;
    for (const auto& need : item.needs)
      if (auto* other = find(need)) want(*other);
    if (item.ask) order_.push_back(&item);
  }

  void work() {
    while (true) {
      std::unique_lock lock(mutex_);
      if (next_ == order_.size()) return;
      auto& item = *order_[next_++];
      changed_.wait(
          lock, [&] { return std::ranges::all_of(item.needs, [&](const auto& need) { return find(need)->done; }); });
      lock.unlock();
      settle(item, [&] { return ask(item); });
    }
  }

  // The verdict of a check whose needs are done.
  void settle(Item& item, const std::function<CheckFailure()>& carry_out) {
    CheckFailure verdict{{}, Outcome::kPassed};
    if (const auto cause = interrupt_requested() ? "the end" : unmet(item))
      verdict = {"waits for '" + *cause + "'", Outcome::kSkipped};
    else
      verdict = carry_out();
    const std::lock_guard lock(mutex_);
    item.result.outcome = verdict.outcome;
    item.result.detail = std::move(verdict.why);
    item.done = true;
    changed_.notify_all();
  }

  // The check that failed and that `item` waits for, if it is through others.
  std::optional<std::string> unmet(const Item& item) {
    const std::lock_guard lock(mutex_);
    for (const auto& need : item.needs) {
      const auto& result = find(need)->result;
      if (result.outcome == Outcome::kSkipped)
        return result.detail.substr(sizeof("waits for '") - 1, result.detail.size() - sizeof("waits for '"));
      if (!result.good()) return result.name;
    }
    return std::nullopt;
  }

  CheckFailure ask(const Item& item) {
    try {
      item.ask(plugin_);
      return {{}, Outcome::kPassed};
    } catch (const CheckFailure& failure) {
      return failure;
    } catch (const Error& error) {
      return {error.why().empty() ? error.summary() : error.why(), Outcome::kFailed};
    } catch (const std::exception& error) {
      return {error.what(), Outcome::kFailed};
    }
  }

  CheckFailure ask_network(const Item& item) {
    if (item.network->everywhere) return ask_networks(*item.network);
    const auto description = plugin_.try_description(options_.config);
    if (!description) return {options_.config.dump() + " describes no network", Outcome::kFailed};
    return carry_out(*item.network, *description);
  }

  // The first fault.
  CheckFailure ask_networks(const NetworkCheck& check) {
    for (const auto& network : plugin_.several_networks(kMostExecutedValues)) {
      auto verdict = carry_out(check, network);
      if (interrupt_requested()) break;
      if (verdict.outcome == Outcome::kPassed || verdict.outcome == Outcome::kSkipped) continue;
      verdict.why = network.label() + ": " + verdict.why;
      return verdict;
    }
    return {{}, Outcome::kPassed};
  }

  CheckFailure carry_out(const NetworkCheck& check, const NetworkDescription& network) const {
    const auto attempt = [&] { return to_text(attempt_network(check, network)); };
    if (options_.hosting.in_process) return from_text(attempt());
    const auto child = run_in_child(attempt, kNetworkSeconds);
    if (child.timed_out) return {"no result after " + std::to_string(kNetworkSeconds) + " seconds", Outcome::kTimeout};
    if (!child.exited || child.text.empty()) return {"executing it ended the process", Outcome::kCrashed};
    return from_text(child.text);
  }

  CheckFailure attempt_network(const NetworkCheck& check, const NetworkDescription& description) const {
    try {
      check.run(description, options_.seed);
      return {{}, Outcome::kPassed};
    } catch (const CheckFailure& failure) {
      return failure;
    } catch (const std::exception& error) {
      return {error.what(), Outcome::kFailed};
    }
  }

  // A verdict on its way out of a child.
  static std::string to_text(const CheckFailure& verdict) {
    return static_cast<char>('0' + static_cast<int>(verdict.outcome)) + verdict.why;
  }
  static CheckFailure from_text(const std::string& text) {
    return {text.substr(1), static_cast<Outcome>(text.front() - '0')};
  }

  std::vector<Item>& items_;
  Subject& plugin_;
  const CheckOptions& options_;
  std::vector<Item*> order_;
  std::size_t next_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

std::vector<CheckResult> shown(std::vector<Item>& items, const CheckOptions& options) {
  std::vector<CheckResult> results;
  for (auto& item : items) {
    if (!item.shown) continue;
    const auto waiver = options.waivers.find(item.result.name);
    if (waiver != options.waivers.end() && !item.result.good()) {
      item.result.outcome = Outcome::kWarning;
      item.result.detail += " (waived: " + waiver->second + ")";
    }
    results.push_back(item.result);
  }
  return results;
}

}  // namespace

std::string_view outcome_name(CheckResult::Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed:
      return "passed";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kCrashed:
      return "crashed";
    case Outcome::kTimeout:
      return "timeout";
    case Outcome::kSkipped:
      return "skipped";
    case Outcome::kWarning:
      return "warning";
  }
  return "";
}

std::vector<CheckResult> list_checks(const CheckOptions& options) {
  auto items = all_items(options);
  choose(items, options);
  return shown(items, options);
}

std::vector<CheckResult> check_plugin(const fs::path& file, const CheckOptions& options) {
  const FileReader exists(file);
  auto items = all_items(options);
  choose(items, options);
  Subject plugin(fs::absolute(file), options);
  Runner(items, plugin, options).run();
  return shown(items, options);
}

std::map<std::string, std::string> find_waivers(const fs::path& folder) {
  std::map<std::string, std::string> waivers;
  for (auto at = fs::weakly_canonical(fs::absolute(folder));; at = at.parent_path()) {
    if (fs::is_regular_file(at / kWaivers)) {
      const auto where = (at / kWaivers).string();
      ConfigReader file(load_toml(at / kWaivers), where);
      const auto table = file.value("waive", Json::object());
      file.finish();
      ConfigReader reader(table, where + ": [waive]");
      for (const auto& waiver : table.items()) waivers[waiver.key()] = reader.required_text(waiver.key());
      return waivers;
    }
    if (at == at.parent_path()) return waivers;
  }
}

}  // namespace weightloom
