#include "safetensors_index.hpp"

#include <set>
#include <tuple>

#include "named_file.hpp"
#include "safetensors_header.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom::safetensors {
namespace {
namespace fs = std::filesystem;
using Index = nlohmann::json;  // sorted keys: ordered_json looks keys up in linear time

Index parse_index(const fs::path& path) {
  std::vector<std::set<std::string>> keys;
  const auto refuse_duplicates = [&](int depth, Index::parse_event_t event, Index& value) {
    const auto level = static_cast<std::size_t>(depth);
    if (event == Index::parse_event_t::object_start) {
      keys.resize(level + 1);
      keys.emplace_back();
    }
    if (event == Index::parse_event_t::key && !keys.at(level).insert(value.get<std::string>()).second)
      throw refusal(path.string(), "duplicate_key", "the key '" + value.get<std::string>() + "' appears twice", 0);
    if (level > 8) throw refusal(path.string(), "bad_index", "the index nests too deeply", 0);
    return true;
  };
  try {
    return Index::parse(read_file(path, kMaxHeader), refuse_duplicates);
  } catch (const Index::parse_error& error) {
    throw refusal(path.string(), "bad_index", error.what(), error.byte);
  } catch (const Index::exception& error) {  // a number beyond all bounds
    throw refusal(path.string(), "bad_index", error.what(), 0);
  }
}

fs::path shard_path(const fs::path& index, const std::string& name) {
  if (!is_clean_name(name) || name == "." || name == ".." || name.find_first_of("/\\") != std::string::npos)
    throw refusal(index.string(), "bad_shard_name", "the shard name '" + name + "' is not a plain file name", 0);
  const auto folder = index.has_parent_path() ? index.parent_path() : fs::path(".");
  const auto path = folder / name;
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    throw refusal(index.string(), "missing_shard", "the shard '" + name + "' is not in the folder of the index", 0,
                  "download the whole set into one folder");
  if (!lies_with(index, path))
    throw refusal(index.string(), "bad_shard_name", "the shard '" + name + "' is a link that leaves the folder", 0);
  return path;
}

// The shards in name order, each with the tensors that the map places there.
std::map<std::string, std::set<std::string>> shards_of(const Index& index, const fs::path& path) {
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object())
    throw refusal(path.string(), "bad_index", "the index has no object 'weight_map'", 0);
  if (index["weight_map"].empty()) throw refusal(path.string(), "bad_index", "its 'weight_map' names no tensor", 0);
  std::map<std::string, std::set<std::string>> shards;
  for (const auto& [tensor, shard] : index["weight_map"].items()) {
    if (!shard.is_string())
      throw refusal(path.string(), "bad_index", "the shard of tensor '" + tensor + "' is not a string", 0);
    shards[shard.get<std::string>()].insert(tensor);
  }
  return shards;
}

}  // namespace

std::set<std::string> shard_names(const fs::path& path) {
  std::set<std::string> names;
  try {
    for (const auto& [name, tensors] : shards_of(parse_index(path), path)) names.insert(name);
  } catch (const Error&) {
    // It is refused when it is read.
  }
  return names;
}

namespace {

// Of a tensor that is in two shards either may be meant.
void expect_equal(const fs::path& path, const std::string& name, const HostTensor& a, const HostTensor& b) {
  if (a.dtype != b.dtype || a.shape != b.shape || a.bytes != b.bytes)
    throw refusal(path.string(), "shard_mismatch", "tensor '" + name + "' is in two shards, with other values", 0,
                  "these are shards of different networks; import what is whole by itself, each with a --name");
}

}  // namespace

SafetensorsFile read_shards(const std::vector<fs::path>& shards, const ShardReader& read) {
  SafetensorsFile result;
  for (const auto& path : shards) {
    auto shard = read(path);
    for (auto& [tensor, value] : shard.tensors) {
      const auto [there, first] = result.tensors.try_emplace(tensor);
      if (first)
        there->second = std::move(value);
      else
        expect_equal(path, tensor, there->second, value);
    }
    result.metadata.merge(shard.metadata);
    result.warnings.insert(result.warnings.end(), shard.warnings.begin(), shard.warnings.end());
  }
  return result;
}

ShardIndex read_index(const fs::path& path) {
  const auto json = parse_index(path);
  ShardIndex index{path, {}, {}, std::nullopt};
  for (auto& [name, tensors] : shards_of(json, path)) {
    index.shards.push_back({shard_path(path, name), tensors});
    index.tensors.insert(tensors.begin(), tensors.end());
  }
  const auto metadata = json.value("metadata", Index::object());
  if (metadata.is_object() && metadata.contains("total_size"))
    index.total_size = metadata["total_size"].is_number_unsigned() ? metadata["total_size"].get<std::uint64_t>() : 0;
  return index;
}

std::vector<std::string> check_shard(const ShardIndex& index, const IndexedShard& shard,
                                     const std::set<std::string>& found, std::vector<std::string>& warnings) {
  for (const auto& tensor : shard.tensors)
    if (!found.contains(tensor))
      throw refusal(index.path.string(), "shard_mismatch",
                    "tensor '" + tensor + "' is not in its shard '" + shard.path.filename().string() + "'", 0);
  std::vector<std::string> placed_elsewhere;
  for (const auto& tensor : found) {
    if (shard.tensors.contains(tensor)) continue;
    if (index.tensors.contains(tensor))
      placed_elsewhere.push_back(tensor);
    else
      warnings.push_back("tensor '" + tensor + "' is in a shard but not in the index: left out");
  }
  return placed_elsewhere;
}

void check_total(const ShardIndex& index, std::uint64_t bytes, std::vector<std::string>& warnings) {
  if (index.total_size && *index.total_size != bytes)
    warnings.push_back("total_size differs from the sum of the tensors");
}

SafetensorsFile read_sharded(const fs::path& path, const ShardReader& read) {
  const auto index = read_index(path);
  SafetensorsFile result;
  std::vector<std::tuple<fs::path, std::string, HostTensor>> copies;  // of what the index places in another shard
  std::uint64_t total = 0;
  for (const auto& shard : index.shards) {
    auto file = read(shard.path);
    std::set<std::string> found;
    for (const auto& [tensor, value] : file.tensors) found.insert(tensor);
    for (const auto& tensor : check_shard(index, shard, found, result.warnings))
      copies.emplace_back(shard.path, tensor, std::move(file.tensors.at(tensor)));
    for (const auto& tensor : shard.tensors) {
      total += file.tensors.at(tensor).bytes.size();
      result.tensors.insert(file.tensors.extract(tensor));
    }
    result.metadata.merge(file.metadata);
    result.warnings.insert(result.warnings.end(), file.warnings.begin(), file.warnings.end());
  }
  for (const auto& [shard, tensor, copy] : copies) expect_equal(shard, tensor, result.tensors.at(tensor), copy);
  check_total(index, total, result.warnings);
  return result;
}

}  // namespace weightloom::safetensors
