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

namespace weightloom {
namespace {
namespace fs = std::filesystem;
using safetensors::refusal;

constexpr std::uint64_t kPiece = 4u << 20;
constexpr std::size_t kAhead = 3;  // pieces that are read before they are asked for

bool is_safetensors(const fs::path& path, bool self_contained) {
  const auto format = detect_format(path);
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
    while (pieces.next()) {
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
