#pragma once
// The operators by family; each function makes the entries of its part of the table.

#include <vector>

#include "../operator_definition.hpp"

namespace weightloom {

std::vector<OperatorDefinition> convolution_operators();
std::vector<OperatorDefinition> dense_operators();
std::vector<OperatorDefinition> normalisation_operators();
std::vector<OperatorDefinition> attention_operators();
std::vector<OperatorDefinition> elementwise_operators();
std::vector<OperatorDefinition> pooling_operators();
std::vector<OperatorDefinition> layout_operators();
std::vector<OperatorDefinition> recurrent_operators();
std::vector<OperatorDefinition> script_operators();

}  // namespace weightloom
