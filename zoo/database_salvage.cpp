#include "database_salvage.hpp"

#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t kCopiedBytes = 4u << 20;
constexpr int kHalvings = 128;

// The middle of two strings as fractions in base 256.
std::string middle_of(const std::string& low, const std::string& high, std::size_t width) {
  std::string middle(width, '\0');
  const auto digit = [](const std::string& text, std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  unsigned carry = 0;
  for (std::size_t i = width; i-- > 0;) {
    const auto sum = digit(low, i) + digit(high, i) + carry;
    middle[i] = static_cast<char>(sum & 0xff);
    carry = sum >> 8;
  }
  for (auto& c : middle) {
    const auto value = carry << 8 | static_cast<unsigned char>(c);
    c = static_cast<char>(value >> 1);
    carry = value & 1;
  }
  return middle;
}

// The keys of one table, from its beginning to its end, without those in damaged blocks.
class TableKeys {
 public:
  using Visitor = std::function<void(const std::string& key)>;

  explicit TableKeys(const Database::Table& table) : table_(table), reader_(rocksdb::Options()) {}

  void visit(const Visitor& visit) {
    if (!reader_.Open(table_.file.string()).ok()) return;
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    at_.reset(reader_.NewIterator(options));
    auto last = table_.first;
    for (at_->SeekToFirst();;) {
      for (; at_->Valid(); at_->Next()) visit(last = at_->key().ToString());
      if (at_->status().ok() || !skip_damage(last)) return;
    }
  }

 private:
  bool reads_from(const std::string& key) {
    at_->Seek(key);
    return at_->status().ok();
  }

  // Goes to the first key behind the damaged block that follows `key`, by keys that are further and further away, then
  // by halving. False when there is none.
  bool skip_damage(const std::string& key) {
    auto damaged = key;
    for (auto kept = key.size(); kept-- > 0;) {
      for (auto byte = static_cast<unsigned char>(key[kept]) + 1; byte < 256; ++byte) {
        const auto further = key.substr(0, kept) + static_cast<char>(byte);
        if (reads_from(further)) return go_back_to(damaged, further), at_->Valid();
        damaged = further;
      }
    }
    return false;
  }

  void go_back_to(std::string damaged, std::string sound) {
    const auto width = std::max(damaged.size(), sound.size()) + sizeof(std::uint64_t);
    for (int i = 0; i < kHalvings; ++i) {
      auto middle = middle_of(damaged, sound, width);
      (reads_from(middle) ? sound : damaged) = std::move(middle);
    }
    at_->Seek(sound);
  }

  const Database::Table& table_;
  rocksdb::SstFileReader reader_;
  std::unique_ptr<rocksdb::Iterator> at_;
};

}  // namespace

std::size_t salvage(const Database& from, const fs::path& path) {
  Database to(path, Database::Mode::kCreate);
  std::size_t lost = 0;
  auto batch = to.batch();
  const KeptTables kept(from);
  for (const auto& table : from.live_tables()) {
    TableKeys(table).visit([&](const std::string& key) {
      try {
        if (const auto value = from.get(table.family, key)) batch.put(table.family, key, *value);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kDamaged) throw;
        ++lost;
      }
      if (batch.bytes() < kCopiedBytes) return;
      to.write(batch, false);
      batch.clear();
    });
  }
  to.write(batch);
  return lost;
}

std::string told_of_salvage(const std::string& which, std::size_t lost) {
  return "made " + which + " anew from what its damaged tables still tell" +
         (lost ? ", without " + std::to_string(lost) + " entries" : std::string());
}

}  // namespace weightloom
