#pragma once
// The networks that commands work on: one of the zoo by reference, or a weights file. An existing file goes before a
// network of the same name, which its id still reaches.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/runtime/weights.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom::cli {

struct NetworkArgument {
  std::string reference;     // of the zoo, or a weights file
  std::string architecture;  // of a file; "" and {}: what its record says
  Json config = Json::object();
};

struct LoadedNetwork {
  std::string name;  // as given
  NetworkDescription description;
  Weights weights;
  ZooRecord record;  // the zoo's, or the file's; of a file without one: architecture, plugin version and configuration
};

void declare_network(CLI::App& app, NetworkArgument& argument);
// Throws kUsage "network.architecture" when a file does not say what it is, or for --arch and --set with the zoo's,
// "network.contradiction" when they contradict a file's record.
LoadedNetwork load_network(Context& context, const NetworkArgument& argument);

// Before long work whose results go to the file `out` and into the zoo under `names`, both of which may be empty.
// Throws what writing and storing them would; the zoo's lock is held for the moment alone.
void expect_deliverable(const Context& context, const std::string& out, const std::vector<std::string>& names);

// The form of the images that the network takes. Throws kUsage when it takes none.
ImageForm image_form(const NetworkDescription& description);

}  // namespace weightloom::cli
