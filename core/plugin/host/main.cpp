// `weightloom-plugin-host`: carries sessions out for the process at the other end of its socket, each in a child of its
// own, and ends with that process. It runs no code of a plugin's itself.

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "known_plugin.hpp"
#include "surroundings.hpp"
#include "wire.hpp"

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
    if (request.observe)
      known_.reset();
    else if (!known_ || !known_->is(request.plugin))
      known_.emplace(request.plugin);
    Workers workers;
    for (std::size_t i = 0; i < request.places.size(); ++i) {
      auto kept = known_ ? known_->take(i == 0, request.places[i]) : nullptr;
      workers.push_back(kept ? std::move(kept) : take_spare());
      begin(*workers[i], request, i);
    }
    // Others are ended and made while those at work leave time.
    past_.clear();
    if (known_) known_->prepare();
    while (spares_.size() < workers.size()) spares_.push_back(std::make_unique<Worker>());
    if (!wait_for(workers) || !doubt(request, workers)) return false;
    std::string reply;
    for (const auto& worker : workers) reply += worker->packed();
    const bool sent = send_message(kSocket, reply);
    if (known_) known_->keep(request, workers);
    past_ = std::move(workers);
    return sent;
  }

 private:
  std::unique_ptr<Worker> take_spare() {
    if (spares_.empty()) return std::make_unique<Worker>();
    auto worker = std::move(spares_.back());
    spares_.pop_back();
    return worker;
  }

  static void begin(Worker& worker, SessionRequest request, std::size_t at) {
    request.stay = at > 0 && !request.observe;
    request.places = {request.places[at]};
    worker.begin(request);
  }

  // One that has stayed proves nothing where it does not confirm: another says it from the beginning.
  bool doubt(const SessionRequest& request, Workers& workers) {
    bool doubted = false;
    for (std::size_t i = 1; i < workers.size(); ++i) {
      const bool confirms = workers[i]->complete() && workers[i]->parts() == workers[0]->parts();
      if (confirms || workers[i]->sessions() == 1) continue;
      workers[i] = take_spare();
      begin(*workers[i], request, i);
      doubted = true;
    }
    return !doubted || wait_for(workers);
  }

  static bool wait_for(const Workers& workers) {
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

  std::optional<KnownPlugin> known_;
  Workers spares_, past_;
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
