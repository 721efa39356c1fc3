#pragma once

#include <functional>
#include <string>

#include "weightloom/base/error.hpp"

namespace weightloom::testing {

// The id of the error that `work` throws; "none" when it throws none.
inline std::string error_id(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.id();
  }
  return "none";
}

}  // namespace weightloom::testing
