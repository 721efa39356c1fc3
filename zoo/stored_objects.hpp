#pragma once
// The bytes of the objects of a zoo, piece by piece. Private to the module.

#include <functional>
#include <span>

#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct StoredObjects {
  // Hands on all bytes of an object, in order; that they have its hash is for the caller to see. Throws what `take`
  // does, and kDamaged where they are not there.
  static void send(const Zoo& zoo, const std::string& object,
                   const std::function<void(std::span<const std::byte>)>& take);
};

}  // namespace weightloom
