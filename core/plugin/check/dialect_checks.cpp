// How foreign checkpoints name and lay out the tensors.

#include <array>
#include <cstring>
#include <map>
#include <regex>
#include <set>

#include "tiers.hpp"
#include "weightloom/network/dialect.hpp"

namespace weightloom {
namespace {

// Values of a network that is carried through its dialects: 64 MB of them.
constexpr std::int64_t kMostValues = 16'000'000;

// Any bits, those of NaNs among them.
TensorMap random_tensors(const NetworkDescription& network, std::uint64_t seed) {
  Random random(derive_seed(seed, network.identity));
  TensorMap out;
  for (const auto& parameter : network.parameters) {
    auto& tensor = out[parameter.name];
    tensor.shape = parameter.shape;
    tensor.bytes.resize(byte_count(DType::kF32, parameter.shape));
    for (std::size_t at = 0; at < tensor.bytes.size(); at += 4) {
      const auto bits = static_cast<std::uint32_t>(random.next());
      std::memcpy(tensor.bytes.data() + at, &bits, 4);
    }
  }
  return out;
}

std::string named(const NetworkDescription& network, const std::string& dialect) {
  return "dialect '" + dialect + "' of " + network.label() + ": ";
}

template <class Check>
void for_each_dialect(Subject& plugin, Check check) {
  for (const auto& network : plugin.several_networks(kMostValues))
    for (const auto& dialect : network.dialects) {
      try {
        check(network, dialect);
      } catch (const Error& error) {
        throw CheckFailure{named(network, dialect.name) + error.summary() + ": " + error.why()};
      }
    }
}

void dialects_differ(Subject& plugin) {
  for (const auto& network : plugin.several_networks(kMostValues)) {
    std::map<std::string, std::string> seen;
    for (const auto& dialect : network.dialects) {
      const auto [first, fresh] = seen.emplace(dialect.rules.dump(), dialect.name);
      require(fresh, named(network, dialect.name) + "it is the dialect '" + first->second + "' again");
    }
  }
}

void dialects_round_trip(Subject& plugin) {
  for_each_dialect(plugin, [&](const NetworkDescription& network, const DialectSpec& dialect) {
    const auto tensors = random_tensors(network, plugin.seed());
    const auto back = to_canonical(network, dialect.name, to_dialect(network, dialect.name, tensors)).tensors;
    for (const auto& [name, tensor] : tensors)
      require(back.contains(name) && back.at(name).shape == tensor.shape && back.at(name).bytes == tensor.bytes,
              named(network, dialect.name) + "'" + name + "' does not come back bit by bit");
  });
}

void dialects_unambiguous(Subject& plugin) {
  for_each_dialect(plugin, [&](const NetworkDescription& network, const DialectSpec& dialect) {
    const auto foreign = to_dialect(network, dialect.name, random_tensors(network, plugin.seed()));
    const auto found = detect_dialect(network, foreign);
    require(found == dialect.name, named(network, dialect.name) + "its tensors are taken for those of '" + found + "'");
  });
}

void require_dialect_refusal(const NetworkDescription& network, const std::string& dialect, const TensorMap& foreign,
                             const std::string& tensor) {
  try {
    to_canonical(network, dialect, foreign);
  } catch (const Error& error) {
    require(error.why().find(tensor) != std::string::npos,
            named(network, dialect) + "the refusal does not name '" + tensor + "': " + error.why());
    return;
  }
  throw CheckFailure{named(network, dialect) + "a checkpoint with a fault at '" + tensor + "' is accepted"};
}

void dialects_refuse_faults(Subject& plugin) {
  const auto network = plugin.description();
  if (network.value_count() > kMostValues) return;
  for (const auto& dialect : network.dialects) {
    const auto whole = to_dialect(network, dialect.name, random_tensors(network, plugin.seed()));
    const auto first = whole.begin()->first;
    auto missing = whole, extra = whole, misshapen = whole;
    missing.erase(first);
    extra["no.such.tensor"] = whole.begin()->second;
    misshapen[first].shape = {7, 11, 13};
    misshapen[first].bytes.resize(byte_count(misshapen[first].dtype, misshapen[first].shape));
    require_dialect_refusal(network, dialect.name, missing, first);
    require_dialect_refusal(network, dialect.name, extra, "no.such.tensor");
    require_dialect_refusal(network, dialect.name, misshapen, first);
  }
}

// What a name says that its tensor is: of pairs that have one shape, so that nothing else finds them swapped.
std::string meaning(const std::string& name) {
  static const std::array<std::pair<const char*, std::regex>, 8> meanings{{
      {"query", std::regex("(^|[._])(q|query|q_proj|to_q|wq|q_lin)([._]|$)")},
      {"key", std::regex("(^|[._])(k|key|k_proj|to_k|wk|k_lin)([._]|$)")},
      {"value", std::regex("(^|[._])(v|value|v_proj|to_v|wv|v_lin)([._]|$)")},
      {"mean", std::regex("(^|[._])(running_mean|moving_mean|mean)$")},
      {"variance", std::regex("(^|[._])(running_var|moving_variance|variance|var)$")},
      {"gain", std::regex("(^|[._])(gamma|scale)$")},
      {"offset", std::regex("(^|[._])(beta|shift)$")},
      {"bias", std::regex("(^|[._])bias$")},
  }};
  for (const auto& [what, form] : meanings)
    if (std::regex_search(name, form)) return what;
  return {};
}

bool contradict(const std::string& foreign, const std::string& canonical) {
  const auto a = meaning(foreign), b = meaning(canonical);
  const bool offsets = (a == "bias" && b == "offset") || (a == "offset" && b == "bias");
  return !a.empty() && !b.empty() && a != b && !offsets;
}

// The last part says which tensor of a layer it is, what stands before it which layer.
std::pair<std::string, std::string> layer_and_tensor(const std::string& name) {
  const auto dot = name.rfind('.');
  return dot == name.npos ? std::pair{std::string(), name} : std::pair{name.substr(0, dot), name.substr(dot + 1)};
}

void names_agree(Subject& plugin) {
  for_each_dialect(plugin, [&](const NetworkDescription& network, const DialectSpec& dialect) {
    for (const auto& rule : dialect.rules) {
      if (!rule.contains("canonical") || !rule["foreign"].is_string() || !rule["canonical"].is_string()) continue;
      const std::string foreign = rule["foreign"], canonical = rule["canonical"];
      const auto [their_layer, their_tensor] = layer_and_tensor(foreign);
      const auto [our_layer, our_tensor] = layer_and_tensor(canonical);
      require(!contradict(their_layer, our_layer) && !contradict(their_tensor, our_tensor),
              named(network, dialect.name) + "'" + foreign + "' is read as '" + canonical + "': are they swapped?");
    }
  });
}

void dialects_everywhere(Subject& plugin) {
  const auto usual = plugin.description();
  for (const auto& network : plugin.several_networks(kMostValues))
    for (const auto& dialect : usual.dialects)
      if (std::ranges::none_of(network.dialects, [&](const auto& other) { return other.name == dialect.name; }))
        throw CheckFailure{network.label() + " has no dialect '" + dialect.name + "'", CheckResult::Outcome::kWarning};
}

}  // namespace

std::span<const Check> dialect_checks() {
  static const auto varied = with_valid_description({"range-ends-describe", "choices-describe", "presets-describe"});
  static const auto differing = [] {
    auto needs = varied;
    needs.push_back("dialects-differ");
    return needs;
  }();
  static const std::vector<Check> checks{
      {"dialects-valid",
       "every dialect has exactly one rule for each parameter, and its shapes work out there and back",
       {"answers"},
       dialects_valid},
      {"dialects-differ", "no dialect stands twice under different names", varied, dialects_differ},
      {"dialects-round-trip", "random bits come back from every dialect as they went, at several configurations",
       differing, dialects_round_trip},
      {"dialects-unambiguous", "the tensors of a dialect are known as its own", differing, dialects_unambiguous},
      {"dialects-refuse-faults", "a tensor too few, too many or of another shape is refused by name", differing,
       dialects_refuse_faults},
      {"dialect-names-agree",
       "no rule reads what is called query, key, value, mean, variance, scale or bias as another of them", varied,
       names_agree},
      {"dialects-everywhere", "every configuration has the dialects of the default", differing, dialects_everywhere},
  };
  return checks;
}

}  // namespace weightloom
