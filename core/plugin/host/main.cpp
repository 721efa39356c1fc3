// `weightloom-plugin-host`: carries sessions out for the process at the other end of its socket, each in a child of its
// own, and ends with that process. It runs no code of a plugin's itself.

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "surroundings.hpp"
#include "wire.hpp"
#include "worker.hpp"

namespace weightloom::host {
namespace {

constexpr int kSocket = 3;

bool host_is_there() {
  pollfd host{kSocket, POLLRDHUP, 0};
  return ::poll(&host, 1, 0) == 0;
}

class Server {
 public:
  // False when nobody waits for the result any more.
  bool serve(const SessionRequest& request) {
    std::vector<std::unique_ptr<Worker>> workers;
    for (const auto place : request.places) {
      workers.push_back(take_spare());
      workers.back()->begin(request, place);
    }
    // New ones are made while those at work leave time.
    while (spares_.size() < workers.size()) spares_.push_back(std::make_unique<Worker>(kSocket));
    if (!wait_for(workers)) return false;
    std::string reply;
    for (const auto& worker : workers) reply += worker->packed();
    return send_message(kSocket, reply);
  }

 private:
  std::unique_ptr<Worker> take_spare() {
    if (spares_.empty()) return std::make_unique<Worker>(kSocket);
    auto worker = std::move(spares_.back());
    spares_.pop_back();
    return worker;
  }

  static bool wait_for(const std::vector<std::unique_ptr<Worker>>& workers) {
    const auto finished = [](const auto& worker) { return worker->finished(); };
    while (!std::ranges::all_of(workers, finished)) {
      std::vector<pollfd> waits{{kSocket, POLLRDHUP, 0}};
      auto timeout = std::chrono::milliseconds(60000);
      for (const auto& worker : workers) {
        if (worker->finished()) continue;
        worker->add_to(waits);
        timeout = std::min(timeout, worker->time_left());
      }
      ::poll(waits.data(), waits.size(), static_cast<int>(timeout.count()));
      if (!host_is_there()) return false;
      for (const auto& worker : workers)
        if (!worker->finished()) worker->look();
    }
    return true;
  }

  std::vector<std::unique_ptr<Worker>> spares_;
};

}  // namespace
}  // namespace weightloom::host

int main() {
  using namespace weightloom;
  ::signal(SIGPIPE, SIG_IGN);
  try {
    host::prepare_places();
    host::Server server;
    while (const auto message = receive_message(host::kSocket))
      if (!server.serve(SessionRequest::unpacked(*message))) break;
  } catch (const Error&) {
    return 1;  // started by hand, or by another version
  }
  return 0;
}
