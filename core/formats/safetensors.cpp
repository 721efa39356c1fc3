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

using Forms = std::map<std::string, TensorForm>;

// The order of the reference writer: by falling alignment, then by name.
std::vector<std::string> file_order(const Forms& tensors) {
  std::vector<std::string> order;
  for (const auto& [name, form] : tensors) order.push_back(name);
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](const std::string& name) { return dtype_bits(tensors.at(name).dtype); });
  return order;
}

[[noreturn]] void refuse_tensor(const char* id, const std::string& name, const std::string& why) {
  throw Error(ErrorCode::kUsage, id, "cannot write tensor '" + name + "' as safetensors", why);
}

void expect_exportable(const std::string& name) {
  if (name == safetensors::kMetadataKey)
    refuse_tensor("safetensors.reserved_name", name, "the name is reserved for metadata");
  if (!safetensors::is_clean_name(name) || name.size() > safetensors::kMaxName)
    refuse_tensor("safetensors.bad_name", name,
                  "a name is 1 to 1024 bytes of UTF-8 without control or bidirectional control characters");
}

std::string header_text(const Forms& tensors, const std::vector<std::string>& order,
                        const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  const auto add = [&](const std::string& key, const Json& value) {
    text += (text.size() > 1 ? "," : "") + Json(key).dump() + ":" + value.dump();
  };
  if (!metadata.empty()) add(safetensors::kMetadataKey, metadata);
  std::uint64_t offset = 0;
  for (const auto& name : order) {
    expect_exportable(name);
    const auto& [dtype, shape] = tensors.at(name);
    const auto end = offset + byte_count(dtype, shape);
    add(name, {{"dtype", dtype_name(dtype)}, {"shape", shape}, {"data_offsets", {offset, end}}});
    offset = end;
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > safetensors::kMaxHeader)
    throw Error(ErrorCode::kUsage, "safetensors.header_too_large", "cannot write the file as safetensors",
                "its header would exceed 100 MB", "split what it holds into several files");
  return text;
}

// What the reader would refuse is not written in the first place.
void expect_readable(const std::string& header, std::uint64_t bytes, const std::filesystem::path& path) {
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

SafetensorsReader::SafetensorsReader(const std::filesystem::path& path) : file_(std::make_unique<FileReader>(path)) {
  auto [header, data_start] = safetensors::open_header(*file_);
  metadata_ = std::move(header.metadata);
  for (const auto& entry : header.entries)
    tensors_[entry.name] = {{parse_dtype(entry.dtype), {entry.shape.begin(), entry.shape.end()}},
                            data_start + entry.begin()};
}

SafetensorsReader::~SafetensorsReader() = default;

const TensorForm* SafetensorsReader::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second.form;
}

std::int64_t SafetensorsReader::values() const {
  std::int64_t sum = 0;
  for (const auto& [name, place] : tensors_) sum += element_count(place.form.shape);
  return sum;
}

void SafetensorsReader::read(const std::string& name, std::uint64_t offset, std::span<std::byte> out) const {
  file_->read(tensors_.at(name).begin + offset, out);
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

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, const Forms& tensors,
                                     const std::map<std::string, std::string>& metadata)
    : order_(file_order(tensors)) {
  const auto header = header_text(tensors, order_, metadata);
  for (const auto& [name, form] : tensors) left_ += byte_count(form.dtype, form.shape);
  expect_readable(header, left_, path);
  file_ = std::make_unique<AtomicFile>(path);
  const std::uint64_t length = header.size();
  file_->write(&length, sizeof length);
  file_->write(header);
}

SafetensorsWriter::~SafetensorsWriter() = default;

void SafetensorsWriter::append(std::span<const std::byte> bytes) {
  if (bytes.size() > left_)
    throw Error(ErrorCode::kUsage, "safetensors.bad_tensor", "cannot write the file as safetensors",
                "there are more bytes than its tensors take");
  left_ -= bytes.size();
  file_->write(bytes.data(), bytes.size());
}

void SafetensorsWriter::commit() {
  if (left_ > 0)
    throw Error(ErrorCode::kUsage, "safetensors.bad_tensor", "cannot write the file as safetensors",
                std::to_string(left_) + " bytes of its tensors are missing");
  file_->commit();
}

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  Forms forms;
  for (const auto& [name, tensor] : tensors) {
    if (tensor.bytes.size() != byte_count(tensor.dtype, tensor.shape))
      refuse_tensor("safetensors.bad_tensor", name, "its bytes do not fill the shape " + to_string(tensor.shape));
    forms[name] = {tensor.dtype, tensor.shape};
  }
  SafetensorsWriter writer(path, forms, metadata);
  for (const auto& name : writer.order()) writer.append(tensors.at(name).bytes);
  writer.commit();
}

}  // namespace weightloom
