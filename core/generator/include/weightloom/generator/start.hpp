#pragma once
// The weights that one would take without a learned generator: an anchor cut to the configuration, and a head in closed
// form from example images (docs/architecture.md, "Start"). A generator is worth what it adds to them.

#include "weightloom/generator/generator.hpp"
#include "weightloom/generator/head.hpp"

namespace weightloom {

struct Start {
  std::shared_ptr<const NetworkPlan> plan;
  Weights weights;          // population 1, ready to use: running statistics are those of the request's training images
  LinearHead head;          // theirs, before any refinement
  std::int64_t passes = 0;  // that fitted the body to the examples (body.hpp)
  double learning_rate = 0;  // of the refinement, where the request asks for one
};

// The start for `request`, whose data is set: its seed draws the examples, so that it sees what generate() sees. It is
// refined like what is generated. Throws
// what generate() throws, and kUsage "start.head" where has_linear_head() is false.
Start make_start(const Tokenizer& tokenizer, const NetworkDescription& description, const Request& request,
                 DataCache& data);

}  // namespace weightloom
