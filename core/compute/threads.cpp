#include "weightloom/compute/threads.hpp"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
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

void run_workers(std::size_t jobs, int workers, const std::function<void(std::size_t)>& work) {
  const auto count = std::min(jobs, static_cast<std::size_t>(workers > 0 ? workers : thread_count()));
  const at::ThreadLocalState caller;
  const SingleThreaded pool;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&] {
    const SingleThreaded worker;
    const at::ThreadLocalStateGuard state(caller);
    for (std::size_t i; (i = next.fetch_add(1)) < jobs;) try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = jobs;
      }
  };
  {
    std::vector<std::jthread> threads;  // joined at the end of the block, whatever ends it
    try {
      for (std::size_t i = 1; i < count; ++i) threads.emplace_back(run);
    } catch (const std::system_error&) {
      // The system has no more threads: those that there are do all the work.
    }
    run();
  }
  if (failure) std::rethrow_exception(failure);
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
