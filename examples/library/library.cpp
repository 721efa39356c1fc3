// Weightloom as a library: finds networks in a zoo and evaluates each on the test images of its data set.
//
//   library ZOO QUERY        for example: library my.zoo 'arch=mlp and test_accuracy>=0.9'

#include <iostream>

#include "weightloom/base/error.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace {
using namespace weightloom;

double test_accuracy(const Zoo& zoo, const PluginRegistry& plugins, const ZooRecord& record) {
  const auto description = plugins.describe(record.architecture, record.config);
  const auto weights = to_weights(description, zoo.weights(record));
  const auto& shape = description.input.shape;  // [channels, size, size]
  const auto data = load_tensors(DataSpec::parse(record.dataset), {shape.at(0), shape.at(1)});
  return evaluate(Executor(description), weights, {&data.test}).accuracy[0];
}

int run(const std::string& directory, const std::string& query) {
  const auto zoo = Zoo::open(directory, Zoo::Access::kRead);
  const PluginRegistry plugins(PluginRegistry::default_directories());
  for (const auto& record : zoo.find(parse_query(query)))
    std::cout << record.name << ' ' << test_accuracy(zoo, plugins, record) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: library ZOO QUERY\n";
    return static_cast<int>(ErrorCode::kUsage);
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const Error& error) {
    std::cerr << error.what() << '\n' << error.hint() << '\n';
    return static_cast<int>(error.code());
  }
}
