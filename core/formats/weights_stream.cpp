#include "weightloom/formats/weights_stream.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "safetensors_header.hpp"
#include "safetensors_index.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "weights_layout.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;
using safetensors::refusal;

constexpr std::uint64_t kPiece = 1u << 20;
constexpr std::size_t kAhead = 3;  // pieces that are read before they are asked for

bool is_safetensors(const std::optional<WeightsFormat>& format, bool self_contained) {
  return format && format->name == "safetensors" && format->self_contained == self_contained;
}

// A file from its beginning to its end, piece by piece: another thread reads ahead and hashes. That thread goes its own
// pace, so that neither waits for the other at every piece.
class Pieces {
 public:
  explicit Pieces(const FileReader& file) : file_(file), reader_([this] { read_all(); }) {}
  ~Pieces() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    reader_.join();
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  // False at the end.
  bool next() {
    throw_if_interrupted();
    begin_ += now_.size();
    if (begin_ == file_.size()) return false;
    std::unique_lock lock(mutex_);
    if (!now_.empty()) free_.push_back(std::move(now_));
    changed_.notify_all();
    changed_.wait(lock, [&] { return !ready_.empty() || failure_; });
    if (ready_.empty()) std::rethrow_exception(failure_);
    now_ = std::move(ready_.front());
    ready_.pop_front();
    return true;
  }
  std::uint64_t begin() const { return begin_; }
  std::span<const std::byte> bytes() const { return now_; }
  // Of the whole file, at its end.
  std::string digest() { return to_hex(hash_.finish()); }

 private:
  using Bytes = std::vector<std::byte>;

  void read_all() try {
    for (std::uint64_t at = 0; at < file_.size();) {
      auto bytes = free_buffer();
      if (!bytes) return;
      bytes->resize(std::min(file_.size() - at, kPiece));
      file_.read(at, *bytes);
      hash_.update(bytes->data(), bytes->size());
      at += bytes->size();
      const std::lock_guard lock(mutex_);
      ready_.push_back(std::move(*bytes));
      changed_.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }

  // Nothing when the rest is not wanted.
  std::optional<Bytes> free_buffer() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !free_.empty() || stop_; });
    if (stop_) return std::nullopt;
    auto bytes = std::move(free_.back());
    free_.pop_back();
    return bytes;
  }

  const FileReader& file_;
  Sha256 hash_;
  std::uint64_t begin_ = 0;  // of `now_` in the file
  Bytes now_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::vector<Bytes> free_{kAhead + 1};
  std::deque<Bytes> ready_;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::thread reader_;  // begins when all else is there
};

}  // namespace

struct WeightsStream::Shard {
  struct Place {
    std::uint64_t begin = 0, end = 0;   // in the file
    std::optional<std::size_t> tensor;  // in tensors(); none for one that is left out
  };

  Shard(fs::path file, std::uint64_t size) : path(std::move(file)), bytes(size) {}

  std::string read(const std::vector<Tensor>& tensors, const Visitor& visit) const {
    const FileReader file(path);
    if (file.size() != bytes) throw changed();
    Pieces pieces(file);
    auto place = places.begin();
    Checksums checksums(*this);
    while (pieces.next()) {
      const auto begin = pieces.begin(), end = begin + pieces.bytes().size();
      checksums.add(begin, pieces.bytes());
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

  // Of the entries of an archive, as its bytes come.
  class Checksums {
   public:
    explicit Checksums(const Shard& shard) : shard_(shard), entry_(shard.entries.begin()) {}

    void add(std::uint64_t begin, std::span<const std::byte> bytes) {
      const auto end = begin + bytes.size();
      for (; entry_ != shard_.entries.end() && entry_->data < end; ++entry_, sum_.reset()) {
        if (!sum_) sum_.emplace(*entry_);
        const auto entry_end = entry_->data + entry_->size;
        const auto from = std::max(begin, entry_->data), to = std::min(end, entry_end);
        sum_->add(bytes.subspan(from - begin, to - from));
        if (entry_end > end) return;
        sum_->check(shard_.path);
      }
    }

   private:
    const Shard& shard_;
    std::vector<ZipEntry>::const_iterator entry_;
    std::optional<ZipChecksum> sum_;  // of *entry_, once it has begun
  };

  fs::path path;
  std::uint64_t bytes = 0;
  std::vector<Place> places;      // in file order
  std::vector<ZipEntry> entries;  // whose checksums are to be right, in file order
};

WeightsStream::WeightsStream() = default;
WeightsStream::~WeightsStream() = default;

// A safetensors file: all of its tensors, or those that an index wants. Returns the names of all.
std::set<std::string> WeightsStream::add_safetensors(const fs::path& path, const std::set<std::string>* wanted) {
  const FileReader reader(path);
  auto& shard = *shards_.emplace_back(std::make_unique<Shard>(path, reader.size()));
  const auto [header, data_start] = safetensors::open_header(reader);
  std::set<std::string> names;
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
    names.insert(entry.name);
  }
  metadata_.insert(header.metadata.begin(), header.metadata.end());
  warnings_.insert(warnings_.end(), header.warnings.begin(), header.warnings.end());
  return names;
}

bool WeightsStream::add_layout(const fs::path& path, std::optional<WeightsLayout> layout) {
  if (!layout) return false;
  auto& shard = *shards_.emplace_back(std::make_unique<Shard>(path, layout->file_bytes));
  for (auto& place : layout->places) {
    shard.places.push_back({place.begin, place.begin + place.bytes, tensors_.size()});
    tensors_.push_back({std::move(place.name), place.dtype, std::move(place.shape), place.bytes});
  }
  shard.entries = std::move(layout->entries);
  metadata_ = std::move(layout->metadata);
  warnings_ = std::move(layout->warnings);
  return true;
}

std::unique_ptr<WeightsStream> WeightsStream::open(const fs::path& path) {
  const auto format = detect_format(path);
  if (!format) return nullptr;
  std::unique_ptr<WeightsStream> stream(new WeightsStream);
  stream->format_ = format->name;
  if (format->name == "pytorch") return stream->add_layout(path, pytorch_layout(path)) ? std::move(stream) : nullptr;
  if (format->name == "npz") return stream->add_layout(path, npz_layout(path)) ? std::move(stream) : nullptr;
  if (is_safetensors(format, true)) {
    stream->add_safetensors(path, nullptr);
    return stream;
  }
  if (!is_safetensors(format, false)) return nullptr;
  stream->is_set_ = true;
  const auto index = safetensors::read_index(path);
  for (const auto& indexed : index.shards) {
    if (!is_safetensors(detect_format(indexed.path), true)) return nullptr;
    const auto found = stream->add_safetensors(indexed.path, &indexed.tensors);
    // Whether two shards say the same of a tensor is known when both have been read.
    if (!safetensors::check_shard(index, indexed, found, stream->warnings_).empty()) return nullptr;
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
std::string_view WeightsStream::format() const {
  return format_;
}
const std::map<std::string, std::string>& WeightsStream::metadata() const {
  return metadata_;
}
const std::vector<std::string>& WeightsStream::warnings() const {
  return warnings_;
}

}  // namespace weightloom
