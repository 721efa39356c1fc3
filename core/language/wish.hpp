#pragma once
// What an instruction announces as what is wanted.

#include <string_view>

namespace weightloom {

// What stands behind the last "what I meant to ask for:", "what we need is"; nothing where none is announced.
struct Wish {
  std::string_view text;
  bool corrects = false;  // what stands before it was not meant
};
Wish announced_wish(std::string_view instruction);

}  // namespace weightloom
