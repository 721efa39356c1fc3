#include "weightloom/zoo/bundle.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "merge_source.hpp"
#include "network_metadata.hpp"
#include "object_source.hpp"
#include "stored_objects.hpp"
#include "tensor_records.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kBundleFormat = "weightloom.bundle/1";
constexpr const char* kFormatName = "format";
constexpr const char* kOtherWeights = "its weights are not what they were";
constexpr const char* kNetworks = "networks";
constexpr const char* kDescriptionHash = "weightloom.bundle.sha256";  // of the description

std::string tokens_name(const std::string& id, const std::string& tokenizer) {
  return id + "." + tokenizer;
}

TensorForm bytes_form(std::uint64_t bytes) {
  return {DType::kU8, {static_cast<std::int64_t>(bytes)}};
}

// What goes into the file beside its description: objects by their ids, and token streams.
struct Contents {
  std::map<std::string, TensorForm> forms;
  std::map<std::string, std::string> payloads;  // of token streams
};

Json describe(const Zoo& zoo, ZooRecord record, Contents& contents) {
  for (const auto& tensor : record.tensors)
    contents.forms[tensor.object] = bytes_form(byte_count(tensor.dtype, tensor.shape));
  Json tokens = Json::array();
  for (auto& [id, stream] : zoo.all_tokens(record.id)) {
    tokens.push_back({{"tokenizer", stream.tokenizer},
                      {"weights_hash", stream.weights_hash},
                      {"sha256", to_hex(sha256(stream.payload))}});
    const auto name = tokens_name(id, stream.tokenizer);
    contents.forms[name] = bytes_form(stream.payload.size());
    contents.payloads[name] = std::move(stream.payload);
  }
  const auto aliases = zoo.aliases(record.id);
  without_folder(record);
  return {{"record", to_json(record)}, {"aliases", aliases}, {"tokens", std::move(tokens)}};
}

std::vector<std::string> parents_left(const Zoo& zoo, const std::vector<ZooRecord>& networks) {
  std::set<std::string> there, left;
  for (const auto& record : networks) there.insert(record.id);
  for (const auto& record : networks)
    for (const auto& link : record.parents)
      if (!there.contains(link.parent) && zoo.knows(link.parent)) left.insert(link.parent);
  return {left.begin(), left.end()};
}

Error malformed(const fs::path& path, const std::string& why) {
  return Error(ErrorCode::kRefused, "bundle.malformed", "cannot take a bundle in", why,
               "ask for it to be made again, with `weightloom zoo bundle`")
      .at(path.string());
}

// What stands in place of a file that was not fetched, or is packed, is told as that.
const fs::path& expect_not_foreign(const fs::path& path) {
  if (const auto foreign = foreign_format(path))
    throw Error(ErrorCode::kRefused, foreign->id, "cannot take a bundle in", "it is " + foreign->name, foreign->hint)
        .at(path.string());
  return path;
}

// A bundle that was opened; nothing of it is believed but what was checked.
class BundleSource : public MergeSource {
 public:
  explicit BundleSource(const fs::path& path) : path_(path), file_(expect_not_foreign(path)) {
    const auto text = file_.metadata().find(kBundleKey), hash = file_.metadata().find(kDescriptionHash);
    if (text == file_.metadata().end()) throw malformed(path, "it is a weights file, but no bundle");
    if (hash == file_.metadata().end() || hash->second != to_hex(sha256(text->second)))
      throw malformed(path, "its description has changed");
    const auto description = parse_json(text->second, "the bundle's description");
    try {
      if (description.at(kFormatName) != kBundleFormat)
        throw malformed(path, "it is of the format " + description.at(kFormatName).dump() + ", which is not known");
      for (const auto& network : description.at(kNetworks)) add(network);
    } catch (const Json::exception& error) {
      throw malformed(path, error.what());
    }
  }

  // Its description is whole, or the bundle is none.
  std::vector<ZooRecord> records(std::vector<DamagedNetwork>&) const override {
    std::vector<ZooRecord> out;
    for (const auto& [id, network] : networks_) out.push_back(network.record);
    return out;
  }
  std::vector<std::string> aliases(const std::string& id) const override { return networks_.at(id).aliases; }

  std::vector<std::pair<std::string, TokenStream>> tokens(const std::string& id) const override {
    std::vector<std::pair<std::string, TokenStream>> out;
    for (auto stream : networks_.at(id).tokens) {
      const auto name = tokens_name(id, stream.tokenizer);
      stream.payload.resize(static_cast<std::size_t>(file_.find(name)->shape[0]));
      file_.read(name, 0, std::as_writable_bytes(std::span(stream.payload)));
      expect_same(networks_.at(id).record, "a token stream has changed",
                  to_hex(sha256(stream.payload)) == hashes_.at(name));
      out.emplace_back(id, std::move(stream));
    }
    return out;
  }

  TensorMap weights(const ZooRecord& record) const override {
    TensorMap out;
    for (const auto& tensor : record.tensors) {
      HostTensor& values = out[tensor.name] = {tensor.dtype, tensor.shape, {}};
      values.bytes.resize(byte_count(tensor.dtype, tensor.shape));
      file_.read(tensor.object, 0, values.bytes);
    }
    expect_same(record, kOtherWeights, weights_hash(out) == record.weights_hash);
    return out;
  }

  void send(const ZooRecord& record, WeightsSink& sink) const override {
    for (const auto& tensor : record.tensors) {
      sink.begin(tensor.name, tensor.dtype, tensor.shape);
      read(tensor, [&](auto piece) { sink.append(piece); });
    }
    expect_same(record, kOtherWeights, sink.weights_hash() == record.weights_hash);
  }

  void check(const ZooRecord& record) const override {
    auto tensors = record.tensors;
    for (auto& tensor : tensors) {
      Sha256 hash;
      read(tensor, [&](auto piece) { hash.update(piece.data(), piece.size()); });
      tensor.object = to_hex(hash.finish());
    }
    expect_same(record, kOtherWeights, hash_of_tensors(tensors) == record.weights_hash);
  }

 private:
  void read(const TensorRecord& tensor, const std::function<void(std::span<const std::byte>)>& take) const {
    std::vector<std::byte> piece;
    const std::uint64_t bytes = byte_count(tensor.dtype, tensor.shape);
    for (std::uint64_t at = 0; at < bytes; at += piece.size()) {
      piece.resize(std::min<std::uint64_t>(bytes - at, kPiece));
      file_.read(tensor.object, at, piece);
      take(piece);
    }
  }

  struct Network {
    ZooRecord record;
    std::vector<std::string> aliases;
    std::vector<TokenStream> tokens;  // without their payloads
  };

  void add(const Json& json) {
    Network network{record_from_json(json.at("record")), json.at("aliases"), {}};
    const ZooRecord& record = network.record;
    const auto refuse = [&](const std::string& why) {
      throw malformed(path_, "network '" + record.name + "': " + why);
    };
    try {
      expect_storable(record);
      check_name(record.name);
      for (const auto& alias : network.aliases) check_name(alias);
    } catch (const Error& error) {
      refuse(error.why());
    }
    if (record.id.size() != 2 * kIdBytes || !is_hex(record.id)) refuse("its id is not 32 hex digits");
    std::set<std::string> names;
    std::uint64_t bytes = 0;
    for (const auto& tensor : record.tensors) {
      const auto* form = file_.find(tensor.object);
      const auto size = byte_count(tensor.dtype, tensor.shape);
      if (!form || form->dtype != DType::kU8 || form->shape != bytes_form(size).shape)
        refuse("the bytes of tensor '" + tensor.name + "' are not there");
      if (!names.insert(tensor.name).second) refuse("it has tensor '" + tensor.name + "' twice");
      bytes += size;
    }
    if (static_cast<std::uint64_t>(record.bytes) != bytes) refuse("its size is not that of its tensors");
    for (const auto& token : json.at("tokens")) {
      TokenStream stream{token.at("tokenizer"), token.at("weights_hash"), {}};
      const auto* form = file_.find(tokens_name(record.id, stream.tokenizer));
      if (!form || form->dtype != DType::kU8 || form->shape.size() != 1) refuse("a token stream is not there");
      hashes_[tokens_name(record.id, stream.tokenizer)] = token.at("sha256");
      network.tokens.push_back(std::move(stream));
    }
    if (!networks_.emplace(record.id, std::move(network)).second) refuse("its id is that of another one");
  }

  void expect_same(const ZooRecord& record, const std::string& why, bool same) const {
    if (same) return;
    throw Error(ErrorCode::kDamaged, "bundle.damaged", "cannot take network '" + record.name + "' in", why,
                "ask for the bundle again; the copy is damaged")
        .at(path_.string());
  }

  fs::path path_;
  SafetensorsReader file_;
  std::map<std::string, Network> networks_;    // by id
  std::map<std::string, std::string> hashes_;  // of token streams, by their names in the file
};

}  // namespace

namespace {

BundleResult write_sound(const Zoo& zoo, const std::vector<ZooRecord>& networks, const fs::path& path,
                         const ProgressSink& progress) {
  Contents contents;
  Json described = Json::array();
  for (const auto& record : networks) described.push_back(describe(zoo, record, contents));
  const Json description = {
      {kFormatName, kBundleFormat}, {"zoo", zoo.uuid()}, {"created", now_text()}, {kNetworks, std::move(described)}};
  BundleResult result{networks.size(), 0, parents_left(zoo, networks), {}};
  const auto text = description.dump();
  SafetensorsWriter writer(path, contents.forms, {{kBundleKey, text}, {kDescriptionHash, to_hex(sha256(text))}});
  std::size_t done = 0;
  for (const auto& name : writer.order()) {
    throw_if_interrupted();
    if (const auto payload = contents.payloads.find(name); payload != contents.payloads.end()) {
      writer.append(std::as_bytes(std::span(payload->second)));
    } else {
      Sha256 hash;
      StoredObjects::send(zoo, name, [&](auto piece) {
        hash.update(piece.data(), piece.size());
        writer.append(piece);
        result.bytes += piece.size();
      });
      if (to_hex(hash.finish()) != name)
        throw Error(ErrorCode::kDamaged, "zoo.object", "cannot read object " + name, "its bytes have changed");
    }
    if (progress)
      progress(
          {.task = "bundle", .done = ++done, .total = writer.order().size(), .unit = "tensors", .detail = nullptr});
  }
  writer.commit();
  return result;
}

Error cannot_bundle(const std::vector<std::string>& networks, const Error& error) {
  std::string names;
  for (const auto& name : networks) names += (names.empty() ? "'" : ", '") + name + "'";
  return Error(ErrorCode::kDamaged, error.id(), "cannot bundle " + names, error.what(),
               "import their files again, which mends them, or remove them; with --damaged the bundle leaves out what "
               "is damaged")
      .at(error.path());
}

}  // namespace

BundleResult write_bundle(const Zoo& zoo, const std::vector<ZooRecord>& networks, const fs::path& path, bool damaged,
                          const ProgressSink& progress) try {
  return write_sound(zoo, networks, path, progress);
} catch (const Error& error) {
  if (error.code() != ErrorCode::kDamaged) throw;
  std::vector<ZooRecord> sound;
  std::vector<std::string> lacking;
  for (const auto& record : networks) {
    throw_if_interrupted();
    if (zoo.is_sound(record))
      sound.push_back(record);
    else
      lacking.push_back(record.name);
  }
  if (lacking.empty()) throw;
  if (!damaged || sound.empty()) throw cannot_bundle(lacking, error);
  auto result = write_sound(zoo, sound, path, progress);
  result.lacking = std::move(lacking);
  return result;
}

MergeResult merge_bundle(Zoo& into, const fs::path& bundle, const MergeOptions& options, const ProgressSink& progress) {
  if (!options.where.empty())
    throw Error(ErrorCode::kUsage, "bundle.query", "a bundle is taken in as a whole", "",
                "choose its networks when it is made: `weightloom zoo bundle --where QUERY`");
  return merge_from(into, BundleSource(bundle), options, progress);
}

bool is_bundle(const fs::path& file) try {
  return SafetensorsReader(file).metadata().contains(kBundleKey);
} catch (const Error&) {
  return false;
}

std::vector<ZooRecord> networks_in_bundle(const fs::path& bundle) {
  std::vector<DamagedNetwork> none;
  return BundleSource(bundle).records(none);
}

}  // namespace weightloom
