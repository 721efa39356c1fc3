#include "delta.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr std::string_view kMagic = "wldelta1";
constexpr std::size_t kBlock = 1u << 20;  // a multiple of every width
constexpr std::size_t kWidthAt = 8, kBytesAt = 16, kBaseAt = 24;
// Higher levels are slower and find no more in floating-point numbers.
constexpr int kLevel = 3;

Error damaged(const char* why) {
  return Error(ErrorCode::kDamaged, "zoo.object", "cannot read a delta", why,
               "run `weightloom zoo verify`, and import the network again");
}

std::string encode_header(const DeltaHeader& header) {
  std::string text(kDeltaHeader, '\0');
  text.replace(0, kMagic.size(), kMagic);
  text[kWidthAt] = static_cast<char>(header.width);
  std::memcpy(text.data() + kBytesAt, &header.bytes, sizeof header.bytes);
  text.replace(kBaseAt, kDigestBytes, from_hex(header.base));
  return text;
}

// Byte k of every number, for each k: what is alike stands together. The rest of an odd length stays as it is.
void gather(std::span<const std::byte> in, std::size_t width, std::span<std::byte> out) {
  const auto numbers = in.size() / width;
  for (std::size_t k = 0; k < width; ++k)
    for (std::size_t i = 0; i < numbers; ++i) out[k * numbers + i] = in[i * width + k];
  std::ranges::copy(in.subspan(numbers * width), out.begin() + static_cast<std::ptrdiff_t>(numbers * width));
}

void scatter(std::span<const std::byte> in, std::size_t width, std::span<std::byte> out) {
  const auto numbers = in.size() / width;
  for (std::size_t k = 0; k < width; ++k)
    for (std::size_t i = 0; i < numbers; ++i) out[i * width + k] = in[k * numbers + i];
  std::ranges::copy(in.subspan(numbers * width), out.begin() + static_cast<std::ptrdiff_t>(numbers * width));
}

// Bits of floating-point numbers as integers in the same order; and back.
template <class Bits>
constexpr Bits kTop = Bits{1} << (8 * sizeof(Bits) - 1);
template <class Bits>
Bits ordered(Bits bits) {
  return static_cast<Bits>(bits & kTop<Bits> ? ~bits : bits | kTop<Bits>);
}
template <class Bits>
Bits unordered(Bits place) {
  return static_cast<Bits>(place & kTop<Bits> ? place ^ kTop<Bits> : ~place);
}

// Small differences of either sign as small numbers: 0, -1, 1, -2, ...
template <class Bits>
Bits folded(Bits difference) {
  return static_cast<Bits>((difference << 1) ^ (difference & kTop<Bits> ? ~Bits{0} : Bits{0}));
}
template <class Bits>
Bits unfolded(Bits code) {
  return static_cast<Bits>((code >> 1) ^ (code & 1 ? ~Bits{0} : Bits{0}));
}

template <class Bits, class Combine>
void combine_numbers(std::span<std::byte> into, std::span<const std::byte> base, Combine combine) {
  for (std::size_t at = 0; at + sizeof(Bits) <= into.size(); at += sizeof(Bits)) {
    Bits number, other;
    std::memcpy(&number, &into[at], sizeof(Bits));
    std::memcpy(&other, &base[at], sizeof(Bits));
    number = combine(number, ordered(other));
    std::memcpy(&into[at], &number, sizeof(Bits));
  }
}

// What is left of an odd length is combined by exclusive or.
template <class Combine>
void combine_all(std::span<std::byte> into, std::span<const std::byte> base, std::size_t width, Combine combine) {
  if (width == 1) combine_numbers<std::uint8_t>(into, base, combine);
  if (width == 2) combine_numbers<std::uint16_t>(into, base, combine);
  if (width == 4) combine_numbers<std::uint32_t>(into, base, combine);
  if (width == 8) combine_numbers<std::uint64_t>(into, base, combine);
  for (auto at = into.size() / width * width; at < into.size(); ++at) into[at] ^= base[at];
}

void subtract(std::span<std::byte> from, std::span<const std::byte> base, std::size_t width) {
  combine_all(from, base, width,
              []<class Bits>(Bits number, Bits place) { return folded(static_cast<Bits>(ordered(number) - place)); });
}

void add(std::span<std::byte> to, std::span<const std::byte> base, std::size_t width) {
  combine_all(to, base, width,
              []<class Bits>(Bits code, Bits place) { return unordered(static_cast<Bits>(unfolded(code) + place)); });
}

bool is_width(std::size_t width) {
  return width == 1 || width == 2 || width == 4 || width == 8;
}

// A block, at most kBlock bytes, as a length of 32 bits and a zstd frame with a checksum.
class Compressor {
 public:
  Compressor() : context_(ZSTD_createCCtx(), ZSTD_freeCCtx), frame_(ZSTD_compressBound(kBlock)) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }
  std::string operator()(std::span<const std::byte> block) {
    const auto size = ZSTD_compress2(context_.get(), frame_.data(), frame_.size(), block.data(), block.size());
    if (ZSTD_isError(size))
      throw Error(ErrorCode::kFailure, "zoo.compress", "cannot compress weights", ZSTD_getErrorName(size));
    const auto length = static_cast<std::uint32_t>(size);
    std::string out(reinterpret_cast<const char*>(&length), sizeof length);
    return out.append(frame_.data(), size);
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  std::vector<char> frame_;
};

class DeltaSource : public ObjectSource {
 public:
  DeltaSource(const DeltaHeader& header, std::unique_ptr<ObjectSource> frames, std::unique_ptr<ObjectSource> base)
      : width_(header.width), left_(header.bytes), frames_(std::move(frames)), base_(std::move(base)) {}

  void read(std::span<std::byte> out) override {
    while (!out.empty()) {
      if (at_ == block_.size()) next_block();
      const auto count = std::min(out.size(), block_.size() - at_);
      std::ranges::copy(std::span(block_).subspan(at_, count), out.begin());
      at_ += count;
      out = out.subspan(count);
    }
  }

 private:
  void next_block() {
    if (left_ == 0) throw damaged("it ends early");
    std::uint32_t length = 0;
    frames_->read(std::as_writable_bytes(std::span(&length, 1)));
    if (length > ZSTD_compressBound(kBlock)) throw damaged("a block is too long");
    frame_.resize(length);
    frames_->read(frame_);
    gathered_.resize(std::min<std::uint64_t>(left_, kBlock));
    if (ZSTD_decompress(gathered_.data(), gathered_.size(), frame_.data(), frame_.size()) != gathered_.size())
      throw damaged("a block is damaged");
    block_.resize(gathered_.size());
    scatter(gathered_, width_, block_);
    base_->read(gathered_);
    add(block_, gathered_, width_);
    left_ -= block_.size();
    at_ = 0;
  }

  std::size_t width_;
  std::uint64_t left_;
  std::unique_ptr<ObjectSource> frames_, base_;
  std::vector<std::byte> frame_, gathered_, block_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<DeltaHeader> decode_delta_header(std::string_view beginning) {
  if (beginning.size() < kDeltaHeader || !beginning.starts_with(kMagic)) return std::nullopt;
  DeltaHeader header;
  header.width = static_cast<std::uint8_t>(beginning[kWidthAt]);
  if (!is_width(header.width)) return std::nullopt;
  std::memcpy(&header.bytes, beginning.data() + kBytesAt, sizeof header.bytes);
  header.base = to_hex(beginning.substr(kBaseAt, kDigestBytes));
  return header;
}

bool encode_delta(const DeltaHeader& header, ObjectSource& object, ObjectSource& base, std::uint64_t most,
                  const std::function<void(std::string_view)>& write) {
  write(encode_header(header));
  Compressor compress;
  std::vector<std::byte> block, other;
  std::uint64_t written = kDeltaHeader;
  for (auto left = header.bytes; left > 0; left -= block.size()) {
    block.resize(std::min<std::uint64_t>(left, kBlock));
    other.resize(block.size());
    object.read(block);
    base.read(other);
    subtract(block, other, header.width);
    gather(block, header.width, other);
    const auto frame = compress(other);
    written += frame.size();
    if (written > most) return false;
    write(frame);
  }
  return true;
}

std::unique_ptr<ObjectSource> decode_delta(const DeltaHeader& header, std::unique_ptr<ObjectSource> after_header,
                                           std::unique_ptr<ObjectSource> base) {
  return std::make_unique<DeltaSource>(header, std::move(after_header), std::move(base));
}

}  // namespace weightloom
