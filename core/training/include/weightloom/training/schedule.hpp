#pragma once
// Learning rates over a training of T steps; `step` counts from 0.

#include <cstdint>

namespace weightloom {

// With w = floor(warmup T): peak (step + 1) / w during the first w steps, then peak (T - step) / (T - w), which would
// be 0 at step T. `warmup` is a share of the steps, 0 .. 1; 0 is plain linear decay.
double linear_schedule(double peak, double warmup, std::int64_t step, std::int64_t steps);

// With x = step / T: rises linearly to `peak` at x = 0.05, stays there until x = 0.4, then falls along
// peak (1 + cos(pi (x - 0.4) / 0.6)) / 2, but not below peak / 100 (a cosine as Loshchilov & Hutter 2017 have it, after
// a plateau).
double plateau_schedule(double peak, std::int64_t step, std::int64_t steps);

}  // namespace weightloom
