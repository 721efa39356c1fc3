// Leaves a thread behind.
#include <chrono>
#include <thread>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  static std::thread idle([] { std::this_thread::sleep_for(std::chrono::hours(1)); });
  if (idle.joinable()) idle.detach();
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
