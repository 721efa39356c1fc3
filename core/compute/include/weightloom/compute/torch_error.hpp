#pragma once
// LibTorch's exceptions end at the edge of this module.

#include <torch/torch.h>

#include <new>
#include <string>
#include <utility>

#include "weightloom/base/error.hpp"

namespace weightloom {

// Runs `work`; what LibTorch throws becomes Error(kFailure) that says what was attempted.
template <typename Work>
decltype(auto) translate_torch_errors(const char* attempted, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    if (text.find("allocate memory") != std::string::npos)
      throw Error(ErrorCode::kFailure, "runtime.memory", std::string("cannot ") + attempted,
                  "the machine is out of memory", "use a smaller batch or population");
    throw Error(ErrorCode::kFailure, "runtime.torch", std::string("cannot ") + attempted, text);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kFailure, "runtime.memory", std::string("cannot ") + attempted,
                "the machine is out of memory", "use a smaller batch or population");
  }
}

}  // namespace weightloom
