#include "script_function.hpp"

#include <pthread.h>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/interpreter.h>
#include <torch/jit.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <string_view>
#include <unordered_set>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kCompilerStack = 256u << 20;  // its recursion follows the nesting of at most 16 KiB of code
constexpr std::int64_t kMostRounds = 10'000;        // of a loop
constexpr int kMostNestedLoops = 3;

// Arithmetic on tensors, sizes and lists. Nothing here reads or writes a file, prints, draws a random number or changes
// an argument; what is not here is refused, whatever a library of another version may add.
const std::unordered_set<std::string_view>& known_operators() {
  static const std::unordered_set<std::string_view> names{"__and__",
                                                          "__contains__",
                                                          "__derive_index",
                                                          "__getitem__",
                                                          "__is__",
                                                          "__isnot__",
                                                          "__not__",
                                                          "__or__",
                                                          "__range_length",
                                                          "Bool",
                                                          "BoolImplicit",
                                                          "Float",
                                                          "FloatImplicit",
                                                          "Int",
                                                          "IntImplicit",
                                                          "ScalarImplicit",
                                                          "abs",
                                                          "acos",
                                                          "adaptive_avg_pool1d",
                                                          "adaptive_avg_pool2d",
                                                          "adaptive_max_pool1d",
                                                          "adaptive_max_pool2d",
                                                          "add",
                                                          "addmm",
                                                          "affine_grid_generator",
                                                          "all",
                                                          "amax",
                                                          "amin",
                                                          "any",
                                                          "append",
                                                          "arange",
                                                          "argmax",
                                                          "argmin",
                                                          "argsort",
                                                          "asin",
                                                          "atan",
                                                          "atan2",
                                                          "avg_pool1d",
                                                          "avg_pool2d",
                                                          "avg_pool3d",
                                                          "baddbmm",
                                                          "bmm",
                                                          "broadcast_to",
                                                          "cat",
                                                          "ceil",
                                                          "celu",
                                                          "chunk",
                                                          "clamp",
                                                          "clamp_max",
                                                          "clamp_min",
                                                          "clone",
                                                          "complex",
                                                          "conj",
                                                          "constant_pad_nd",
                                                          "contiguous",
                                                          "conv1d",
                                                          "conv2d",
                                                          "conv3d",
                                                          "conv_transpose1d",
                                                          "conv_transpose2d",
                                                          "conv_transpose3d",
                                                          "cos",
                                                          "cosh",
                                                          "cosine_similarity",
                                                          "cumprod",
                                                          "cumsum",
                                                          "detach",
                                                          "diag_embed",
                                                          "diagonal",
                                                          "dim",
                                                          "div",
                                                          "dot",
                                                          "einsum",
                                                          "elu",
                                                          "embedding",
                                                          "eq",
                                                          "erf",
                                                          "erfc",
                                                          "exp",
                                                          "exp2",
                                                          "expand",
                                                          "expand_as",
                                                          "expm1",
                                                          "eye",
                                                          "fft_fft",
                                                          "fft_fft2",
                                                          "fft_fftfreq",
                                                          "fft_fftn",
                                                          "fft_fftshift",
                                                          "fft_ifft",
                                                          "fft_ifft2",
                                                          "fft_ifftn",
                                                          "fft_ifftshift",
                                                          "fft_irfft",
                                                          "fft_irfft2",
                                                          "fft_rfft",
                                                          "fft_rfft2",
                                                          "fft_rfftfreq",
                                                          "flatten",
                                                          "flip",
                                                          "floor",
                                                          "floordiv",
                                                          "fmod",
                                                          "frac",
                                                          "full",
                                                          "full_like",
                                                          "gather",
                                                          "ge",
                                                          "gelu",
                                                          "glu",
                                                          "grid_sampler",
                                                          "group_norm",
                                                          "gru_cell",
                                                          "gt",
                                                          "hann_window",
                                                          "hardshrink",
                                                          "hardsigmoid",
                                                          "hardswish",
                                                          "hardtanh",
                                                          "im2col",
                                                          "col2im",
                                                          "imag",
                                                          "index",
                                                          "index_select",
                                                          "instance_norm",
                                                          "isnan",
                                                          "layer_norm",
                                                          "le",
                                                          "leaky_relu",
                                                          "len",
                                                          "lerp",
                                                          "linear",
                                                          "linspace",
                                                          "list",
                                                          "log",
                                                          "log10",
                                                          "log1p",
                                                          "log2",
                                                          "log_sigmoid",
                                                          "log_softmax",
                                                          "logaddexp",
                                                          "logical_and",
                                                          "logical_not",
                                                          "logical_or",
                                                          "logical_xor",
                                                          "logit",
                                                          "logsumexp",
                                                          "lstm_cell",
                                                          "lt",
                                                          "masked_fill",
                                                          "matmul",
                                                          "max",
                                                          "max_pool1d",
                                                          "max_pool2d",
                                                          "max_pool3d",
                                                          "maximum",
                                                          "mean",
                                                          "median",
                                                          "meshgrid",
                                                          "min",
                                                          "minimum",
                                                          "mish",
                                                          "mm",
                                                          "movedim",
                                                          "mul",
                                                          "mv",
                                                          "nan_to_num",
                                                          "narrow",
                                                          "ne",
                                                          "neg",
                                                          "new_full",
                                                          "new_ones",
                                                          "new_zeros",
                                                          "norm",
                                                          "numel",
                                                          "one_hot",
                                                          "ones",
                                                          "ones_like",
                                                          "outer",
                                                          "pad",
                                                          "permute",
                                                          "pixel_shuffle",
                                                          "pixel_unshuffle",
                                                          "polar",
                                                          "pow",
                                                          "prelu",
                                                          "prod",
                                                          "real",
                                                          "reciprocal",
                                                          "reflection_pad1d",
                                                          "reflection_pad2d",
                                                          "relu",
                                                          "relu6",
                                                          "remainder",
                                                          "repeat",
                                                          "repeat_interleave",
                                                          "replication_pad1d",
                                                          "replication_pad2d",
                                                          "reshape",
                                                          "reshape_as",
                                                          "roll",
                                                          "rot90",
                                                          "round",
                                                          "rsqrt",
                                                          "rsub",
                                                          "scatter",
                                                          "scatter_add",
                                                          "select",
                                                          "selu",
                                                          "sigmoid",
                                                          "sign",
                                                          "silu",
                                                          "sin",
                                                          "sinh",
                                                          "size",
                                                          "slice",
                                                          "softmax",
                                                          "softplus",
                                                          "softshrink",
                                                          "softsign",
                                                          "sort",
                                                          "split",
                                                          "split_with_sizes",
                                                          "sqrt",
                                                          "square",
                                                          "squeeze",
                                                          "stack",
                                                          "std",
                                                          "sub",
                                                          "sum",
                                                          "swapaxes",
                                                          "t",
                                                          "take_along_dim",
                                                          "tan",
                                                          "tanh",
                                                          "tensordot",
                                                          "threshold",
                                                          "tile",
                                                          "to",
                                                          "topk",
                                                          "trace",
                                                          "transpose",
                                                          "tril",
                                                          "triu",
                                                          "true_divide",
                                                          "trunc",
                                                          "type_as",
                                                          "unbind",
                                                          "unflatten",
                                                          "unfold",
                                                          "unsqueeze",
                                                          "upsample_bicubic2d",
                                                          "upsample_bilinear2d",
                                                          "upsample_linear1d",
                                                          "upsample_nearest1d",
                                                          "upsample_nearest2d",
                                                          "var",
                                                          "view",
                                                          "view_as",
                                                          "view_as_complex",
                                                          "view_as_real",
                                                          "where",
                                                          "xlogy",
                                                          "zeros",
                                                          "zeros_like"};
  return names;
}

const std::unordered_set<std::string_view>& known_constructs() {
  static const std::unordered_set<std::string_view> names{
      "Constant",   "If",          "Loop",           "ListConstruct", "ListUnpack",     "TupleConstruct", "TupleUnpack",
      "TupleIndex", "NumToTensor", "RaiseException", "Uninitialized", "unchecked_cast", "device",         "dtype",
      "max",        "min"};
  return names;
}

// Text of one line: the library's messages go on with excerpts.
std::string message_of(std::string text) {
  constexpr std::size_t kMost = 600;
  std::ranges::replace(text, '\n', ' ');
  text.erase(std::ranges::unique(text, [](char a, char b) { return a == ' ' && b == ' '; }).begin(), text.end());
  const auto begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "no reason was given" : text.substr(begin, kMost);
}

Error failure(const std::string& node, const std::string& why, const std::string& hint = "") {
  return Error(ErrorCode::kPlugin, "executor.script", "cannot execute the script '" + node + "'", why, hint);
}

template <typename Work>
decltype(auto) translated(const std::string& node, Work&& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw failure(node, message_of(error.what()));
  }
}

// On a thread of its own, whose stack holds the compiler's recursion over whatever the text nests.
void on_deep_stack(std::function<void()> work) {
  struct Task {
    std::function<void()> work;
    std::exception_ptr failure;
  } task{std::move(work), nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kCompilerStack);
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    auto& own = *static_cast<Task*>(argument);
    try {
      own.work();
    } catch (...) {
      own.failure = std::current_exception();
    }
    return nullptr;
  };
  const int error = pthread_create(&thread, &attributes, run, &task);
  pthread_attr_destroy(&attributes);
  if (error != 0) throw Error(ErrorCode::kFailure, "executor.script", "cannot compile a script", "there is no thread");
  pthread_join(thread, nullptr);
  if (task.failure) std::rethrow_exception(task.failure);
}

// Whether all that a compiled function does is known, and ends.
class Inspection {
 public:
  explicit Inspection(const std::string& node) : node_(node) {}

  void block(const torch::jit::Block& block, int loops = 0) const {
    for (const auto* step : block.nodes()) {
      const auto kind = step->kind();
      const std::string name = kind.toUnqualString();
      if (kind.is_aten() ? !known_operators().contains(name) : !kind.is_prim() || !known_constructs().contains(name))
        refuse(step, "'" + name + "' is not among the operators that a script may use" +
                         (name.ends_with('_') ? ": it changes what it is given" : ""));
      const bool loop = kind == torch::jit::prim::Loop;
      if (loop && loops == kMostNestedLoops) refuse(step, "its loops are nested more than three deep");
      if (loop && !bounded(step->input(0))) refuse(step, "a loop needs a bound: at most 10,000, or a tensor's size");
      for (const auto* inner : step->blocks()) this->block(*inner, loops + (loop ? 1 : 0));
    }
  }

 private:
  [[noreturn]] void refuse(const torch::jit::Node* step, const std::string& why) const {
    const auto line = step->sourceRange().file_line_col();
    throw failure(node_, (line ? "line " + std::to_string(std::get<1>(*line)) + ": " : "") + why,
                  "docs/network_description.md, \"Scripts\", says what there is");
  }

  static bool bounded(const torch::jit::Value* rounds) {
    const auto* from = rounds->node();
    if (from->kind() == torch::jit::prim::Constant)
      return from->hasAttribute(torch::jit::attr::value) && from->i(torch::jit::attr::value) <= kMostRounds;
    const std::string_view name = from->kind().toUnqualString();
    if (name == "size" || name == "len" || name == "dim") return true;
    return (name == "__range_length" || name == "min") && std::ranges::all_of(from->inputs(), bounded);
  }

  const std::string& node_;
};

}  // namespace

struct ScriptFunction::Impl {
  std::string node;
  torch::jit::Code code;
};

ScriptFunction::ScriptFunction(const std::string& node, const std::string& code, std::size_t arguments)
    : impl_(std::make_unique<Impl>()) {
  impl_->node = node;
  const auto compile = [&] {
    const auto unit = torch::jit::compile(code + "\n");  // without which the last line counts as unfinished
    const auto functions = unit->get_functions();
    if (functions.size() != 1 || functions.front()->name() != "forward")
      throw failure(node, "it does not define one function called forward, and nothing else");
    auto& function = *functions.front();
    function.ensure_defined();
    const auto& schema = function.getSchema();
    const auto is_tensor = [](const c10::Argument& argument) {
      return argument.type()->isSubtypeOf(*c10::TensorType::get());
    };
    if (schema.arguments().size() != arguments || !std::ranges::all_of(schema.arguments(), is_tensor))
      throw failure(node, "forward takes " + std::to_string(schema.arguments().size()) +
                              " arguments, and its node has " + std::to_string(arguments) +
                              " inputs and parameters, each a tensor");
    if (schema.returns().size() != 1 || !is_tensor(schema.returns().front()))
      throw failure(node, "forward does not return a tensor");
    const auto graph = torch::jit::toGraphFunction(function).graph()->copy();
    torch::jit::Inline(*graph);
    Inspection(node).block(*graph->block());
    impl_->code = torch::jit::Code(graph, node);
  };
  on_deep_stack([&] { translated(node, compile); });
}

ScriptFunction::~ScriptFunction() = default;
ScriptFunction::ScriptFunction(ScriptFunction&&) noexcept = default;

torch::Tensor ScriptFunction::operator()(const std::vector<torch::Tensor>& arguments) const {
  return translated(impl_->node, [&] {
    torch::jit::Stack stack(arguments.begin(), arguments.end());
    torch::jit::InterpreterState(impl_->code).run(stack);
    return stack.front().toTensor();
  });
}

}  // namespace weightloom
