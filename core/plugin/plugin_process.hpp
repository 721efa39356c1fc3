#pragma once
// The host's end of `weightloom-plugin-host`.

#include <mutex>
#include <vector>

#include "session.hpp"
#include "weightloom/plugin/hosting.hpp"

namespace weightloom {

// One server process, started on first use and again where it was lost; it ends with this object or its process.
// [any-thread]: one session at a time.
class PluginProcess {
 public:
  // `directories` of plugins, where an installation's executables are not far.
  explicit PluginProcess(PluginHosting hosting, std::vector<std::filesystem::path> directories = {})
      : hosting_(std::move(hosting)), directories_(std::move(directories)) {}
  ~PluginProcess();
  PluginProcess(const PluginProcess&) = delete;
  PluginProcess& operator=(const PluginProcess&) = delete;

  // One transcript for each place. Limits that the request leaves at 0 are the hosting's.
  // Throws kFailure "plugin.no_host", or "plugin.host_lost" when something from outside ended the server.
  std::vector<Transcript> run(SessionRequest& request);

 private:
  void start();
  void stop();
  PluginHosting hosting_;
  std::vector<std::filesystem::path> directories_;
  std::mutex mutex_;
  int socket_ = -1;
  pid_t process_ = 0;
};

}  // namespace weightloom
