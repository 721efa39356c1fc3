#pragma once
// How fast a generator writes and learns: the baseline for work on its speed.

#include "weightloom/generator/model.hpp"

namespace weightloom {

// Positions per second: slots of all networks of a batch, over wall-clock time.
struct GeneratorSpeed {
  double generation = 0;  // sampling at temperature 0.5
  double training = 0;    // forward, decoding, execution on 64 images a network, and backward; no optimiser
};

// Each figure repeats one batch of `networks` for at least `seconds`, on random conditions and images, with the calling
// thread's number of threads.
GeneratorSpeed measure_speed(GeneratorModel& model, const NetworkPlan& plan, std::int64_t networks, double seconds);

}  // namespace weightloom
