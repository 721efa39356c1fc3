#include "weightloom/compute/threads.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "weightloom/base/error.hpp"
#include "weightloom/compute/torch.hpp"

using namespace weightloom;

TEST_CASE("threads are set, and a worker's single thread is its own", "[threads]") {
  set_threads(2);
  CHECK(thread_count() == 2);
  {
    const SingleThreaded whole_pool;
    CHECK(thread_count() == 1);
    std::thread([] {
      const SingleThreaded worker;
      CHECK(thread_count() == 1);
    }).join();
    CHECK(thread_count() == 1);
  }
  CHECK(thread_count() == 2);
  set_threads(0);
  CHECK(thread_count() >= 1);
}

TEST_CASE("workers do every job once, single-threaded, in the caller's gradient mode", "[threads]") {
  for (const int workers : {1, 3}) {
    std::vector<std::atomic<int>> done(20);
    std::atomic<bool> alone{true}, without_gradients{true};
    const torch::NoGradGuard no_grad;
    run_workers(done.size(), workers, [&](std::size_t i) {
      ++done[i];
      if (thread_count() != 1) alone = false;
      if (torch::GradMode::is_enabled()) without_gradients = false;
    });
    for (const auto& count : done) CHECK(count == 1);
    CHECK(alone);
    CHECK(without_gradients);
  }
  run_workers(0, 2, [](std::size_t) { FAIL("there is no job"); });
}

TEST_CASE("the same workers take part in every run, and go on after a failure", "[threads]") {
  set_threads(2);
  {
    Workers workers(2);
    CHECK(thread_count() == 1);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    for (int run = 0; run < 200; ++run) {
      std::latch both(2);  // neither job ends before the other one has begun
      workers.run(2, [&](std::size_t) {
        both.arrive_and_wait();
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
      });
      const auto fail = [](std::size_t) { throw Error(ErrorCode::kFailure, "test", "a job failed"); };
      if (run % 10 == 0) CHECK_THROWS_AS(workers.run(2, fail), Error);
    }
    CHECK(threads.size() == 2);
    workers.run(0, [](std::size_t) { FAIL("there is no job"); });
  }
  CHECK(thread_count() == 2);
  set_threads(0);
}

TEST_CASE("the first failure of a worker reaches the caller and stops the others", "[threads]") {
  std::atomic<int> begun{0};
  CHECK_THROWS_AS(run_workers(1000, 2,
                              [&](std::size_t) {
                                ++begun;
                                throw Error(ErrorCode::kFailure, "test", "a job failed");
                              }),
                  Error);
  CHECK(begun <= 2);
}

TEST_CASE("the matrix library is known and measured", "[threads]") {
  CHECK(measure_sgemm_gflops() > 0);
  CHECK(blas_warning().empty() == (blas_library().find("/blas/libblas.so") == std::string::npos));
}
