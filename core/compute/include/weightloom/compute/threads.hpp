#pragma once
// Processor threads and the matrix library underneath.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace weightloom {

// Threads that one operation may use, for LibTorch and the BLAS; 0: one for each core. LibTorch alone would start with
// one. Applies to the calling thread and to threads started later.
void set_threads(int count = 0);
int thread_count();

// The calling thread, and the BLAS as a whole, use one thread while this lives.
class SingleThreaded {
 public:
  SingleThreaded();
  ~SingleThreaded();
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int before_;
};

// Threads that run jobs, each on one thread; the calling thread is one of them, and everything that it does while they
// live is SingleThreaded. What fits in a cache is faster this way than with several threads to an operation, and
// results do not depend on the number of workers. Starting threads and changing their number takes LibTorch
// milliseconds, so that a loop of short jobs keeps its workers.
class Workers {
 public:
  // As many as there are jobs at most at once, or as the calling thread may use where `most` is 0.
  explicit Workers(std::size_t jobs, int most = 0);
  ~Workers();

  // Runs work(0) ... work(jobs - 1). The work sees the caller's gradient mode. After a failure no further job starts;
  // the first one is rethrown. Called by the thread that made the workers, and not by jobs.
  void run(std::size_t jobs, const std::function<void(std::size_t)>& work);

 private:
  struct Crew;
  std::unique_ptr<Crew> crew_;
};

// Workers that live for one run: so many at a time (0: as many as the calling thread may use).
void run_workers(std::size_t jobs, int workers, const std::function<void(std::size_t)>& work);

// Makes the allocator keep what is freed: training frees and asks for the same large tensors at every step, and getting
// fresh pages from the system each time took a quarter of the time of a small convolutional network. For the whole
// process; call it at the start.
void keep_freed_memory();

// The file of the BLAS library in use, links resolved; empty when LibTorch carries its own.
std::string blas_library();
// One sentence with a remedy when that is the unoptimised reference BLAS, else empty.
std::string blas_warning();

// Measured speed of single-precision matrix products of size 768, in 1e9 floating-point operations per second, best of
// several runs.
double measure_sgemm_gflops();

}  // namespace weightloom
