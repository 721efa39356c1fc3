// `weightloom-plugin-host`: carries sessions out for the process at the other end of its socket, each in a child of its
// own, and ends with that process. It runs no code of a plugin's itself.

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

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
    using Place = SessionRequest::Place;
    std::vector<std::unique_ptr<Worker>> workers;
    for (const bool elsewhere : {false, true}) {
      if (request.place == (elsewhere ? Place::kHere : Place::kElsewhere)) continue;
      auto& spare = spares_[elsewhere];
      if (!spare) spare = std::make_unique<Worker>(elsewhere, kSocket);
      workers.push_back(std::move(spare));
      workers.back()->begin(request);
      spare = std::make_unique<Worker>(elsewhere, kSocket);  // made while those at work leave time
    }
    if (!wait_for(workers)) return false;
    std::string reply;
    for (const auto& worker : workers) reply += worker->packed();
    return send_message(kSocket, reply);
  }

 private:
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

  std::array<std::unique_ptr<Worker>, 2> spares_;
};

}  // namespace
}  // namespace weightloom::host

int main() {
  using namespace weightloom;
  ::signal(SIGPIPE, SIG_IGN);
  try {
    host::Server server;
    while (const auto message = receive_message(host::kSocket))
      if (!server.serve(SessionRequest::unpacked(*message))) break;
  } catch (const Error&) {
    return 1;  // started by hand, or by another version
  }
  return 0;
}
