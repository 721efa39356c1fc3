#pragma once
// An instruction's signs, written as words or as what ends a clause.

#include <string>
#include <string_view>

namespace weightloom {

// "0-9", "0 - 9" and "0..9" are ranges, "5,000" and "1.5" are one number, "e.g." one word, "cat/dog" a choice, "w/"
// with, "w/o" without, a dash between words a break; what ends in "..." goes on.
std::string separated(std::string_view raw);

// With the numbers of a list's items as what ends a clause: "(1) digits (2) a cnn", "1. digits 2. a cnn".
std::string without_numbering(std::string_view text);

}  // namespace weightloom
