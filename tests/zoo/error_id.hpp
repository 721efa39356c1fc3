#pragma once
// The id of the error that an action ends with, "none" without one.

#include <functional>
#include <string>

#include "weightloom/base/error.hpp"

namespace weightloom::test {

inline std::string error_id(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.id();
  }
  return "none";
}

}  // namespace weightloom::test
