#include "weightloom/compute/threads.hpp"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "weightloom/compute/torch.hpp"
#include "weightloom/compute/torch_error.hpp"

namespace weightloom {
namespace {

// OpenBLAS has threads of its own; other libraries lack these functions.
void set_blas_threads(int count) {
  if (auto* set = reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(count);
}

}  // namespace

void set_threads(int count) {
  if (count <= 0) count = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  at::set_num_threads(count);
  set_blas_threads(count);
}

int thread_count() {
  return at::get_num_threads();
}

SingleThreaded::SingleThreaded() : before_(at::get_num_threads()) {
  set_threads(1);
}
SingleThreaded::~SingleThreaded() {
  set_threads(before_);
}

// A run lasts while `open` names its task, and until no worker is busy with one.
struct Workers::Crew {
  Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() {
    {
      const std::lock_guard lock(mutex);
      closing = true;
    }
    changed.notify_all();
  }

  struct Task {
    std::size_t jobs;
    const std::function<void(std::size_t)>* work;
    at::ThreadLocalState caller;
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;  // under the crew's mutex
  };

  void run_jobs(Task& task) noexcept {
    try {
      const at::ThreadLocalStateGuard state(task.caller);
      for (std::size_t i; (i = task.next.fetch_add(1)) < task.jobs;) (*task.work)(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!task.failure) task.failure = std::current_exception();
      task.next = task.jobs;
    }
  }

  void wait_for_runs() {
    const SingleThreaded worker;
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return closing || (open && runs != seen); });
      if (closing) return;
      seen = runs;
      ++busy;
      Task& current = *open;
      lock.unlock();
      run_jobs(current);
      lock.lock();
      --busy;
      changed.notify_all();
    }
  }

  SingleThreaded caller;
  std::mutex mutex;  // of what follows
  std::condition_variable changed;
  Task* open = nullptr;
  std::uint64_t runs = 0;
  int busy = 0;
  bool closing = false;
  std::vector<std::jthread> threads;  // joined before what they use ends
};

Workers::Workers(std::size_t jobs, int most) {
  const auto count = std::min(jobs, static_cast<std::size_t>(most > 0 ? most : thread_count()));
  crew_ = std::make_unique<Crew>();
  try {
    for (std::size_t i = 1; i < count; ++i)
      crew_->threads.emplace_back([crew = crew_.get()] { crew->wait_for_runs(); });
  } catch (const std::system_error&) {
    // The system has no more threads: those that there are do all the work.
  }
}

Workers::~Workers() = default;

void Workers::run(std::size_t jobs, const std::function<void(std::size_t)>& work) {
  Crew::Task task{jobs, &work, {}, {}, {}};
  {
    const std::lock_guard lock(crew_->mutex);
    crew_->open = &task;
    ++crew_->runs;
  }
  crew_->changed.notify_all();
  crew_->run_jobs(task);
  std::unique_lock lock(crew_->mutex);
  crew_->open = nullptr;  // who has not begun by now finds nothing to do
  crew_->changed.wait(lock, [&] { return crew_->busy == 0; });
  if (task.failure) std::rethrow_exception(task.failure);
}

void run_workers(std::size_t jobs, int workers, const std::function<void(std::size_t)>& work) {
  Workers(jobs, workers).run(jobs, work);
}

void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

std::string blas_library() {
  Dl_info info{};
  void* sgemm = ::dlsym(RTLD_DEFAULT, "sgemm_");
  if (!sgemm || ::dladdr(sgemm, &info) == 0 || !info.dli_fname) return {};
  std::error_code error;
  const auto path = std::filesystem::canonical(info.dli_fname, error);
  return error ? info.dli_fname : path.string();
}

std::string blas_warning() {
  const auto library = blas_library();
  if (library.find("/blas/libblas.so") == std::string::npos) return {};
  return "matrix products run on the reference BLAS (" + library +
         "), 30 times slower than need be; install libopenblas0-pthread";
}

double measure_sgemm_gflops() {
  return translate_torch_errors("measure matrix products", [] {
    const torch::NoGradGuard no_grad;
    constexpr std::int64_t kSize = 768;
    const auto a = torch::ones({kSize, kSize}), b = torch::ones({kSize, kSize});
    auto out = torch::mm(a, b);
    double best = 0;
    for (int run = 0; run < 5; ++run) {
      const auto begin = std::chrono::steady_clock::now();
      torch::mm_out(out, a, b);
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
      best = std::max(best, 2e-9 * kSize * kSize * kSize / seconds.count());
    }
    return best;
  });
}

}  // namespace weightloom
