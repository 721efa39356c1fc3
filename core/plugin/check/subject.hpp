#pragma once
// One plugin file under examination: what it says, asked for once, each time in a process of its own.

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "plugin_process.hpp"
#include "weightloom/plugin/check.hpp"
#include "weightloom/plugin/identity.hpp"

namespace weightloom {

inline void require(bool condition, const std::string& why) {
  if (!condition) throw CheckFailure{why};
}

// [any-thread]
class Subject {
 public:
  Subject(std::filesystem::path file, const CheckOptions& options);

  const std::filesystem::path& file() const { return file_; }
  std::uint64_t seed() const { return options_.seed; }
  std::size_t configurations() const { return options_.configurations; }
  // Whether what the plugin opens is seen: not in the checking process itself.
  bool isolated() const { return !options_.hosting.in_process; }
  PluginIdentity identity() const { return read_plugin_identity(file_); }

  // One process, asked all of it.
  struct Session {
    SessionRequest request;
    Transcript transcript;
    // The text that answers call `index`. Throws CheckFailure in the plugin's own words, or with the way it ended.
    const std::string& text(std::size_t index) const;
    // How it ended when not in good order, with what stands before it: `after`.
    [[noreturn]] void fail(const std::string& after) const;
  };
  std::shared_ptr<const Session> session(std::vector<PluginCall> calls, Place place = Place::kHere);

  // Of one call each; throw CheckFailure.
  std::string schema_text();
  Json schema();
  std::string canonical_text(const std::string& config = "{}");
  std::string description_text(const std::string& config = "{}");
  NetworkDescription description(const std::string& config = "{}");
  // Nothing where the configuration is refused, or fails in any other way: some other check says so.
  std::optional<NetworkDescription> try_description(const Json& config);
  // The default network and others, in what the schema can vary: some of each key's, of at most so many values.
  std::vector<NetworkDescription> several_networks(std::int64_t most_values);

  // Whether the configuration has a canonical form.
  bool accepts(const Json& config);
  // The configuration must be refused as the user's fault, in a message that holds `key`.
  void require_refusal(const std::string& config, const std::string& key);
  // It must be described, or refused with a reason; anything else is told with the configuration in front.
  void require_network_or_refusal(const Json& config);

 private:
  std::unique_ptr<PluginProcess> take_process();
  std::vector<Transcript> run(SessionRequest& request);

  const std::filesystem::path file_;
  const CheckOptions& options_;
  const std::int64_t clock_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PluginProcess>> idle_;
  std::map<std::string, std::shared_ptr<const Session>> sessions_;  // by request, as many as there is room for
  std::size_t room_ = std::size_t{128} << 20;                       // bytes of what they hold
};

}  // namespace weightloom
