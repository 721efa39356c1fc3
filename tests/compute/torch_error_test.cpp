#include "weightloom/compute/torch_error.hpp"

#include <catch2/catch.hpp>

namespace weightloom {
namespace {

Error failure(const std::function<void()>& work) {
  try {
    translate_torch_errors("do it", work, "ask for less");
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw;
}

TEST_CASE("a request beyond the memory says how much was asked for, and what to do", "[torch_error]") {
  const auto error = failure([] { torch::empty({std::int64_t{1} << 42}); });
  CHECK(error.id() == "runtime.memory");
  CHECK(error.summary() == "cannot do it");
  CHECK(error.why().starts_with("16.0 TiB were asked for at once; "));
  CHECK(error.why().ends_with(" are available"));
  CHECK(error.hint() == "ask for less");
  CHECK(failure([] { throw std::bad_alloc(); }).id() == "runtime.memory");
  CHECK(failure([] { torch::empty({std::int64_t{1} << 40, std::int64_t{1} << 40}); }).id() == "runtime.memory");
}

TEST_CASE("sizes are read from the allocators' messages", "[torch_error]") {
  CHECK(failed_allocation("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8796093022208 bytes. "
                          "Error code 12") == std::uint64_t{8} << 40);
  CHECK(failed_allocation("CUDA out of memory. Tried to allocate 2.50 GiB (GPU 0)") == std::uint64_t{5} << 29);
  CHECK(!failed_allocation("expected 3 dimensions"));
}

TEST_CASE("other failures carry LibTorch's message, and an error within is kept", "[torch_error]") {
  const auto error = failure([] { torch::zeros({2, 3}).matmul(torch::zeros({2, 3})); });
  CHECK(error.id() == "runtime.torch");
  CHECK(error.why().find("shapes") != std::string::npos);
  CHECK(failure([] {
          translate_torch_errors("do the first part", [] { torch::empty({std::int64_t{1} << 42}); });
        }).summary() == "cannot do the first part");
}

TEST_CASE("results pass, references as references", "[torch_error]") {
  int value = 1;
  ++translate_torch_errors("count", [&]() -> int& { return value; });
  CHECK(value == 2);
}

}  // namespace
}  // namespace weightloom
