#pragma once
// What an instruction says of the network, brought into a job.

#include "weightloom/language/architecture_reading.hpp"
#include "weightloom/language/reading.hpp"
#include "weightloom/workflow/generation.hpp"

namespace weightloom {

// `job` for the data that recall() read of `generator`, and with as many classes, where the job does not say how many.
GenerationJob with_data(GenerationJob job, const Reading& reading, const Generator& generator);

// Throws kUsage "instruction.conflict" where the instruction is clearly about another of the `cards`, or about other
// classes, than the data that the request names. Data that no card is of is not compared.
void expect_agreement(const Request& request, const std::vector<Card>& cards, const WordVectors& words);

// `job` with what was read: its architecture, where the job names none, with what is left open as the anchor was
// trained; the settings `depth` and `width`; a configuration of the anchor's ranges within the limit of weights; and
// how it is made: high quality is the best of eight, a draft the start alone. Throws kUsage "instruction.conflict"
// where the job says something else, "instruction.setting" for a setting that the architecture lacks,
// "instruction.parameters" where no configuration that is known is within the limit, "generate.options" where nothing
// names an architecture.
GenerationJob with_architecture(GenerationJob job, const ArchitectureReading& reading, const PluginRegistry& registry,
                                const Tokenizer& tokenizer);

}  // namespace weightloom
