#pragma once
// What the operators compute, by family (the table: core/network/operators). Each function names the operators of its
// family and how a node of one is bound.

#include <map>
#include <string>

#include "../operators.hpp"

namespace weightloom {

using OperatorMaker = Operator (*)(const NodeSpec&);
using OperatorMakers = std::map<std::string, OperatorMaker>;

OperatorMakers convolution_makers();
OperatorMakers dense_makers();
OperatorMakers normalisation_makers();
OperatorMakers attention_makers();
OperatorMakers elementwise_makers();
OperatorMakers pooling_makers();
OperatorMakers layout_makers();
OperatorMakers recurrent_makers();
OperatorMakers script_makers();

}  // namespace weightloom
