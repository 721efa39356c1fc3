// Weightloom as a library: finds networks in a zoo, evaluates each on the test images of its data set, and generates
// another one for the same data.
//
//   library ZOO QUERY GENERATOR
//   for example: library my.zoo 'arch=mlp and test_accuracy>=0.9' generator.safetensors

#include <iostream>

#include "weightloom/base/error.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/workflow/generation.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace {
using namespace weightloom;

double test_accuracy(const NetworkDescription& description, const TensorMap& tensors, const std::string& dataset,
                     DataCache& data) {
  return evaluate(Executor(description), to_weights(description, tensors), {&data.get(dataset)->test}).accuracy[0];
}

int run(const std::string& directory, const std::string& query, const std::string& generator_file) {
  const auto zoo = Zoo::open(directory, Zoo::Access::kRead);
  const PluginRegistry plugins(PluginRegistry::default_directories());
  const auto generator = Generator::load(generator_file);
  const auto& images = generator.tokenizer().reference_images();  // [n, channels, size, size]
  DataCache data({images.size(1), images.size(2)});
  for (const auto& record : zoo.find(parse_query(query))) {
    const auto description = plugins.describe(record.architecture, record.config);
    std::cout << record.name << ' ' << test_accuracy(description, zoo.weights(record), record.dataset, data);

    GenerationJob job{record.architecture, record.config, {}, Selection::kBest};
    job.request.data = record.dataset;
    job.request.family = record.family;
    job.request.count = 4;
    const auto made = generate_networks(job, generator, plugins, data).networks.front();
    std::cout << " generated " << test_accuracy(description, made.tensors, record.dataset, data) << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: library ZOO QUERY GENERATOR\n";
    return static_cast<int>(ErrorCode::kUsage);
  }
  try {
    return run(argv[1], argv[2], argv[3]);
  } catch (const Error& error) {
    std::cerr << error.what() << '\n' << error.hint() << '\n';
    return static_cast<int>(error.code());
  }
}
