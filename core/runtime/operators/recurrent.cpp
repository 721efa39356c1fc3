#include "families.hpp"
#include "population.hpp"

namespace weightloom {
namespace {

// One layer over x [N, T, I] from a state of zeros, with the library's own order of gates.
template <class Layer>
Operator recurrent(const NodeSpec& node, Layer layer) {
  const bool reverse = flag_attribute(node, "reverse");
  return [=](const OperatorArguments& a) {
    return per_member(a, [&](const torch::Tensor& x, const std::vector<torch::Tensor>& own) {
      std::vector<torch::Tensor> parameters = own;
      for (std::size_t i : {2u, 3u})
        if (!parameters[i].defined()) parameters[i] = torch::zeros({own[0].size(0)}, x.options());
      const auto state = torch::zeros({1, x.size(0), own[1].size(1)}, x.options());
      const auto out = layer(reverse ? x.flip(1) : x, state, parameters);
      return reverse ? out.flip(1) : out;
    });
  };
}

Operator lstm(const NodeSpec& node) {
  return recurrent(node, [](const torch::Tensor& x, const torch::Tensor& state,
                            const std::vector<torch::Tensor>& parameters) {
    return std::get<0>(at::lstm(x, {state, state}, parameters, /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0.0,
                                /*train=*/false, /*bidirectional=*/false, /*batch_first=*/true));
  });
}

Operator gru(const NodeSpec& node) {
  return recurrent(
      node, [](const torch::Tensor& x, const torch::Tensor& state, const std::vector<torch::Tensor>& parameters) {
        return std::get<0>(at::gru(x, state, parameters, /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0.0,
                                   /*train=*/false, /*bidirectional=*/false, /*batch_first=*/true));
      });
}

}  // namespace

OperatorMakers recurrent_makers() {
  return {{"lstm", lstm}, {"gru", gru}};
}

}  // namespace weightloom
