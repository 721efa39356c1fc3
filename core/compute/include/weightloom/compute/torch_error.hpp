#pragma once
// LibTorch's exceptions end at the public functions that compute: each runs its work through translate_torch_errors().

#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/compute/torch.hpp"

namespace weightloom {

// The size of the allocation that LibTorch's out-of-memory message `text` speaks of, in bytes.
std::optional<std::uint64_t> failed_allocation(const std::string& text);

// "cannot <attempted>" as kFailure: "runtime.memory" when the message `text` speaks of memory, with the size that was
// asked for, the size that is free, and `hint`; else "runtime.torch" with the message.
Error torch_error(const char* attempted, const std::string& text, const char* hint);

// Runs `work` and returns its result; what LibTorch and the allocator throw becomes torch_error(). An Error passes as
// it is, so calls may nest: the innermost one speaks. `hint` says what to do when the memory is too small.
template <typename Work>
decltype(auto) translate_torch_errors(const char* attempted, Work&& work,
                                      const char* hint = "use a smaller batch, or fewer networks at a time") {
  try {
    return std::forward<Work>(work)();
  } catch (const c10::Error& error) {
    throw torch_error(attempted, error.what_without_backtrace(), hint);
  } catch (const std::bad_alloc&) {
    throw torch_error(attempted, "cannot allocate memory", hint);
  }
}

}  // namespace weightloom
