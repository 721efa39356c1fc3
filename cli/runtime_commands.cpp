#include <numbers>

#include "cli/command_groups.hpp"
#include "cli/network_argument.hpp"
#include "cli/plugin_registry.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/data/arrays.hpp"
#include "weightloom/data/image.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "weightloom/runtime/task.hpp"
#include "weightloom/workflow/adapters.hpp"
#include "weightloom/workflow/evaluation_cache.hpp"
#include "weightloom/workflow/finetuning.hpp"
#include "weightloom/workflow/grow.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom::cli {
namespace {

namespace fs = std::filesystem;

// zoo grow

struct GrowOptions {
  std::string recipe;
  int workers = 0;
  bool dry_run = false;
};

void declare_grow(CLI::App& app, GrowOptions& options) {
  app.add_option("recipe", options.recipe, "Recipe file (TOML)")->type_name("FILE")->required();
  app.add_option("--workers", options.workers, "Convolutional networks trained at a time; 0: one for each core")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--dry-run", options.dry_run, "Only list the networks that the recipe names");
}

Json grow_zoo(Context& context, const GrowOptions& options) {
  const auto recipe = parse_recipe(load_toml(options.recipe));
  if (options.dry_run) {
    Json names = Json::array();
    for (const auto& anchor : recipe.anchors) names.push_back(anchor.family + "/anchor");
    for (const auto& member : recipe.members) names.push_back(member.name);
    return {{"networks", std::move(names)}};
  }
  auto zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kWrite);
  const auto plugins = plugin_registry(context);
  const auto summary =
      grow(recipe, zoo, plugins, context.progress(), options.workers > 0 ? options.workers : context.threads());
  return {{"stored", summary.stored}, {"present", summary.present}};
}

void print_grown(Printer& print, const Json& result) {
  if (result.contains("networks")) {
    for (const auto& name : result.at("networks")) print.line(name.get<std::string>());
    return;
  }
  print.field("stored", format_count(static_cast<std::int64_t>(result.at("stored").size())));
  print.field("present", format_count(static_cast<std::int64_t>(result.at("present").size())));
}

// evaluate

struct EvaluateOptions {
  NetworkArgument network;
  std::string data, split = "test";
  std::int64_t limit = 0;
  bool recalibrate = false, fresh = false;
};

void declare_evaluate(CLI::App& app, EvaluateOptions& options) {
  declare_network(app, options.network);
  app.add_option("--data", options.data, "Data set; default: the one that the network was trained on")
      ->type_name("DATA");
  app.add_option("--split", options.split, "Which images")->check(CLI::IsMember({"train", "validation", "test"}));
  app.add_option("--limit", options.limit, "At most this many images, evenly spaced")->check(positive_number());
  app.add_flag("--recalibrate", options.recalibrate, "First re-estimate batch normalisation on training images");
  app.add_flag("--fresh", options.fresh, "Look at the images again, also when they were before");
}

const LabelledImages& images_named(const TensorData& data, const std::string& name) {
  return name == "train" ? data.train : name == "validation" ? data.validation : data.test;
}

TensorData load_data_for(const LoadedNetwork& network, const std::string& data) {
  const auto& text = data.empty() ? network.record.dataset : data;
  if (text.empty())
    throw Error(ErrorCode::kUsage, "data.unnamed", "which data set?",
                "'" + network.name + "' does not say what it was trained on", "give --data");
  const auto spec = DataSpec::parse(text);
  return load_tensors(spec, is_array_folder(spec.source) ? ImageForm() : image_form(network.description));
}

void expect_classes(const LoadedNetwork& network, const TensorData& data) {
  const auto& task = task_of(network.description);
  if (const auto wanted = wanted_outputs(task, data); wanted != network.description.classes)
    throw Error(ErrorCode::kUsage, "data.classes", "cannot use '" + data.name + "' with '" + network.name + "'",
                "the data set has " + std::to_string(wanted) + (task.classes ? " classes" : " values") +
                    ", the network " + std::to_string(network.description.classes));
}

// What a task's metric and loss say, under the name of the metric and, whatever it is, as the score; of sequences also
// the loss in bits.
Json judgement(const TaskRule& task, double metric, double loss) {
  Json result{{std::string(task.metric), metric}, {"score", metric}, {"loss", loss}};
  if (task.name == "sequence") result["bits_per_token"] = loss / std::numbers::ln2;
  return result;
}

void print_judgement(Printer& print, const Json& result) {
  if (result.contains("accuracy")) print.field("accuracy", format_percent(result.at("accuracy").get<double>()));
  if (result.contains("r_squared")) print.field("r squared", result.at("r_squared"), Format::kNumber);
  print.field("loss", result.at("loss"), Format::kNumber);
  if (result.contains("bits_per_token")) print.field("bits per token", result.at("bits_per_token"), Format::kNumber);
}

Json evaluate_network(Context& context, const EvaluateOptions& options) {
  const auto network = load_network(context, options.network);
  const auto data = load_data_for(network, options.data);
  expect_classes(network, data);
  const Executor executor(network.description);
  const EvaluationJob job{executor, network.weights, images_named(data, options.split),
                          options.recalibrate ? &data.train : nullptr, options.limit};
  const auto result = EvaluationCache(context.settings().evaluations).evaluate(job, options.fresh);
  Json out{{"network", network.name}, {"data", data.name}, {"split", options.split}, {"images", result.images}};
  out.update(judgement(task_of(network.description), result.accuracy, result.loss));
  out["cached"] = result.kept;
  return out;
}

void print_evaluation(Printer& print, const Json& result) {
  print.field("network", result.at("network").get<std::string>());
  print.field("data", result.at("data").get<std::string>() + ", " + result.at("split").get<std::string>() + ", " +
                          format_count(result.at("images").get<std::int64_t>()) + " images");
  print_judgement(print, result);
  if (result.at("cached").get<bool>()) print.field("from", "an earlier evaluation; --fresh looks again");
}

// finetune

struct FinetuneOptions {
  NetworkArgument network;
  std::string data, out, add;
  TrainingOptions training{.steps = 0, .epochs = 0};
  AdapterOptions adapter{.layers = {}, .rank = 0};
};

void declare_finetune(CLI::App& app, FinetuneOptions& options) {
  declare_network(app, options.network);
  app.add_option("--data", options.data, "Data set; default: the one that the network was trained on")
      ->type_name("DATA");
  auto* steps = app.add_option("--steps", options.training.steps, "Optimiser steps")->check(positive_number());
  app.add_option("--epochs", options.training.epochs, "Passes over the training images; default: 1")
      ->check(positive_number())
      ->excludes(steps);
  app.add_option("--batch", options.training.batch, "Images a step")->check(CLI::Range(1, 65536));
  app.add_option("--learning-rate", options.training.learning_rate, "Highest learning rate of AdamW")
      ->check(positive_number());
  app.add_option("--weight-decay", options.training.weight_decay, "Weight decay of AdamW")->check(no_negative_number());
  app.add_option("--seed", options.training.seed, "Seed of the order of images")->check(whole_number());
  auto* rank =
      app.add_option("--rank", options.adapter.rank, "Train an adapter of this rank, and leave the network as it is")
          ->check(CLI::Range(1, 4096));
  app.add_option("--alpha", options.adapter.alpha, "What the adapter adds is multiplied by alpha / rank")
      ->check(positive_number())
      ->needs(rank);
  app.add_option("--layers", options.adapter.layers,
                 "Adapt layers in whose names one of these texts stands; default: all")
      ->delimiter(',')
      ->needs(rank)
      ->type_name("TEXT,...");
  app.add_option("--out", options.out, "Write the weights to this .safetensors file")->type_name("FILE");
  app.add_option("--add", options.add, "Store the network in the zoo under this name")->type_name("NAME");
}

// Writes a network where it is wanted, and says so in `result`.
void deliver(const Context& context, Network& network, const std::string& out, const std::string& add, Json& result) {
  const auto tensors = to_tensor_map(network.description, network.weights);
  if (!out.empty()) {
    write_network(out, network.record, tensors);
    result["out"] = out;
  }
  if (add.empty()) return;
  network.record.name = add;
  Zoo::open(context.zoo_directory(), Zoo::Access::kWrite).add({{network.record, tensors}});
  result["name"] = add;
}

Json finetune_network(Context& context, const FinetuneOptions& options) {
  expect_deliverable(context, options.out, options.add.empty() ? std::vector<std::string>() : std::vector{options.add});
  const auto loaded = load_network(context, options.network);
  const auto data = load_data_for(loaded, options.data);
  auto training = options.training;
  if (training.steps == 0 && training.epochs == 0) training.epochs = 1;
  if (!options.out.empty()) training.checkpoint = options.out + ".checkpoint";
  const auto& task = task_of(loaded.description);
  const bool adapts = options.adapter.rank > 0;
  if (const auto wanted = wanted_outputs(task, data); !adapts && wanted != loaded.description.classes)
    context.note("the head is new: the network has " + std::to_string(loaded.description.classes) +
                 " outputs, the data asks for " + std::to_string(wanted));
  const Network start{loaded.record, loaded.description, loaded.weights};
  const auto plugins = plugin_registry(context);
  auto finetuned = adapts ? train_adapter(start, options.adapter, data, training, plugins, context.progress())
                          : finetune(start, data, training, plugins, context.progress());
  const std::string metric(task.metric);
  Json result{{"network", loaded.name},
              {"data", data.name},
              {"new_head", finetuned.new_head},
              {"test_" + metric + "_before", finetuned.before},
              {"validation_" + metric, finetuned.validation},
              {"test_" + metric, finetuned.test}};
  result.update(judgement(task, finetuned.test, finetuned.test_loss));
  deliver(context, finetuned.network, options.out, options.add, result);
  if (!options.out.empty()) fs::remove(training.checkpoint);
  return result;
}

void print_finetuned(Printer& print, const Json& result) {
  print.field("network", result.at("network").get<std::string>());
  print.field("data", result.at("data").get<std::string>());
  if (result.contains("accuracy"))
    print.field("accuracy before", format_percent(result.at("test_accuracy_before").get<double>()));
  print_judgement(print, result);
  for (const char* key : {"out", "name"})
    if (result.contains(key)) print.field(key, result.at(key).get<std::string>());
}

// apply

struct ApplyOptions {
  NetworkArgument network, adapter;
  std::string out, add;
};

void declare_apply(CLI::App& app, ApplyOptions& options) {
  declare_network(app, options.network);
  app.add_option("adapter", options.adapter.reference, "What `finetune --rank` made: a file, or a network of the zoo")
      ->type_name("ADAPTER")
      ->required();
  app.add_option("--out", options.out, "Write the weights to this .safetensors file")->type_name("FILE");
  app.add_option("--add", options.add, "Store the network in the zoo under this name")->type_name("NAME");
}

Json apply_to_network(Context& context, const ApplyOptions& options) {
  expect_deliverable(context, options.out, options.add.empty() ? std::vector<std::string>() : std::vector{options.add});
  const auto base = load_network(context, options.network), adapter = load_network(context, options.adapter);
  auto network = apply_adapter({base.record, base.description, base.weights},
                               {adapter.record, adapter.description, adapter.weights}, plugin_registry(context));
  Json result{{"network", base.name}, {"adapter", adapter.name}};
  deliver(context, network, options.out, options.add, result);
  return result;
}

void print_applied(Printer& print, const Json& result) {
  for (const char* key : {"network", "adapter", "out", "name"})
    if (result.contains(key)) print.field(key, result.at(key).get<std::string>());
}

// predict

struct PredictOptions {
  NetworkArgument network;
  std::vector<std::string> inputs;
  std::string data, out;
};

void declare_predict(CLI::App& app, PredictOptions& options) {
  declare_network(app, options.network);
  app.add_option("inputs", options.inputs, "Image files, or NumPy arrays [n, ...] taken as they are")
      ->type_name("FILE")
      ->required();
  app.add_option("--data", options.data,
                 "Standardise image files as this data set; default: the one that the network was trained on")
      ->type_name("DATA");
  app.add_option("--out", options.out, "Write the outputs (logits), [n, ...], to this .npy file")->type_name("FILE");
}

torch::Tensor read_array(const fs::path& path, const NetworkDescription& description) {
  auto array = read_npy(path);
  Shape expected = description.input.shape;
  if (array.shape.size() == expected.size()) array.shape.insert(array.shape.begin(), 1);
  expected.insert(expected.begin(), array.shape.empty() ? 0 : array.shape[0]);
  if (array.shape != expected)
    throw Error(ErrorCode::kRefused, "predict.shape", "cannot use '" + path.string() + "'",
                "the array has shape " + to_string(array.shape) + ", expected " + to_string(expected))
        .at(path.string());
  return to_float_tensor(array);
}

// Image files as a network of this data set wants them; the data set is read when the first one appears.
class Standardiser {
 public:
  Standardiser(const LoadedNetwork& network, std::string data) : network_(network), data_(std::move(data)) {}

  torch::Tensor read(const fs::path& path) {
    const auto form = image_form(network_.description);
    if (mean_.empty()) measure(form);
    std::vector<float> pixels(static_cast<std::size_t>(form.channels * form.size * form.size));
    resample(read_image(path), form, pixels);
    const auto floats = ComputeOptions().floats();
    const auto image = torch::tensor(pixels, floats).view({1, form.channels, form.size, form.size});
    const auto mean = torch::tensor(mean_, floats).view({1, -1, 1, 1});
    return (image - mean) / torch::tensor(deviation_, floats).view({1, -1, 1, 1});
  }
  const std::vector<std::string>& class_names() const { return class_names_; }

 private:
  void measure(const ImageForm& form) {
    const auto& text = data_.empty() ? network_.record.dataset : data_;
    if (text.empty())
      throw Error(ErrorCode::kUsage, "data.unnamed", "how were the training images standardised?",
                  "'" + network_.name + "' does not say what it was trained on",
                  "give --data, or standardised images as .npy");
    const auto data = load_images(DataSpec::parse(text), form);
    mean_ = data.mean;
    deviation_ = data.deviation;
    class_names_ = data.class_names;
  }

  const LoadedNetwork& network_;
  std::string data_;
  std::vector<float> mean_, deviation_;
  std::vector<std::string> class_names_;
};

bool is_array(const fs::path& path) {
  const auto format = detect_format(path);
  return format && format->name == "npy";
}

// Of a network that classifies the likeliest class of each input, of one whose output is a list its values; of others
// nothing but the input: what they say is in the file.
Json predictions_of(const NetworkDescription& description, const torch::Tensor& outputs,
                    const std::vector<std::string>& origins, const std::vector<std::string>& class_names) {
  Json predictions = Json::array();
  for (std::int64_t i = 0; i < outputs.size(0); ++i) {
    Json entry{{"input", origins[static_cast<std::size_t>(i)]}};
    if (description.task == "classification") {
      const auto [confidence, predicted] = torch::softmax(outputs[i], 0).max(0);
      const auto index = predicted.item<std::int64_t>();
      entry["class"] = index;
      entry["probability"] = confidence.item<double>();
      entry["name"] = static_cast<std::size_t>(index) < class_names.size()
                          ? Json(class_names[static_cast<std::size_t>(index)])
                          : Json(nullptr);
    } else {
      for (const char* column : {"class", "name", "probability"}) entry[column] = nullptr;
      if (outputs.dim() == 2) entry["values"] = to_vector(outputs[i]);
    }
    predictions.push_back(std::move(entry));
  }
  return predictions;
}

Json predict(Context& context, const PredictOptions& options) {
  expect_deliverable(context, options.out, {});
  const auto network = load_network(context, options.network);
  if (options.out.empty() && task_of(network.description).rank > 1)
    throw Error(ErrorCode::kUsage, "predict.out", "where to?",
                "what a network for " + network.description.task + " says of an input is an array",
                "give --out FILE, a .npy file");
  const Executor executor(network.description);
  const torch::NoGradGuard no_grad;
  Standardiser standardiser(network, options.data);
  std::vector<torch::Tensor> logits;
  std::vector<std::string> origins;
  for (const fs::path input : options.inputs) {
    const auto images = is_array(input) ? read_array(input, network.description) : standardiser.read(input);
    for (const auto& piece : images.split(64)) logits.push_back(executor.forward(network.weights, piece)[0]);
    for (std::int64_t i = 0; i < images.size(0); ++i)
      origins.push_back(images.size(0) == 1 ? input.string() : input.string() + "[" + std::to_string(i) + "]");
  }
  auto sizes = executor.facts().shapes.at(network.description.output);
  sizes.insert(sizes.begin(), 0);
  const auto all = logits.empty() ? torch::zeros(sizes, ComputeOptions().floats()) : torch::cat(logits).contiguous();
  if (!options.out.empty())
    write_npy(options.out,
              HostTensor::from_f32(all.sizes().vec(), {all.data_ptr<float>(), static_cast<std::size_t>(all.numel())}));
  return {{"network", network.name},
          {"parameters", network.description.parameter_count()},
          {"predictions", predictions_of(network.description, all, origins, standardiser.class_names())}};
}

}  // namespace

void add_runtime_commands(CommandTable& table) {
  table.add<GrowOptions>("zoo grow", declare_grow, grow_zoo, page(print_grown));
  table.add<EvaluateOptions>("evaluate", declare_evaluate, evaluate_network, page(print_evaluation, "score"));
  table.add<FinetuneOptions>("finetune", declare_finetune, finetune_network, page(print_finetuned, "score"));
  table.add<ApplyOptions>("apply", declare_apply, apply_to_network, page(print_applied, "network"));
  table.add<PredictOptions>(
      "predict", declare_predict, predict,
      listing("predictions", "class",
              {{"input"}, {"class"}, {"name"}, {"probability", "probability", Format::kPercent}}));
}

}  // namespace weightloom::cli
