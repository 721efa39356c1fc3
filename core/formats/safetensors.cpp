#include "weightloom/formats/safetensors.hpp"

#include <algorithm>
#include <cstring>

#include "safetensors_header.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom {
namespace {
using safetensors::Entry;
using safetensors::refusal;

HostTensor read_tensor(const FileReader& file, const Entry& entry, std::uint64_t data_start) {
  HostTensor tensor;
  tensor.dtype = parse_dtype(entry.dtype);
  tensor.shape.assign(entry.shape.begin(), entry.shape.end());
  tensor.bytes.resize(entry.end() - entry.begin());
  file.read(data_start + entry.begin(), tensor.bytes);
  return tensor;
}

// The order of the reference writer: by falling alignment, then by name.
std::vector<TensorMap::const_pointer> file_order(const TensorMap& tensors) {
  std::vector<TensorMap::const_pointer> order;
  for (const auto& item : tensors) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return dtype_bits(a->second.dtype) > dtype_bits(b->second.dtype);
  });
  return order;
}

void check_exportable(const std::string& name, const HostTensor& tensor) {
  const auto fail = [&](const char* id, const std::string& why) {
    throw Error(ErrorCode::kUsage, id, "cannot write tensor '" + name + "' as safetensors", why);
  };
  if (name == safetensors::kMetadataKey) fail("safetensors.reserved_name", "the name is reserved for metadata");
  if (!safetensors::is_clean_name(name) || name.size() > safetensors::kMaxName)
    fail("safetensors.bad_name",
         "a name is 1 to 1024 bytes of UTF-8 without control or bidirectional control characters");
  if (tensor.bytes.size() != byte_count(tensor.dtype, tensor.shape))
    fail("safetensors.bad_tensor", "its bytes do not fill the shape " + to_string(tensor.shape));
}

std::string header_text(const std::vector<TensorMap::const_pointer>& order,
                        const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  const auto add = [&](const std::string& key, const Json& value) {
    text += (text.size() > 1 ? "," : "") + Json(key).dump() + ":" + value.dump();
  };
  if (!metadata.empty()) add(safetensors::kMetadataKey, metadata);
  std::uint64_t offset = 0;
  for (const auto* item : order) {
    const auto& [name, tensor] = *item;
    check_exportable(name, tensor);
    add(name, {{"dtype", dtype_name(tensor.dtype)},
               {"shape", tensor.shape},
               {"data_offsets", {offset, offset + tensor.bytes.size()}}});
    offset += tensor.bytes.size();
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > safetensors::kMaxHeader)
    throw Error(ErrorCode::kUsage, "safetensors.header_too_large", "cannot write the file as safetensors",
                "its header would exceed 100 MB", "split the network into several files");
  return text;
}

// What the reader would refuse is not written in the first place.
void check_readable(const std::string& header, const std::vector<TensorMap::const_pointer>& order,
                    const std::filesystem::path& path) {
  std::uint64_t bytes = 0;
  for (const auto* item : order) bytes += item->second.bytes.size();
  try {
    safetensors::parse_header(header, bytes, path.string());
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, error.id(), "cannot write '" + path.string() + "' as safetensors", error.why());
  }
}

}  // namespace

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  const FileReader file(path);
  auto [header, data_start] = safetensors::open_header(file);
  SafetensorsFile result{{}, std::move(header.metadata), std::move(header.warnings)};
  for (const auto& entry : header.entries) result.tensors.emplace(entry.name, read_tensor(file, entry, data_start));
  if (!file.unchanged())
    throw refusal(path.string(), "changed", "it was written while it was read", 0, "read it when it is complete");
  return result;
}

MappedSafetensors::MappedSafetensors(const std::filesystem::path& path) {
  const FileReader file(path);
  auto [header, data_start] = safetensors::open_header(file);
  mapping_ = std::make_unique<FileMapping>(file);
  metadata_ = std::move(header.metadata);
  for (const auto& entry : header.entries) {
    Tensor tensor{parse_dtype(entry.dtype), {entry.shape.begin(), entry.shape.end()}, {}};
    tensor.bytes = mapping_->bytes().subspan(data_start + entry.begin(), entry.end() - entry.begin());
    tensors_.emplace(entry.name, std::move(tensor));
  }
}

MappedSafetensors::~MappedSafetensors() = default;

const MappedSafetensors::Tensor* MappedSafetensors::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const auto order = file_order(tensors);
  const auto header = header_text(order, metadata);
  const std::uint64_t length = header.size();
  check_readable(header, order, path);
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(header);
  for (const auto* item : order) file.write(item->second.bytes.data(), item->second.bytes.size());
  file.commit();
}

}  // namespace weightloom
