#include "weightloom/runtime/threads.hpp"

#include <catch2/catch.hpp>
#include <thread>

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

TEST_CASE("the matrix library is known and measured", "[threads]") {
  CHECK(measure_sgemm_gflops() > 0);
  CHECK(blas_warning().empty() == (blas_library().find("/blas/libblas.so") == std::string::npos));
}
