#include "weightloom/workflow/caveats.hpp"

#include <algorithm>
#include <optional>

#include "weightloom/network/config_ranges.hpp"
#include "weightloom/network/cut.hpp"

namespace weightloom {
namespace {

bool repeats_units(const TensorCut& cut, const ParameterSpec& source) {
  for (std::size_t axis = 0; axis < cut.axes.size(); ++axis)
    if (static_cast<std::int64_t>(cut.axes[axis].from.size()) > source.shape[axis]) return true;
  return false;
}

// What the graphs alone say of sizes beyond the anchor's.
std::vector<std::string> beyond_anchor(const NetworkDescription& description, const NetworkDescription& anchor) {
  const auto cuts = cut_network(description, anchor);
  bool wider = false, deeper = false;
  std::size_t missing = 0;
  for (const auto& cut : cuts) {
    missing += !cut;
    if (!cut) continue;
    wider = wider || repeats_units(*cut, anchor.parameters[cut->source]);
    deeper = deeper || cut->factor != 1;
  }
  std::vector<std::string> out;
  if (wider) out.emplace_back("it is wider");
  if (deeper) out.emplace_back("it has more blocks");
  if (missing > 0) out.push_back(std::to_string(missing) + " of its tensors have no counterpart");
  return out;
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::optional<std::string> sizes(const Anchor& anchor, const NetworkDescription& description) {
  auto reasons = ConfigRanges(anchor.ranges, anchor.family).outside(description.config);
  if (reasons.empty()) reasons = beyond_anchor(description, anchor.description);
  if (reasons.empty()) return std::nullopt;
  return "'" + description.label() + "' is outside of what the anchor of '" + anchor.family + "' was trained for (" +
         join(reasons) + "): its weights are cut and repeated to fit";
}

std::optional<std::string> images(const Tokenizer& tokenizer, const NetworkDescription& description) {
  const auto known = tokenizer.reference_images().sizes().slice(1);
  if (std::ranges::equal(known, description.input.shape)) return std::nullopt;
  return "the generator knows images of " + to_string(Shape(known.begin(), known.end())) + ", not of " +
         to_string(description.input.shape);
}

}  // namespace

bool is_known(const Tokenizer& tokenizer, const NetworkDescription& description, const std::string& family) {
  return tokenizer.find_anchor(description.architecture, family) != nullptr;
}

std::vector<std::string> caveats(const Tokenizer& tokenizer, const NetworkDescription& description,
                                 const std::string& family) {
  std::vector<std::string> out;
  if (const Anchor* anchor = tokenizer.find_anchor(description.architecture, family)) {
    if (const auto caveat = sizes(*anchor, description)) out.push_back(*caveat);
  } else {
    const auto& id = description.architecture;
    out.push_back(
        "the generator knows no weights of '" + id.substr(id.rfind('.') + 1) +
        "': this is the start alone, fresh weights fitted to the examples; `weightloom generator adapt --arch " + id +
        "` teaches it in a few minutes");
  }
  if (const auto caveat = images(tokenizer, description)) out.push_back(*caveat);
  return out;
}

}  // namespace weightloom
