#include "cli/catalogue.hpp"

#include <algorithm>

namespace weightloom::cli {
namespace {

// clang-format off
constexpr CatalogueEntry kCatalogue[] = {
    {"plugin", {}, "Architectures: find, inspect and describe plugins", {}},
    {"plugin list", Host::kFront, "Show the architectures that are installed", "weightloom plugin list"},
    {"plugin inspect", Host::kFront, "Show a plugin's configuration keys and the network that it describes", "weightloom plugin inspect resnet --set depth=56"},
    {"plugin describe", Host::kFront, "Print the network description of a configuration", "weightloom plugin describe mlp --set depth=3 --set width=64"},
    {"plugin new", Host::kFront, "Start a plugin project from the SDK's template", "weightloom plugin new mixer --id org.example.mixer"},
    {"plugin check", Host::kEngine, "Hold a plugin file against its contract", "weightloom plugin check build/mixer.wlplugin.so", {},
     "--tier", "execution"},

    {"zoo", {}, "Pretrained weights: store, index and query them", {}},
    {"zoo init", Host::kFront, "Make an empty zoo", "weightloom zoo init my-zoo"},
    {"zoo import", Host::kFront, "Store networks from weights files",
     "weightloom zoo import --zoo my-zoo checkpoints/ --dataset mnist --tag pretrained"},
    {"zoo export", Host::kFront, "Write a network as safetensors, for PyTorch or for NumPy",
     "weightloom zoo export --zoo my-zoo mnist/cnn/3 --out cnn.safetensors"},
    {"zoo bundle", Host::kFront, "Write networks with ids, facts, lineage and aliases into one file, for another zoo",
     "weightloom zoo bundle --zoo my-zoo 'mnist/*' --ancestors --out mnist.bundle"},
    {"zoo list", Host::kFront, "List networks", "weightloom zoo list --zoo my-zoo --sort test_accuracy:desc --limit 10"},
    {"zoo query", Host::kFront, "Find networks by a boolean question",
     "weightloom zoo query --zoo my-zoo 'arch:cnn* and test_accuracy>=0.9 and not tag:broken'"},
    {"zoo show", Host::kFront, "All that is known about a network", "weightloom zoo show --zoo my-zoo mnist/cnn/3"},
    {"zoo tag", Host::kFront, "Give tags and take them away", "weightloom zoo tag --zoo my-zoo 'mnist/*' --add checked"},
    {"zoo alias", Host::kFront, "Give a network a further name",
     "weightloom zoo alias --zoo my-zoo mnist/best@champion mnist/cnn/3"},
    {"zoo unalias", Host::kFront, "Take a further name away again; the network stays", "weightloom zoo unalias --zoo my-zoo mnist/best@champion"},
    {"zoo set", Host::kFront, "State facts about networks: data set, metrics, notes, parents, architecture",
     "weightloom zoo set --zoo my-zoo mnist/cnn/3 --metric val_accuracy=0.97"},
    {"zoo rename", Host::kFront, "Give a network another name", "weightloom zoo rename --zoo my-zoo mnist/cnn/3 mnist/cnn/best"},
    {"zoo rm", Host::kFront, "Remove networks", "weightloom zoo rm --zoo my-zoo --where 'test_accuracy<0.5' --dry-run"},
    {"zoo trash", Host::kFront, "List what was removed and can be brought back", "weightloom zoo trash --zoo my-zoo"},
    {"zoo undelete", Host::kFront, "Bring a network back from the trash", "weightloom zoo undelete --zoo my-zoo mnist/cnn/3"},
    {"zoo history", Host::kFront, "What was changed, when and by whom", "weightloom zoo history --zoo my-zoo mnist/cnn/3"},
    {"zoo undo", Host::kFront, "Take a change back", "weightloom zoo undo --zoo my-zoo"},
    {"zoo stats", Host::kFront, "What a zoo holds, in numbers", "weightloom zoo stats --zoo my-zoo"},
    {"zoo diff", Host::kFront, "In what two networks differ, tensor by tensor", "weightloom zoo diff --zoo my-zoo mnist/cnn/3 mnist/cnn/4"},
    {"zoo similar", Host::kFront, "The networks that are most like one", "weightloom zoo similar --zoo my-zoo mnist/cnn/3 --limit 5"},
    {"zoo duplicates", Host::kFront, "Networks with the same weights, or with mostly the same tensors", "weightloom zoo duplicates --zoo my-zoo"},
    {"zoo lineage", Host::kFront, "Where a network comes from, and what came from it, as a tree",
     "weightloom zoo lineage --zoo my-zoo mnist/cnn/3 --svg lineage.svg"},
    {"zoo verify", Host::kFront, "Check a zoo for damage", "weightloom zoo verify --zoo my-zoo --deep"},
    {"zoo gc", Host::kFront, "Remove what no network uses, and what was removed long ago", "weightloom zoo gc --zoo my-zoo --dry-run"},
    {"zoo backup", Host::kFront, "Copy a zoo beside its earlier backups", "weightloom zoo backup --zoo my-zoo /media/disk/my-zoo --keep 5"},
    {"zoo backups", Host::kFront, "List and check the backups in a folder", "weightloom zoo backups /media/disk/my-zoo --check"},
    {"zoo restore", Host::kFront, "Make a zoo again from a backup", "weightloom zoo restore /media/disk/my-zoo my-zoo"},
    {"zoo quota", Host::kFront, "Show or set how much room weights may take", "weightloom zoo quota --zoo my-zoo 10GB"},
    {"zoo merge", Host::kFront, "Bring the networks of another zoo, or of a bundle, in", "weightloom zoo merge --zoo my-zoo their-zoo --where 'dataset=mnist'"},
    {"zoo grow", Host::kEngine, "Train the networks of a recipe that the zoo lacks", "weightloom zoo grow recipe.toml --zoo my-zoo"},

    {"data", {}, "Image data sets: what this machine has", {}},
    {"data list", Host::kFront, "List the known data sets, where they are, or how to get them", "weightloom data list"},
    {"data render", Host::kFront, "Draw a data set of characters from the fonts of this machine",
     "weightloom data render --out glyphs --classes 200 --without digits"},
    {"data text", Host::kFront, "Cut text into sequences of characters to learn from",
     "weightloom data text notes.md --length 64 --out characters"},

    {"tokenizer", {}, "Turn weights into tokens and back", {}},
    {"tokenizer train", Host::kEngine, "Train a tokenizer on the training members of a zoo",
     "weightloom tokenizer train --zoo my.zoo --out tokenizer.safetensors"},
    {"tokenizer encode", Host::kEngine, "Store the token streams of a zoo's networks",
     "weightloom tokenizer encode --zoo my.zoo --tokenizer tokenizer.safetensors"},
    {"tokenizer decode", Host::kEngine, "Write the weights that a token stream stands for",
     "weightloom tokenizer decode mlp/mnist/0 --zoo my.zoo --tokenizer tokenizer.safetensors --out decoded.safetensors"},
    {"tokenizer report", Host::kEngine, "Rate against accuracy on networks that the tokenizer never saw",
     "weightloom tokenizer report --zoo my.zoo --tokenizer tokenizer.safetensors"},

    {"generator", {}, "Train and inspect the weight generator", {}},
    {"generator train", Host::kEngine, "Train the shared generator on a zoo",
     "weightloom generator train --zoo my.zoo --tokenizer tokenizer.safetensors --recipe recipe.toml --out generator.safetensors"},
    {"generator info", Host::kEngine, "What a generator is and what it was trained on",
     "weightloom generator info --generator generator.safetensors"},
    {"generator adapt", Host::kEngine, "Teach a generator an architecture that it was not trained on, in a few minutes",
     "weightloom generator adapt --arch mixer --generator generator.safetensors"},

    {"understand", Host::kFront, "What an instruction in words is taken for",
     "weightloom understand \"a net that reads post codes\""},
    {"retrieve", Host::kFront, "The networks of a zoo that fit an instruction or data best",
     "weightloom retrieve \"a small network that reads post codes\" --zoo my-zoo", "--data"},
    {"select", Host::kEngine, "The best of several networks on validation images, without evaluating all of them",
     "weightloom select \"handwritten digits\" --zoo my-zoo --budget 0.25 --out best.safetensors"},
    {"words", {}, "Word vectors: what instructions are understood with", {}},
    {"words build", Host::kEngine, "Make word vectors from WordNet, or from those of other programs", "weightloom words build"},
    {"generate", Host::kEngine, "Write weights for any registered architecture, from words or example images",
     "weightloom generate --arch resnet --set depth=20 --set \"width=[8,12,16]\" --data mnist --instruction \"handwritten digits\" --out w.safetensors"},
    {"report", Host::kEngine, "Assess a generator beside every trivial baseline, as a page and as JSON",
     "weightloom report --zoo my.zoo --recipe recipe.toml --out report.html --results results.json"},

    {"init", Host::kEngine, "Write fresh random weights for an architecture", "weightloom init cnn --set depth=4 --seed 1 --out fresh.safetensors"},
    {"evaluate", Host::kEngine, "Accuracy and loss of a network on images", "weightloom evaluate mlp/mnist/0 --zoo my-zoo"},
    {"finetune", Host::kEngine, "Train a network further, on its own or other data",
     "weightloom finetune w.safetensors --data fashion-mnist --epochs 1 --out tuned.safetensors"},
    {"apply", Host::kEngine, "Apply an adapter to the network that it changes",
     "weightloom apply mlp/mnist/0 adapter.safetensors --zoo my-zoo --out adapted.safetensors"},
    {"predict", Host::kEngine, "Run a network on images or arrays; logits to a .npy file",
     "weightloom predict mlp/mnist/0 digit.png --zoo my-zoo --out logits.npy"},
    {"bench", {}, "Measure this machine, or what a generator is worth", {}},
    {"bench speed", Host::kEngine, "Measure this machine: matrix products, training steps, generator positions", "weightloom bench speed"},
    {"bench quality", Host::kEngine, "Carry out a benchmark, from its first image to its table",
     "weightloom bench quality unseen-data --out unseen-data"},

    {"completion", Host::kFront, "Print the completion script of a shell",
     "weightloom completion bash > ~/.local/share/bash-completion/completions/weightloom"},
};
// clang-format on

// What the parts' option says does not need the engine.
bool leaves_out_engine(const CatalogueEntry& entry, const std::vector<std::string>& arguments) {
  if (entry.parts_option.empty()) return false;
  std::string parts;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (argument == entry.parts_option && i + 1 < arguments.size()) parts += arguments[i + 1] + ",";
    if (argument.starts_with(std::string(entry.parts_option) + '=')) parts += argument + ",";
  }
  return !parts.empty() && parts.find(entry.engine_part) == parts.npos && parts.find('*') == parts.npos;
}

}  // namespace

std::span<const CatalogueEntry> catalogue() {
  return kCatalogue;
}

Host host_of(const CatalogueEntry& entry, const std::vector<std::string>& arguments) {
  const auto names_option = [&](const std::string& argument) {
    return argument == entry.engine_option || argument.starts_with(std::string(entry.engine_option) + '=');
  };
  if (!entry.engine_option.empty() && std::ranges::any_of(arguments, names_option)) return Host::kEngine;
  return leaves_out_engine(entry, arguments) ? Host::kFront : entry.host;
}

const CatalogueEntry* find_entry(std::string_view name) {
  for (const auto& entry : kCatalogue)
    if (entry.name == name) return &entry;
  return nullptr;
}

bool is_group(std::string_view name) {
  const auto* entry = find_entry(name);
  return entry != nullptr && entry->example.empty();
}

std::vector<std::string> words_after(std::string_view group) {
  std::vector<std::string> words;
  for (const auto& entry : kCatalogue) {
    const auto space = entry.name.find(' ');
    if (group.empty() ? space != std::string_view::npos : entry.name.substr(0, space) != group) continue;
    if (!group.empty() && space == std::string_view::npos) continue;
    words.emplace_back(group.empty() ? entry.name : entry.name.substr(space + 1));
  }
  return words;
}

}  // namespace weightloom::cli
