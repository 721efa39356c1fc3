#pragma once
// From a request to networks that can be stored: the description is completed, networks are drawn, made ready and,
// where asked for, chosen on the validation images.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/generator/generator.hpp"
#include "weightloom/generator/start.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {

// What is kept of the networks drawn: all, or the one with the highest accuracy on the validation images of the
// request's data.
enum class Selection { kNone, kBest };

struct GenerationJob {
  std::string architecture;      // a plugin's id or name
  Json config = Json::object();  // what is left open (channels, size, classes) follows from the tokenizer and the data
  Request request;
  Selection selection = Selection::kNone;
  bool start_only = false;  // the start as it is, without a generator's part
  bool force = false;       // also what is no better than guessing, and what words alone recall nothing for
  Json reading = nullptr;   // how the instruction was understood, for the record: kept as it is
  // When set, what was written of large networks is kept here every few seconds, and a generation that was stopped goes
  // on there (generator.hpp, generate()). The file stays; whoever has stored the networks removes
  // Generation::checkpoint.
  std::filesystem::path checkpoint{};
};

struct GeneratedNetwork {
  std::int64_t index = 0;  // among those drawn
  ZooRecord record;        // complete but for id and creation time; unnamed
  TensorMap tensors;
  std::optional<double> validation_accuracy;  // share of 1; nothing without data
};

// The start of a generation, for comparison.
struct StartFacts {
  HeadSource head;
  std::int64_t passes;         // that fitted its body (generator/body.hpp)
  double expected_accuracy;    // cross-validated on the examples
  double validation_accuracy;  // of the start as a network, like those of the networks drawn
};

struct Generation {
  NetworkDescription description;
  std::optional<StartFacts> start;  // nothing without data, or without a head in closed form
  std::int64_t slots = 0, drawn = 0;
  double seconds = 0;  // drawing and decoding, without what makes the networks ready
  std::vector<GeneratedNetwork> networks;
  std::string beside;                // Request::beside, where it was shown
  std::vector<std::string> caveats;  // caveats.hpp
  std::filesystem::path checkpoint;  // the job's, where something was kept in it; else empty
};

// How much generation keeps of a data set: the images of a large form as small as they lie in it, and no more of them
// than fit into a gigabyte.
inline constexpr ImageLimits kGenerationLimits{false, std::int64_t{1} << 28};
// The images that the network `job` asks for takes: the generator's form, unless the configuration says otherwise.
ImageForm wanted_form(const GenerationJob& job, const Tokenizer& tokenizer);
// The network that `job` asks for. Reads no images: a size that the plugin refuses is refused before they are scaled to
// it. Throws kUsage for a configuration that the plugin refuses.
NetworkDescription wanted_network(const GenerationJob& job, const PluginRegistry& registry, const Tokenizer& tokenizer);

// Where request.beside says what the generator remembers of the same classes, that is shown too; of another data set
// if it helps to tell the given examples apart (head.hpp, others_help()), and nothing of it otherwise;
// Generation::beside says which. `data`: of wanted_form(), best under kGenerationLimits; not read where the request's
// data is recalled (generator/recall.hpp). Draws request.count networks, or makes the start; of an architecture that
// the generator does not know, the start. Same job, generator and machine: same bits. Throws kUsage "generate.words"
// for words alone that nothing was recalled for, unless `force` is set, kUsage "generate.unknown" for them and an
// architecture that the generator does not know, kUsage "generate.select" when the best is wanted without data to
// choose on, kUsage "generate.refine" for refinement without data, kUsage "start.*" for a start without data or of more
// than one network, kFailure "generate.chance" when no network is better than guessing on the validation images and
// `force` is not set, kFailure "memory.short" (base/memory.hpp), and what generate() throws.
Generation generate_networks(const GenerationJob& job, const Generator& generator, const PluginRegistry& registry,
                             DataCache& data, const ProgressSink& progress = {});

}  // namespace weightloom
