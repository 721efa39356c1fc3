#include "weightloom/network/dialect.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>

#include "json_view.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMostListed = 40;  // tensors a message names; the rest is counted

// ---- tensors as bytes ----

HostTensor transposed(const HostTensor& in, const std::vector<std::int64_t>& order) {
  const auto rank = in.shape.size();
  const auto width = dtype_bytes(in.dtype);
  std::vector<std::size_t> strides(rank, width);
  for (std::size_t d = rank; d-- > 1;) strides[d - 1] = strides[d] * static_cast<std::size_t>(in.shape[d]);
  HostTensor out{in.dtype, {}, std::vector<std::byte>(in.bytes.size())};
  std::vector<std::size_t> steps;
  for (auto axis : order) {
    out.shape.push_back(in.shape[static_cast<std::size_t>(axis)]);
    steps.push_back(strides[static_cast<std::size_t>(axis)]);
  }
  std::vector<std::int64_t> index(rank, 0);
  std::size_t from = 0;
  for (std::size_t to = 0; to < out.bytes.size(); to += width) {
    std::memcpy(&out.bytes[to], &in.bytes[from], width);
    for (std::size_t d = rank; d-- > 0;) {
      from += steps[d];
      if (++index[d] < out.shape[d]) break;
      from -= steps[d] * static_cast<std::size_t>(out.shape[d]);
      index[d] = 0;
    }
  }
  return out;
}

// Bytes of one step along `axis` (times the axis' size: of one outer step).
std::size_t inner_bytes(const HostTensor& tensor, std::size_t axis) {
  std::size_t bytes = dtype_bytes(tensor.dtype);
  for (std::size_t d = axis + 1; d < tensor.shape.size(); ++d) bytes *= static_cast<std::size_t>(tensor.shape[d]);
  return bytes;
}

HostTensor joined(const std::vector<HostTensor>& parts, std::size_t axis) {
  HostTensor out{parts[0].dtype, parts[0].shape, {}};
  out.shape[axis] = 0;
  std::size_t outer = 1;
  for (std::size_t d = 0; d < axis; ++d) outer *= static_cast<std::size_t>(out.shape[d]);
  for (const auto& part : parts) out.shape[axis] += part.shape[axis];
  for (std::size_t o = 0; o < outer; ++o)
    for (const auto& part : parts) {
      const auto run = inner_bytes(part, axis) * static_cast<std::size_t>(part.shape[axis]);
      const auto begin = part.bytes.begin() + static_cast<std::ptrdiff_t>(o * run);
      out.bytes.insert(out.bytes.end(), begin, begin + static_cast<std::ptrdiff_t>(run));
    }
  return out;
}

std::vector<HostTensor> cut(const HostTensor& whole, std::size_t axis, const std::vector<std::int64_t>& sizes) {
  std::vector<HostTensor> parts;
  const auto step = inner_bytes(whole, axis);
  const auto outer_step = step * static_cast<std::size_t>(whole.shape[axis]);
  std::size_t offset = 0;
  for (auto size : sizes) {
    HostTensor part{whole.dtype, whole.shape, {}};
    part.shape[axis] = size;
    const auto run = step * static_cast<std::size_t>(size);
    for (std::size_t begin = offset; begin < whole.bytes.size(); begin += outer_step) {
      const auto from = whole.bytes.begin() + static_cast<std::ptrdiff_t>(begin);
      part.bytes.insert(part.bytes.end(), from, from + static_cast<std::ptrdiff_t>(run));
    }
    offset += run;
    parts.push_back(std::move(part));
  }
  return parts;
}

// ---- rules ----

struct Transform {
  enum class Kind { kTranspose, kReshape, kSqueeze, kUnsqueeze } kind;
  std::vector<std::int64_t> order;  // transpose
  Shape from, to;                   // reshape
  std::size_t axis = 0;             // squeeze, unsqueeze

  Transform inverse() const {
    switch (kind) {
      case Kind::kTranspose: {
        std::vector<std::int64_t> back(order.size());
        for (std::size_t i = 0; i < order.size(); ++i)
          back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
        return {kind, back, {}, {}};
      }
      case Kind::kReshape:
        return {kind, {}, to, from};
      case Kind::kSqueeze:
        return {Kind::kUnsqueeze, {}, {}, {}, axis};
      default:
        return {Kind::kSqueeze, {}, {}, {}, axis};
    }
  }
};

// Import runs from left to right: the foreign tensors are joined (concat), transformed, and cut (split). Export runs
// back.
struct Rule {
  std::string path;
  std::vector<std::string> foreign, canonical;
  bool ignore = false;
  std::size_t concat_axis = 0, split_axis = 0;
  std::vector<std::int64_t> concat_sizes;
  std::vector<Transform> transforms;
  std::vector<Shape> foreign_shapes, canonical_shapes;
};

struct Dialect {
  std::string name;
  std::vector<Rule> rules;
};

std::size_t parse_axis(const JsonView& view) {
  return static_cast<std::size_t>(view.integer(0, 7));
}

Transform parse_transform(const JsonView& view) {
  view.object({}, {"transpose", "reshape", "squeeze", "unsqueeze"});
  if (view.json().size() != 1) view.expected("one of transpose, reshape, squeeze, unsqueeze");
  using Kind = Transform::Kind;
  if (view.has("transpose")) {
    const auto order = view["transpose"].integers(8, 0, 7);
    std::vector<std::int64_t> axes(order.size());
    std::iota(axes.begin(), axes.end(), 0);
    if (!std::is_permutation(order.begin(), order.end(), axes.begin())) view["transpose"].expected("every axis once");
    return {Kind::kTranspose, order, {}, {}};
  }
  if (view.has("reshape")) {
    const auto shapes = view["reshape"];
    shapes.object({"from", "to"});
    const auto from = shapes["from"].shape(), to = shapes["to"].shape();
    if (element_count(from) != element_count(to))
      refuse("dialect", shapes.path(),
             "expected two shapes with the same number of values, found " + to_string(from) + " and " + to_string(to));
    return {Kind::kReshape, {}, from, to};
  }
  const bool squeeze = view.has("squeeze");
  return {squeeze ? Kind::kSqueeze : Kind::kUnsqueeze, {}, {}, {}, parse_axis(view[squeeze ? "squeeze" : "unsqueeze"])};
}

std::vector<std::string> parse_names(const JsonView& view) {
  if (view.json().is_string()) return {view.text()};
  std::vector<std::string> names;
  for (const auto& item : view.items(4096)) names.push_back(item.text());
  if (names.empty()) view.expected("a name or a list of names");
  return names;
}

Rule parse_rule(const JsonView& view) {
  Rule rule;
  rule.path = view.path();
  if (view.any_object().has("ignore")) {
    view.object({"foreign", "ignore"});
    if (!view["ignore"].boolean()) view["ignore"].expected("true");
    rule.foreign = {view["foreign"].text()};
    rule.ignore = true;
    return rule;
  }
  view.object({"foreign", "canonical"}, {"transform", "split", "concat", "sizes"});
  rule.foreign = parse_names(view["foreign"]);
  rule.canonical = parse_names(view["canonical"]);
  if (view.has("concat") != (rule.foreign.size() > 1) || view.has("sizes") != view.has("concat"))
    refuse("dialect", rule.path, "expected \"concat\" and \"sizes\" with several foreign tensors, and only then");
  if (view.has("split") != (rule.canonical.size() > 1))
    refuse("dialect", rule.path, "expected \"split\" with several canonical tensors, and only then");
  if (view.has("concat")) {
    rule.concat_axis = parse_axis(view["concat"]);
    rule.concat_sizes = view["sizes"].integers(4096, 1, std::int64_t{1} << 31);
    if (rule.concat_sizes.size() != rule.foreign.size()) view["sizes"].expected("one size for each foreign tensor");
  }
  if (view.has("split")) rule.split_axis = parse_axis(view["split"]);
  if (view.has("transform"))
    for (const auto& item : view["transform"].items(16)) rule.transforms.push_back(parse_transform(item));
  return rule;
}

[[noreturn]] void refuse_transform(const Rule& rule, const std::string& what, const Shape& found) {
  refuse("dialect", rule.path, "expected " + what + ", found shape " + to_string(found));
}

Shape apply(const Transform& transform, Shape shape, const Rule& rule) {
  using Kind = Transform::Kind;
  const auto place = shape.begin() + static_cast<std::ptrdiff_t>(std::min(transform.axis, shape.size()));
  switch (transform.kind) {
    case Kind::kTranspose: {
      if (transform.order.size() != shape.size())
        refuse_transform(rule, "a tensor of rank " + std::to_string(transform.order.size()) + " to transpose", shape);
      Shape out;
      for (auto axis : transform.order) out.push_back(shape[static_cast<std::size_t>(axis)]);
      return out;
    }
    case Kind::kReshape:
      if (shape != transform.from) refuse_transform(rule, "shape " + to_string(transform.from) + " to reshape", shape);
      return transform.to;
    case Kind::kSqueeze:
      if (transform.axis >= shape.size() || *place != 1 || shape.size() == 1)
        refuse_transform(rule, "a tensor whose axis " + std::to_string(transform.axis) + " can be squeezed", shape);
      shape.erase(place);
      return shape;
    default:
      if (transform.axis > shape.size())
        refuse_transform(rule, "a tensor with room for axis " + std::to_string(transform.axis), shape);
      shape.insert(place, 1);
      return shape;
  }
}

// The foreign shapes that lead to the canonical ones: export, on shapes alone.
void infer_foreign_shapes(Rule& rule) {
  auto whole = rule.canonical_shapes.front();
  for (const auto& shape : rule.canonical_shapes)
    if (shape != whole)
      refuse("dialect", rule.path,
             "expected equal parts, found shapes " + to_string(whole) + " and " + to_string(shape));
  if (rule.canonical.size() > 1) {
    if (rule.split_axis >= whole.size())
      refuse_transform(rule, "a canonical tensor with axis " + std::to_string(rule.split_axis), whole);
    whole[rule.split_axis] *= static_cast<std::int64_t>(rule.canonical.size());
  }
  for (auto it = rule.transforms.rbegin(); it != rule.transforms.rend(); ++it)
    whole = apply(it->inverse(), whole, rule);
  rule.foreign_shapes.assign(rule.foreign.size(), whole);
  if (rule.foreign.size() == 1) return;
  if (rule.concat_axis >= whole.size())
    refuse_transform(rule, "a joined tensor with axis " + std::to_string(rule.concat_axis), whole);
  const auto total = std::accumulate(rule.concat_sizes.begin(), rule.concat_sizes.end(), std::int64_t{0});
  if (total != whole[rule.concat_axis])
    refuse_transform(
        rule,
        "sizes that add up to axis " + std::to_string(rule.concat_axis) + " (they make " + std::to_string(total) + ")",
        whole);
  for (std::size_t i = 0; i < rule.foreign.size(); ++i) rule.foreign_shapes[i][rule.concat_axis] = rule.concat_sizes[i];
}

using ParameterIndex = std::unordered_map<std::string_view, const ParameterSpec*>;

ParameterIndex index_parameters(const NetworkDescription& description) {
  ParameterIndex index;
  for (const auto& parameter : description.parameters) index.emplace(parameter.name, &parameter);
  return index;
}

std::vector<std::string> parameter_names(const NetworkDescription& description) {
  std::vector<std::string> names;
  for (const auto& parameter : description.parameters) names.push_back(parameter.name);
  return names;
}

Dialect compile(const NetworkDescription& description, const DialectSpec& spec, const std::string& path) {
  const auto parameters = index_parameters(description);
  Dialect dialect{spec.name, {}};
  std::set<std::string> foreign, canonical;
  for (const auto& view : JsonView(spec.rules, path).items(100'000)) {
    auto rule = parse_rule(view);
    for (const auto& name : rule.foreign)
      if (!foreign.insert(name).second)
        refuse("dialect", rule.path, "the foreign tensor '" + name + "' already stands in another rule");
    for (const auto& name : rule.canonical) {
      const auto found = parameters.find(name);
      if (found == parameters.end())
        refuse("dialect", rule.path, "no parameter is called '" + name + "'",
               suggestion(name, parameter_names(description)));
      if (!canonical.insert(name).second)
        refuse("dialect", rule.path, "the parameter '" + name + "' already stands in another rule");
      rule.canonical_shapes.push_back(found->second->shape);
    }
    if (!rule.ignore) infer_foreign_shapes(rule);
    dialect.rules.push_back(std::move(rule));
  }
  for (const auto& parameter : description.parameters)
    if (!canonical.contains(parameter.name))
      refuse("dialect", path, "expected a rule for every parameter, found none for '" + parameter.name + "'");
  return dialect;
}

Dialect identity_dialect(const NetworkDescription& description) {
  Dialect dialect{"canonical", {}};
  for (const auto& parameter : description.parameters) {
    Rule rule;
    rule.foreign = rule.canonical = {parameter.name};
    rule.foreign_shapes = rule.canonical_shapes = {parameter.shape};
    dialect.rules.push_back(std::move(rule));
  }
  return dialect;
}

std::string rules_path(std::size_t dialect) {
  return "$.dialects[" + std::to_string(dialect) + "].rules";
}

Dialect load(const NetworkDescription& description, const std::string& name) {
  std::vector<std::string> known{"canonical"};
  if (name == "canonical") return identity_dialect(description);
  for (std::size_t i = 0; i < description.dialects.size(); ++i) {
    if (description.dialects[i].name == name) return compile(description, description.dialects[i], rules_path(i));
    known.push_back(description.dialects[i].name);
  }
  auto hint = suggestion(name, known);
  if (hint.empty()) {
    hint = "known dialects:";
    for (const auto& dialect : known) hint += " " + dialect;
  }
  throw Error(ErrorCode::kUsage, "dialect.unknown", "cannot use the dialect '" + name + "'",
              description.architecture + " has no such dialect", hint);
}

// ---- comparing a set of tensors with what a dialect wants ----

struct Expectation {
  std::map<std::string, Shape> tensors;
  std::set<std::string> ignorable;
};

Expectation foreign_side(const Dialect& dialect) {
  Expectation expected;
  for (const auto& rule : dialect.rules) {
    if (rule.ignore) expected.ignorable.insert(rule.foreign.front());
    for (std::size_t i = 0; i < rule.foreign_shapes.size(); ++i)
      expected.tensors.emplace(rule.foreign[i], rule.foreign_shapes[i]);
  }
  return expected;
}

Expectation canonical_side(const NetworkDescription& description) {
  Expectation expected;
  for (const auto& parameter : description.parameters) expected.tensors.emplace(parameter.name, parameter.shape);
  return expected;
}

struct Difference {
  std::vector<std::string> missing, unexpected, misshapen;
  bool names_fit() const { return missing.empty() && unexpected.empty(); }
  bool fits() const { return names_fit() && misshapen.empty(); }
  std::size_t names() const { return missing.size() + unexpected.size(); }
};

bool has_all_bytes(const HostTensor& tensor) {
  return tensor.bytes.size() == byte_count(tensor.dtype, tensor.shape);
}

Difference compare(const Expectation& expected, const TensorMap& found) {
  Difference difference;
  for (const auto& [name, shape] : expected.tensors) {
    const auto it = found.find(name);
    if (it == found.end())
      difference.missing.push_back(name + " " + to_string(shape));
    else if (it->second.shape != shape)
      difference.misshapen.push_back(name + " (expected " + to_string(shape) + ", found " +
                                     to_string(it->second.shape) + ")");
    else if (!has_all_bytes(it->second))
      difference.misshapen.push_back(name + " (expected " + to_string(shape) + ", found " +
                                     std::to_string(it->second.bytes.size()) + " bytes)");
  }
  for (const auto& [name, tensor] : found)
    if (!expected.tensors.contains(name) && !expected.ignorable.contains(name))
      difference.unexpected.push_back(name + " " + to_string(tensor.shape));
  return difference;
}

std::string list(std::string_view title, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string text = std::to_string(names.size()) + " " + std::string(title) + ": ";
  for (std::size_t i = 0; i < names.size() && i < kMostListed; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kMostListed) text += ", and " + std::to_string(names.size() - kMostListed) + " more";
  return text;
}

std::string describe(const Difference& difference) {
  std::string text;
  for (const auto& part : {list("missing", difference.missing), list("unexpected", difference.unexpected),
                           list("misshapen", difference.misshapen)})
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  return text;
}

void check(const NetworkDescription& description, const std::string& dialect, const Expectation& expected,
           const TensorMap& found) {
  const auto difference = compare(expected, found);
  if (!difference.fits())
    throw Error(ErrorCode::kRefused, "dialect.mismatch",
                "tensors do not fit " + description.label() + " in the dialect '" + dialect + "'", describe(difference),
                "check the configuration (depth, width, classes) and the dialect");
}

// ---- execution ----

HostTensor apply(const Transform& transform, HostTensor tensor, const Rule& rule) {
  if (transform.kind == Transform::Kind::kTranspose) return transposed(tensor, transform.order);
  tensor.shape = apply(transform, std::move(tensor.shape), rule);
  return tensor;
}

std::vector<HostTensor> gather(const TensorMap& tensors, const std::vector<std::string>& names) {
  std::vector<HostTensor> parts;
  for (const auto& name : names) {
    parts.push_back(tensors.at(name));
    if (parts.back().dtype != parts.front().dtype)
      throw Error(ErrorCode::kRefused, "dialect.dtype",
                  "tensors '" + names.front() + "' and '" + name + "' belong together",
                  "expected one dtype, found " + std::string(dtype_name(parts.front().dtype)) + " and " +
                      std::string(dtype_name(parts.back().dtype)));
  }
  return parts;
}

HostTensor join_parts(std::vector<HostTensor> parts, std::size_t axis) {
  return parts.size() == 1 ? std::move(parts.front()) : joined(parts, axis);
}

void scatter(HostTensor whole, const std::vector<std::string>& names, std::size_t axis,
             const std::vector<std::int64_t>& sizes, TensorMap& out) {
  if (names.size() == 1) {
    out.emplace(names.front(), std::move(whole));
    return;
  }
  auto parts = cut(whole, axis, sizes);
  for (std::size_t i = 0; i < names.size(); ++i) out.emplace(names[i], std::move(parts[i]));
}

void import_rule(const Rule& rule, const TensorMap& foreign, TensorMap& canonical) {
  auto whole = join_parts(gather(foreign, rule.foreign), rule.concat_axis);
  for (const auto& transform : rule.transforms) whole = apply(transform, std::move(whole), rule);
  std::vector<std::int64_t> sizes;
  for (const auto& shape : rule.canonical_shapes)
    sizes.push_back(shape.size() > rule.split_axis ? shape[rule.split_axis] : 0);
  scatter(std::move(whole), rule.canonical, rule.split_axis, sizes, canonical);
}

void export_rule(const Rule& rule, const TensorMap& canonical, TensorMap& foreign) {
  auto whole = join_parts(gather(canonical, rule.canonical), rule.split_axis);
  for (auto it = rule.transforms.rbegin(); it != rule.transforms.rend(); ++it)
    whole = apply(it->inverse(), std::move(whole), rule);
  scatter(std::move(whole), rule.foreign, rule.concat_axis, rule.concat_sizes, foreign);
}

}  // namespace

void validate_dialects(const NetworkDescription& description) {
  std::set<std::string> names{"canonical"};
  for (std::size_t i = 0; i < description.dialects.size(); ++i) {
    const auto& spec = description.dialects[i];
    if (!names.insert(spec.name).second)
      refuse("dialect", "$.dialects[" + std::to_string(i) + "].name",
             "expected a name of its own, found '" + spec.name + "' again");
    compile(description, spec, rules_path(i));
  }
}

DialectConversion to_canonical(const NetworkDescription& description, const std::string& dialect,
                               const TensorMap& foreign) {
  const auto compiled = load(description, dialect);
  check(description, dialect, foreign_side(compiled), foreign);
  DialectConversion result;
  for (const auto& rule : compiled.rules) {
    if (!rule.ignore)
      import_rule(rule, foreign, result.tensors);
    else if (foreign.contains(rule.foreign.front()))
      result.ignored.push_back(rule.foreign.front());
  }
  return result;
}

TensorMap to_dialect(const NetworkDescription& description, const std::string& dialect, const TensorMap& canonical) {
  const auto compiled = load(description, dialect);
  check(description, "canonical", canonical_side(description), canonical);
  TensorMap foreign;
  for (const auto& rule : compiled.rules)
    if (!rule.ignore) export_rule(rule, canonical, foreign);
  return foreign;
}

std::string detect_dialect(const NetworkDescription& description, const TensorMap& foreign) {
  std::vector<std::pair<std::string, Difference>> candidates{
      {"canonical", compare(canonical_side(description), foreign)}};
  for (const auto& spec : description.dialects)
    candidates.emplace_back(spec.name, compare(foreign_side(load(description, spec.name)), foreign));
  const auto fitting = [&](auto fits) {
    std::vector<std::string> names;
    for (const auto& [name, difference] : candidates)
      if (fits(difference)) names.push_back(name);
    return names;
  };
  auto names = fitting([](const Difference& d) { return d.names_fit(); });
  if (names.size() > 1)
    if (const auto exact = fitting([](const Difference& d) { return d.fits(); }); !exact.empty()) names = exact;
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    const auto& closest = *std::min_element(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
      return a.second.names() < b.second.names();
    });
    throw Error(ErrorCode::kRefused, "dialect.none", "the tensor names fit no dialect of " + description.label(),
                "the closest is '" + closest.first + "', with " + describe(closest.second),
                "check the configuration (depth, width, classes), or name the dialect");
  }
  std::string fits;
  for (const auto& name : names) fits += (fits.empty() ? "'" : ", '") + name + "'";
  throw Error(ErrorCode::kRefused, "dialect.ambiguous",
              "the tensor names fit several dialects of " + description.label(), fits, "name the dialect");
}

std::string wrapper_prefix(const TensorMap& tensors) {
  static constexpr std::string_view kWrappers[] = {
      "module.",         "_orig_mod.", "model.",     "net.",       "network.",
      "state_dict.",     "ema.",       "ema_model.", "model_ema.", "_fsdp_wrapped_module.",
      "_forward_module."};
  std::string prefix;
  const auto all_begin = [&](std::string_view with) {
    return std::ranges::all_of(tensors, [&](const auto& tensor) {
      return tensor.first.size() > prefix.size() + with.size() && tensor.first.starts_with(prefix) &&
             std::string_view(tensor.first).substr(prefix.size()).starts_with(with);
    });
  };
  for (bool found = !tensors.empty(); found;) {
    const auto* wrapper = std::ranges::find_if(kWrappers, all_begin);
    found = wrapper != std::end(kWrappers);
    if (found) prefix += *wrapper;
  }
  return prefix;
}

namespace {

constexpr std::string_view kAverageCounter = "n_averaged";  // torch.optim.swa_utils.AveragedModel
constexpr std::size_t kMostPrefixes = 8;

// Where what averages is wrapped itself, the wrapper's words stand before the counter as before all names.
TensorMap::iterator average_counter(TensorMap& tensors) {
  return std::ranges::find_if(tensors, [&](const auto& tensor) {
    const auto& [name, counter] = tensor;
    if (!name.ends_with(kAverageCounter) || element_count(counter.shape) != 1) return false;
    const auto before = std::string_view(name).substr(0, name.size() - kAverageCounter.size());
    return (before.empty() || before.ends_with('.')) &&
           std::ranges::all_of(tensors, [&](const auto& other) { return other.first.starts_with(before); });
  });
}

// What may stand before all names: a wrapper's words, and every beginning up to a dot.
std::vector<std::string> prefixes_of(const TensorMap& tensors) {
  std::vector<std::string> prefixes;
  if (tensors.empty()) return prefixes;
  if (auto wrapper = wrapper_prefix(tensors); !wrapper.empty()) prefixes.push_back(std::move(wrapper));
  const auto &first = tensors.begin()->first, &last = std::prev(tensors.end())->first;
  const auto shared = static_cast<std::size_t>(std::ranges::mismatch(first, last).in1 - first.begin());
  for (auto dot = first.find('.'); dot < shared && dot + 1 < first.size() && prefixes.size() < kMostPrefixes;
       dot = first.find('.', dot + 1))
    if (auto prefix = first.substr(0, dot + 1); prefixes.empty() || prefix != prefixes.front())
      prefixes.push_back(std::move(prefix));
  return prefixes;
}

TensorMap renamed(TensorMap tensors, std::size_t cut, const std::string& put) {
  TensorMap out;
  while (!tensors.empty()) {
    auto tensor = tensors.extract(tensors.begin());
    tensor.key() = put + tensor.key().substr(cut);
    out.insert(out.end(), std::move(tensor));
  }
  return out;
}

FittedTensors fit_names(const NetworkDescription& description, const std::string& dialect, const TensorMap& tensors) {
  const auto found = dialect.empty() ? detect_dialect(description, tensors) : dialect;
  return {to_canonical(description, found, tensors).tensors, found, {}};
}

// With the first prefix taken off that makes them fit. Where none does and a wrapper's is among them, its refusal is
// thrown.
std::optional<FittedTensors> fit_bare(const NetworkDescription& description, const std::string& dialect,
                                      TensorMap tensors, bool averaged) {
  const auto wrapper = wrapper_prefix(tensors);
  auto prefixes = prefixes_of(tensors);
  if (averaged) prefixes.emplace_back();
  std::optional<Error> refused;
  for (const auto& prefix : prefixes) {
    tensors = renamed(std::move(tensors), prefix.size(), "");
    try {
      auto fitted = fit_names(description, dialect, tensors);
      fitted.prefix = prefix;
      fitted.averaged = averaged;
      return fitted;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRefused) throw;
      if (!prefix.empty() && prefix == wrapper)
        refused = Error(error.code(), error.id(), error.summary(),
                        "all names begin with '" + prefix + "'; without that: " + error.why(), error.hint());
    }
    tensors = renamed(std::move(tensors), 0, prefix);
  }
  if (refused) throw std::move(*refused);
  return std::nullopt;
}

}  // namespace

FittedTensors fit_tensors(const NetworkDescription& description, const std::string& dialect, TensorMap foreign) {
  try {
    return fit_names(description, dialect, foreign);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRefused) throw;
    const auto counter = average_counter(foreign);
    const bool averaged = counter != foreign.end();
    if (averaged) foreign.erase(counter);
    if (auto fitted = fit_bare(description, dialect, std::move(foreign), averaged)) return std::move(*fitted);
    throw;
  }
}

}  // namespace weightloom
