#include "known_plugin.hpp"

#include <algorithm>

namespace weightloom::host {

std::unique_ptr<Worker> KnownPlugin::take(bool first, Place place) {
  auto& kept = first ? spare_ : others_[place];
  return kept && kept->exists() ? std::move(kept) : nullptr;
}

void KnownPlugin::prepare() {
  if (!answers_) return;
  if (!zygote_) zygote_.emplace(file_);
  if (!spare_ && zygote_->ready()) spare_ = std::make_unique<Worker>(*zygote_);
}

void KnownPlugin::keep(const SessionRequest& request, Workers& workers) {
  answers_ = std::ranges::all_of(workers, [](const auto& worker) { return worker->complete(); });
  for (std::size_t i = 1; answers_ && i < workers.size(); ++i) others_[request.places[i]] = std::move(workers[i]);
}

}  // namespace weightloom::host
