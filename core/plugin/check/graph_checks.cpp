// The network that a description is of.

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "tiers.hpp"
#include "variations.hpp"
#include "weightloom/network/address.hpp"
#include "weightloom/network/graph.hpp"

namespace weightloom {
namespace {

// Of networks whose names are looked at.
constexpr std::int64_t kMostNamedValues = 100'000'000;

// A description is read up to its first fault, which is of one kind: so is the check that fails. A kind that stands
// nowhere counts as malformed.
const std::map<std::string_view, std::vector<std::string_view>> kFaultsOf{
    {"names-unique", {"name", "duplicate_name"}},
    {"roles-known", {"role", "trainable"}},
    {"inits-known", {"init"}},
    {"operators-known", {"operator", "attribute", "slot", "inputs"}},
    {"edges-resolve", {"unknown_value", "unknown_parameter"}},
    {"graph-acyclic", {"cycle"}},
    {"everything-used", {"unused_parameter", "unreachable"}},
    {"shapes-infer", {"shape"}},
    {"output-fits-task", {"output", "task"}},
    {"dialects-valid", {"dialect"}}};

std::string_view check_of(std::string_view kind) {
  for (const auto& [check, kinds] : kFaultsOf)
    if (std::ranges::find(kinds, kind) != kinds.end()) return check;
  return "description-well-formed";
}

void require_no_fault(Subject& plugin, std::string_view check) {
  const auto text = plugin.description_text();
  try {
    parse_description(text);
  } catch (const Error& error) {
    constexpr std::string_view prefix = "description.";
    const auto kind = std::string_view(error.id()).substr(prefix.size());
    if (check_of(kind) == check)
      throw CheckFailure{error.summary() + ": " + error.why() + (error.hint().empty() ? "" : "; " + error.hint())};
  }
}

// The default network, and others of other depths.
std::vector<NetworkDescription> several_depths(Subject& plugin) {
  std::vector<NetworkDescription> out{plugin.description()};
  for (const auto value : other_values(plugin.schema(), "depth"))
    if (auto network = plugin.try_description(Json{{"depth", value}})) out.push_back(std::move(*network));
  return out;
}

std::vector<std::string> components(const std::string& name) {
  std::vector<std::string> out{""};
  for (const char c : name) {
    if (c == '.')
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

void require_counted(const NetworkDescription& network) {
  static const std::regex numbered("(block|stage)([0-9]+)");
  std::map<std::string, std::set<std::int64_t>> numbers;  // by what stands before them
  for (const auto& parameter : network.parameters) {
    std::string before;
    for (const auto& component : components(parameter.name)) {
      if (std::smatch match; std::regex_match(component, match, numbered) && match[2].length() < 10)
        numbers[before + match[1].str()].insert(std::stoll(match[2]));
      before += component + ".";
    }
  }
  for (const auto& [what, found] : numbers) {
    std::int64_t missing = 0;
    while (found.contains(missing)) ++missing;
    require(missing == static_cast<std::int64_t>(found.size()),
            "'" + what + "' counts from " + std::to_string(*found.begin()) + " to " + std::to_string(*found.rbegin()) +
                " without " + std::to_string(missing) +
                "; begin at 0 and leave out none, so that places of deep and of shallow networks correspond");
  }
}

void blocks_counted_from_0(Subject& plugin) {
  for (const auto& networks : {several_depths(plugin), plugin.several_networks(kMostNamedValues)})
    for (const auto& network : networks) require_counted(network);
}

bool counts_blocks(const NetworkDescription& network) {
  return std::ranges::any_of(network.parameters,
                             [](const auto& parameter) { return parameter.name.find("block0") != std::string::npos; });
}

void depths_correspond(Subject& plugin) {
  const auto networks = several_depths(plugin);
  for (const auto& other : networks) {
    if (!counts_blocks(networks.front()) || !counts_blocks(other)) continue;
    const auto& [small, large] = std::minmax(networks.front(), other, [](const auto& a, const auto& b) {
      return a.parameters.size() < b.parameters.size();
    });
    const auto matches = match_by_address(large, small);
    for (std::size_t i = 0; i < matches.size(); ++i)
      if (!matches[i])
        throw CheckFailure{
            "'" + large.parameters[i].name +
                "' of a deeper network has no counterpart in a shallower one; call what repeats block<k>",
            CheckResult::Outcome::kWarning};
  }
}

void head_is_linear(Subject& plugin) {
  const auto network = plugin.description();
  if (network.task != "classification") return;
  require(!analyse(network).head_node.empty(),
          "the output '" + network.output + "' does not come from a linear layer, whose rows would be the classes");
}

void something_to_train(Subject& plugin) {
  require(plugin.description().parameter_count() > 0, "no parameter is trainable");
}

void description_bounded(Subject& plugin) {
  constexpr std::size_t kMost = 8u << 20;
  const auto size = plugin.description_text().size();
  if (size > kMost) throw CheckFailure{"it has " + std::to_string(size >> 20) + " MiB", CheckResult::Outcome::kWarning};
}

}  // namespace

std::vector<std::string_view> with_valid_description(std::vector<std::string_view> needs) {
  needs.push_back("description-well-formed");
  for (const auto& [check, kinds] : kFaultsOf) needs.push_back(check);
  return needs;
}

void dialects_valid(Subject& plugin) {
  require_no_fault(plugin, "dialects-valid");
}

#define WEIGHTLOOM_FAULT_CHECK(name, sentence)                                           \
  {                                                                                      \
    name, sentence, {"answers"}, [](Subject& plugin) { require_no_fault(plugin, name); } \
  }

std::span<const Check> graph_checks() {
  static const std::vector<Check> checks{
      WEIGHTLOOM_FAULT_CHECK("description-well-formed", "the description is weightloom.network/1, within its bounds"),
      WEIGHTLOOM_FAULT_CHECK("names-unique", "names are well-formed, and each stands once"),
      WEIGHTLOOM_FAULT_CHECK("roles-known", "every parameter's role is in the table, and fits its use"),
      WEIGHTLOOM_FAULT_CHECK("inits-known", "every parameter has an initialiser of the table"),
      WEIGHTLOOM_FAULT_CHECK("operators-known",
                             "every operator is in the table, with its attributes, parameters and inputs"),
      WEIGHTLOOM_FAULT_CHECK("edges-resolve", "every input names a value, every slot a parameter"),
      WEIGHTLOOM_FAULT_CHECK("graph-acyclic", "the graph has no cycle"),
      WEIGHTLOOM_FAULT_CHECK("everything-used", "every parameter is used, and every value reaches the output"),
      WEIGHTLOOM_FAULT_CHECK("shapes-infer", "shapes work out, and are those that parameters declare"),
      WEIGHTLOOM_FAULT_CHECK("output-fits-task", "the output has the form that the task says"),
      {"description-bounded", "the default description is smaller than 8 MiB", {"answers"}, description_bounded},
      {"something-to-train", "a parameter is trainable", with_valid_description({}), something_to_train},
      {"head-is-linear", "the output comes from a linear layer, a row for each class", with_valid_description({}),
       head_is_linear},
      {"blocks-counted-from-0", "block<k> and stage<k> count from 0 without holes, at several depths",
       with_valid_description({"range-ends-describe"}), blocks_counted_from_0},
      {"depths-correspond", "the tensors of a deeper network have counterparts in a shallower one",
       with_valid_description({"blocks-counted-from-0", "sizes-followed"}), depths_correspond},
  };
  return checks;
}

#undef WEIGHTLOOM_FAULT_CHECK

}  // namespace weightloom
