#pragma once
// The networks that commands work on: one of the zoo by reference, or a weights file with an architecture.

#include <CLI/CLI.hpp>
#include <string>

#include "cli/context.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/runtime/weights.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom::cli {

struct NetworkArgument {
  std::string reference;     // of the zoo, or a .safetensors file
  std::string architecture;  // with a file
  Json config = Json::object();
};

struct LoadedNetwork {
  std::string name;  // as given
  NetworkDescription description;
  Weights weights;
  ZooRecord record;  // what is known of it; id empty for a file
};

void declare_network(CLI::App& app, NetworkArgument& argument);
LoadedNetwork load_network(Context& context, const NetworkArgument& argument);

// The form of the images that the network takes. Throws kUsage when it takes none.
ImageForm image_form(const NetworkDescription& description);

}  // namespace weightloom::cli
