#include "weightloom/formats/weights_stream.hpp"

#include <algorithm>
#include <future>
#include <set>
#include <utility>

#include "safetensors_header.hpp"
#include "safetensors_index.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;
using safetensors::refusal;

constexpr std::uint64_t kPiece = 8u << 20;

bool is_safetensors(const fs::path& path, bool self_contained) {
  const auto format = detect_format(path);
  return format && format->name == "safetensors" && format->self_contained == self_contained;
}

// A file from its beginning to its end, piece by piece: while one is looked at, the next is read and hashed.
class Pieces {
 public:
  explicit Pieces(const FileReader& file) : file_(file) { ahead(); }
  ~Pieces() {
    if (coming_.valid()) coming_.wait();
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  bool end() const { return begin_ + now_.size() == file_.size() && !coming_.valid(); }
  void next() {
    throw_if_interrupted();
    begin_ += now_.size();
    coming_.get();
    std::swap(now_, coming_bytes_);
    ahead();
  }
  std::uint64_t begin() const { return begin_; }
  std::span<const std::byte> bytes() const { return now_; }
  // Of the whole file, at its end.
  std::string digest() { return to_hex(hash_.finish()); }

 private:
  void ahead() {
    const auto left = file_.size() - begin_ - now_.size();
    if (left == 0) return;
    coming_bytes_.resize(std::min(left, kPiece));
    coming_ = std::async(std::launch::async, [this, at = begin_ + now_.size()] {
      file_.read(at, coming_bytes_);
      hash_.update(coming_bytes_.data(), coming_bytes_.size());
    });
  }

  const FileReader& file_;
  Sha256 hash_;
  std::uint64_t begin_ = 0;  // of `now_` in the file
  std::vector<std::byte> now_, coming_bytes_;
  std::future<void> coming_;
};

}  // namespace

struct WeightsStream::Shard {
  struct Place {
    std::uint64_t begin = 0, end = 0;   // in the file
    std::optional<std::size_t> tensor;  // in tensors(); none for one that is left out
  };

  explicit Shard(const fs::path& file) : path(file) {
    const FileReader reader(path);
    opened = safetensors::open_header(reader);
    bytes = reader.size();
  }

  std::string read(const std::vector<Tensor>& tensors, const Visitor& visit) const {
    const FileReader file(path);
    if (file.size() != bytes) throw changed();
    Pieces pieces(file);
    auto place = places.begin();
    while (!pieces.end()) {
      pieces.next();
      const auto begin = pieces.begin(), end = begin + pieces.bytes().size();
      // A tensor without bytes at the border of two pieces comes with the first one.
      for (; place != places.end() && (place->begin < end || place->end <= end); ++place) {
        const auto from = std::max(begin, place->begin), to = std::min(end, place->end);
        if (place->tensor)
          visit(tensors[*place->tensor], place->begin >= begin, pieces.bytes().subspan(from - begin, to - from));
        if (place->end > end) break;
      }
    }
    if (!file.unchanged()) throw changed();
    return pieces.digest();
  }

  Error changed() const {
    return refusal(path.string(), "changed", "it was written while it was read", 0, "read it when it is complete");
  }

  fs::path path;
  safetensors::OpenedHeader opened;
  std::uint64_t bytes = 0;
  std::vector<Place> places;  // in file order
};

WeightsStream::WeightsStream() = default;
WeightsStream::~WeightsStream() = default;

// All tensors of a shard, or those that an index wants.
void WeightsStream::place(Shard& shard, const std::set<std::string>* wanted) {
  auto& [header, data_start] = shard.opened;
  for (const auto& entry : header.entries) {
    Shard::Place place{data_start + entry.begin(), data_start + entry.end(), std::nullopt};
    if (!wanted || wanted->contains(entry.name)) {
      place.tensor = tensors_.size();
      tensors_.push_back({entry.name,
                          parse_dtype(entry.dtype),
                          {entry.shape.begin(), entry.shape.end()},
                          entry.end() - entry.begin()});
    }
    shard.places.push_back(place);
  }
  metadata_.merge(header.metadata);
  warnings_.insert(warnings_.end(), header.warnings.begin(), header.warnings.end());
}

std::unique_ptr<WeightsStream> WeightsStream::open(const fs::path& path) {
  std::unique_ptr<WeightsStream> stream(new WeightsStream);
  if (is_safetensors(path, true)) {
    stream->shards_.push_back(std::make_unique<Shard>(path));
    stream->place(*stream->shards_.back(), nullptr);
    return stream;
  }
  if (!is_safetensors(path, false)) return nullptr;
  stream->is_set_ = true;
  const auto index = safetensors::read_index(path);
  for (const auto& indexed : index.shards) {
    if (!is_safetensors(indexed.path, true)) return nullptr;
    auto& shard = *stream->shards_.emplace_back(std::make_unique<Shard>(indexed.path));
    std::set<std::string> found;
    for (const auto& entry : shard.opened.header.entries) found.insert(entry.name);
    safetensors::check_shard(index, indexed, found, stream->warnings_);
    stream->place(shard, &indexed.tensors);
  }
  std::uint64_t total = 0;
  for (const auto& tensor : stream->tensors_) total += tensor.bytes;
  safetensors::check_total(index, total, stream->warnings_);
  return stream;
}

std::string WeightsStream::read(const Visitor& visit) const {
  std::string digest;
  for (const auto& shard : shards_) digest = shard->read(tensors_, visit);
  return is_set_ ? std::string() : digest;
}

const std::vector<WeightsStream::Tensor>& WeightsStream::tensors() const {
  return tensors_;
}
const std::map<std::string, std::string>& WeightsStream::metadata() const {
  return metadata_;
}
const std::vector<std::string>& WeightsStream::warnings() const {
  return warnings_;
}

}  // namespace weightloom
