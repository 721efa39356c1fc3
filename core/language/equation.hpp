#pragma once
// What mathematics asks and no picture answers.

#include <string_view>

namespace weightloom {

// "3x + 5 = 11", "x squared minus 9 = 0"; but not "layers=8", nor "sandal = 1, others = 0".
bool is_equation(std::string_view text);

}  // namespace weightloom
