#pragma once
// How initialisers are spelled in JSON.

#include <array>
#include <string_view>

#include "weightloom/network/description.hpp"

namespace weightloom {

struct InitNames {
  Init::Kind kind_value;
  std::string_view kind;
  std::string_view value;  // the key of Init::value, empty for none
};

inline constexpr std::array<InitNames, 9> kInitNames{{{Init::Kind::kZeros, "zeros", ""},
                                                      {Init::Kind::kOnes, "ones", ""},
                                                      {Init::Kind::kConstant, "constant", "value"},
                                                      {Init::Kind::kNormal, "normal", "std"},
                                                      {Init::Kind::kTruncatedNormal, "truncated_normal", "std"},
                                                      {Init::Kind::kUniform, "uniform", "bound"},
                                                      {Init::Kind::kKaimingNormal, "kaiming_normal", "gain"},
                                                      {Init::Kind::kKaimingUniform, "kaiming_uniform", "gain"},
                                                      {Init::Kind::kXavierUniform, "xavier_uniform", "gain"}}};

inline const InitNames& init_names(Init::Kind kind) {
  return kInitNames[static_cast<std::size_t>(kind)];
}

}  // namespace weightloom
