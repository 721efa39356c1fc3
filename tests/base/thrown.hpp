#pragma once
// The failure of a call, as a value.

#include <stdexcept>

#include "weightloom/base/error.hpp"

namespace weightloom::test {

template <class Function>
Error thrown(const Function& function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("nothing was thrown");
}

}  // namespace weightloom::test
