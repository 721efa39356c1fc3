#include "weightloom/base/progress.hpp"

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);
}  // namespace

void request_interrupt() noexcept {
  interrupted.store(true, std::memory_order_relaxed);
}
bool interrupt_requested() noexcept {
  return interrupted.load(std::memory_order_relaxed);
}

void clear_interrupt() noexcept {
  interrupted.store(false, std::memory_order_relaxed);
}

void throw_if_interrupted() {
  if (interrupt_requested())
    throw Error(ErrorCode::kInterrupted, "interrupted", "interrupted", "finished work was kept",
                "run the same command again to go on");
}

}  // namespace weightloom
