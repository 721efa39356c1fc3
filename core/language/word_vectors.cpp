#include "weightloom/language/word_vectors.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {

constexpr const char* kSchema = "weightloom.words/1";
constexpr std::int64_t kMostDimensions = 4096;
// In natural logarithms.
constexpr double kMoreCommon = 1;

Error bad_table(const std::string& why) {
  return {ErrorCode::kUsage, "words.table", "cannot make word vectors", why};
}

// Of a table that was packed.
struct Packed {
  std::string terms;
  std::vector<std::int8_t> vectors;
};

HostTensor tensor_of(DType dtype, Shape shape, const void* data, std::size_t bytes) {
  HostTensor tensor{dtype, std::move(shape), std::vector<std::byte>(bytes)};
  if (bytes > 0) std::memcpy(tensor.bytes.data(), data, bytes);
  return tensor;
}

HostTensor nodes_tensor(const std::vector<Taxonomy::Node>& nodes, std::size_t width) {
  const auto rows = static_cast<std::int64_t>(nodes.size() / width);
  return tensor_of(DType::kI32, {rows, static_cast<std::int64_t>(width)}, nodes.data(),
                   nodes.size() * sizeof(Taxonomy::Node));
}

std::vector<Taxonomy::Node> nodes_of(const MappedSafetensors::Tensor& tensor) {
  std::vector<Taxonomy::Node> nodes(tensor.bytes.size() / sizeof(Taxonomy::Node));
  if (!nodes.empty()) std::memcpy(nodes.data(), tensor.bytes.data(), tensor.bytes.size());
  return nodes;
}

std::string_view text_of(const MappedSafetensors::Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()};
}

// Each line of `text` that ends, without its end.
template <class Use>
void for_each_line(std::string_view text, const Use& use) {
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    use(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

}  // namespace

WordVectors::WordVectors(WordTable table) : source_(std::move(table.source)) {
  const auto count = table.terms.size();
  if (count == 0 || table.rarity.size() != count || table.vectors.size() % count != 0 || table.vectors.empty())
    throw bad_table("terms, vectors and rarity are not of one number");
  if (!table.taxonomy.fits(count)) throw bad_table("its kinds do not fit its terms");
  dimensions_ = static_cast<std::int64_t>(table.vectors.size() / count);
  const auto width = static_cast<std::size_t>(dimensions_);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(table.terms[i]); });
  const auto packed = std::make_shared<Packed>();
  packed->vectors.reserve(count * width);
  for (const auto i : order) {
    if (table.terms[i].empty() || table.terms[i].find('\n') != std::string::npos)
      throw bad_table("a term is empty or has several lines");
    packed->terms += table.terms[i] + '\n';
    rarity_.push_back(table.rarity[i]);
    for (std::size_t k = 0; k < Taxonomy::kSenses && !table.taxonomy.senses.empty(); ++k)
      taxonomy_.senses.push_back(table.taxonomy.senses[Taxonomy::kSenses * i + k]);
    const auto vector = std::span(table.vectors).subspan(i * width, width);
    float largest = 0;
    for (const float value : vector) largest = std::max(largest, std::abs(value));
    for (const float value : vector)
      packed->vectors.push_back(largest > 0 ? static_cast<std::int8_t>(std::lround(127 * value / largest))
                                            : std::int8_t{0});
  }
  taxonomy_.broader = std::move(table.taxonomy.broader);
  irregular_ = std::move(table.irregular);
  terms_ = packed->terms;
  vectors_ = packed->vectors;
  storage_ = packed;
  index();
}

void WordVectors::index() {
  begins_.clear();
  begins_.reserve(rarity_.size() + 1);
  begins_.push_back(0);
  std::string_view before;
  for_each_line(terms_, [&](std::string_view line) {
    if (line <= before) throw bad_table("its terms are not sorted, or not different");
    before = line;
    begins_.push_back(begins_.back() + line.size() + 1);
  });
  if (begins_.back() != terms_.size() || rarity_.size() != size() ||
      vectors_.size() != size() * static_cast<std::size_t>(dimensions_))
    throw bad_table("its parts are not of one number");
}

std::string WordVectors::id() const {
  Sha256 hash;
  for (const auto& [name, tensor] : to_tensors()) hash.update(name).update(tensor.bytes.data(), tensor.bytes.size());
  return to_hex(hash.finish());
}

TensorMap WordVectors::to_tensors() const {
  const auto count = static_cast<std::int64_t>(size());
  std::string irregular;
  for (const auto& [form, base] : irregular_) irregular += form + ' ' + base + '\n';
  TensorMap tensors;
  tensors["terms"] = tensor_of(DType::kU8, {static_cast<std::int64_t>(terms_.size())}, terms_.data(), terms_.size());
  tensors["irregular"] =
      tensor_of(DType::kU8, {static_cast<std::int64_t>(irregular.size())}, irregular.data(), irregular.size());
  tensors["vectors"] = tensor_of(DType::kI8, {count, dimensions_}, vectors_.data(), vectors_.size());
  tensors["rarity"] = HostTensor::from_f32({count}, rarity_);
  if (!taxonomy_.senses.empty()) {
    tensors["senses"] = nodes_tensor(taxonomy_.senses, Taxonomy::kSenses);
    tensors["broader"] = nodes_tensor(taxonomy_.broader, Taxonomy::kBroader);
  }
  return tensors;
}

void WordVectors::save(const std::filesystem::path& path) const {
  write_safetensors(path, to_tensors(), {{"schema", kSchema}, {"source", source_}});
}

WordVectors WordVectors::load(const std::filesystem::path& path) {
  const auto file = std::make_shared<const MappedSafetensors>(path);
  const auto metadata = [&](const char* key) {
    const auto found = file->metadata().find(key);
    return found == file->metadata().end() ? std::string() : found->second;
  };
  if (metadata("schema") != kSchema)
    throw Error(ErrorCode::kRefused, "words.schema", "'" + path.string() + "' holds no word vectors",
                "its metadata has no " + std::string(kSchema), "make some with `weightloom words build`")
        .at(path.string());
  const auto malformed = [&](const std::string& why) {
    return Error(ErrorCode::kRefused, "words.malformed", "cannot read word vectors '" + path.string() + "'", why,
                 "make them again with `weightloom words build`")
        .at(path.string());
  };
  const auto part = [&](const char* name, DType dtype, std::size_t rank) -> const MappedSafetensors::Tensor& {
    const auto* found = file->find(name);
    if (!found || found->dtype != dtype || found->shape.size() != rank)
      throw malformed("there is no '" + std::string(name) + "' of " + std::string(dtype_name(dtype)));
    return *found;
  };
  WordVectors out;
  const auto& vectors = part("vectors", DType::kI8, 2);
  out.dimensions_ = vectors.shape[1];
  if (out.dimensions_ < 1 || out.dimensions_ > kMostDimensions) throw malformed("'vectors' has no usable width");
  out.vectors_ = {reinterpret_cast<const std::int8_t*>(vectors.bytes.data()), vectors.bytes.size()};
  out.terms_ = text_of(part("terms", DType::kU8, 1));
  const auto& rarity = part("rarity", DType::kF32, 1).bytes;
  out.rarity_.resize(rarity.size() / sizeof(float));
  if (!rarity.empty()) std::memcpy(out.rarity_.data(), rarity.data(), rarity.size());
  for (const float value : out.rarity_)
    if (!(value >= 0) || std::isinf(value)) throw malformed("'rarity' has a number below 0, or none");
  for_each_line(text_of(part("irregular", DType::kU8, 1)), [&](std::string_view line) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) throw malformed("'irregular' has a line of one word");
    out.irregular_.emplace_hint(out.irregular_.end(), line.substr(0, space), line.substr(space + 1));
  });
  if (file->find("senses") || file->find("broader"))
    out.taxonomy_ = {nodes_of(part("senses", DType::kI32, 2)), nodes_of(part("broader", DType::kI32, 2))};
  out.storage_ = file;
  out.source_ = metadata("source");
  try {
    out.index();
    if (!out.taxonomy_.fits(out.size())) throw bad_table("its kinds do not fit its terms");
  } catch (const Error& error) {
    throw malformed(error.why());
  }
  return out;
}

std::string_view WordVectors::term(std::size_t i) const {
  return terms_.substr(begins_[i], begins_[i + 1] - begins_[i] - 1);
}

std::optional<std::size_t> WordVectors::find(std::string_view wanted) const {
  std::size_t low = 0, high = size();
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (term(middle) < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < size() && term(low) == wanted) return low;
  return std::nullopt;
}

double WordVectors::closeness(std::size_t a, std::size_t b) const {
  const auto width = static_cast<std::size_t>(dimensions_);
  const std::int8_t *x = vectors_.data() + a * width, *y = vectors_.data() + b * width;
  std::int64_t both = 0, first = 0, second = 0;
  for (std::size_t d = 0; d < width; ++d) {
    both += x[d] * y[d];
    first += x[d] * x[d];
    second += y[d] * y[d];
  }
  return first == 0 || second == 0
             ? 0
             : static_cast<double>(both) / std::sqrt(static_cast<double>(first) * static_cast<double>(second));
}

std::string WordVectors::lemma(std::string_view word) const {
  if (const auto found = irregular_.find(word); found != irregular_.end() && find(found->second)) return found->second;
  const auto own = find(word);
  for (const auto& form : base_forms(word, {})) {
    const auto base = form == word ? std::nullopt : find(form);
    if (!base) continue;
    // Some plurals are entries of their own: "shoes" is taken for "shoe" since that is so much more common.
    const bool common = !own || (word.ends_with('s') && rarity(*base) < rarity(*own) - kMoreCommon);
    return common ? form : std::string(word);
  }
  return std::string(word);
}

}  // namespace weightloom
