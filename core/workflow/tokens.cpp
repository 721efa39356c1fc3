#include "weightloom/workflow/tokens.hpp"

#include "weightloom/base/error.hpp"
#include "weightloom/network/tasks.hpp"
#include "weightloom/tokenizer/token_stream.hpp"
#include "weightloom/workflow/records.hpp"

namespace weightloom {
namespace {

bool is_current(const Zoo& zoo, const ZooRecord& record, const std::string& tokenizer) {
  const auto known = zoo.tokens(record.id, tokenizer);
  return known && known->weights_hash == record.weights_hash;
}

}  // namespace

EncodeSummary encode_networks(Zoo& zoo, const PluginRegistry& registry, const Tokenizer& tokenizer, const Query& query,
                              const ProgressSink& progress) {
  const std::string id = tokenizer.id();
  const auto records = zoo.find(query);
  std::vector<std::pair<std::string, TokenStream>> streams;
  EncodeSummary summary;
  double bits = 0;
  for (std::size_t i = 0; i < records.size() && !interrupt_requested(); ++i) {
    const ZooRecord& record = records[i];
    if (record.architecture.empty()) continue;  // imported without a description: no slots are known
    if (is_current(zoo, record, id)) {
      ++summary.up_to_date;
      continue;
    }
    const auto description = registry.describe(record.architecture, record.config);
    if (description.task != "classification") continue;
    const auto plan = tokenizer.plan(description, record.family);
    const auto tokens = tokenizer.encode(*plan, to_weights(plan->description(), zoo.weights(record)));
    bits += tokenizer.bits_per_weight(*plan);
    streams.emplace_back(record.id, TokenStream{id, record.weights_hash, pack_tokens(tokens)});
    if (progress) progress({"encode", i + 1, records.size(), "networks", {}, i + 1 == records.size()});
  }
  // What was encoded before an interruption is kept: encoding again then skips it.
  zoo.put_tokens(streams);
  throw_if_interrupted();
  summary.encoded = streams.size();
  if (!streams.empty()) summary.bits_per_weight = bits / static_cast<double>(streams.size());
  return summary;
}

DecodedNetwork decode_network(const Zoo& zoo, const PluginRegistry& registry, const Tokenizer& tokenizer,
                              const std::string& reference) {
  const ZooRecord original = zoo.get(reference);
  const std::string id = tokenizer.id();
  const auto stream = zoo.tokens(original.id, id);
  if (!stream)
    throw Error(ErrorCode::kNotFound, "tokens.missing", "'" + original.name + "' has no tokens under this tokenizer",
                "", "make them with `weightloom tokenizer encode`");
  const auto plan = tokenizer.plan(registry.describe(original.architecture, original.config), original.family);
  const auto weights = tokenizer.decode(*plan, unpack_tokens(stream->payload, *plan, tokenizer.config()));
  DecodedNetwork decoded{
      network_record(original.name, registry, plan->description(), original.family, original.dataset),
      to_tensor_map(plan->description(), weights), tokenizer.bits_per_weight(*plan)};
  decoded.record.tags = {"decoded"};
  decoded.record.recipe = {{"kind", "decoded"}, {"tokenizer", id}, {"weights_hash", stream->weights_hash}};
  decoded.record.parents = {{"decoded-from", original.id}};
  describe_weights(decoded.record, decoded.tensors);
  return decoded;
}

}  // namespace weightloom
