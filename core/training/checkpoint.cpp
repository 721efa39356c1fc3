#include "weightloom/training/checkpoint.hpp"

#include "weightloom/base/error.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {

constexpr const char* kFingerprintKey = "weightloom.checkpoint";
// A name that no state has.
constexpr const char* kStep = "step";

Error damaged(const std::string& why) {
  return Error(ErrorCode::kRefused, "checkpoint.damaged", "cannot go on from a checkpoint", why,
               "delete it to start afresh, or name another file");
}

SafetensorsFile read_checkpoint(const std::filesystem::path& path) {
  try {
    return read_safetensors(path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRefused) throw;
    throw damaged(error.what());
  }
}

std::int64_t take_step(TensorMap& tensors) {
  const auto found = tensors.find(kStep);
  if (found == tensors.end() || found->second.dtype != DType::kI64 || !found->second.shape.empty())
    throw damaged("the number of steps is missing");
  const auto step = to_torch(found->second).item<std::int64_t>();
  tensors.erase(found);
  if (step < 0) throw damaged("the number of steps is negative");
  return step;
}

}  // namespace

void TrainingState::keep(const std::string& name, torch::Tensor& tensor) {
  places_.push_back({name, [&tensor] { return tensor; },
                     [&tensor](const torch::Tensor& value) {
                       const torch::NoGradGuard no_grad;
                       if (tensor.defined())
                         tensor.copy_(value);
                       else
                         tensor = value;
                     }});
}

void TrainingState::keep(const std::string& name, torch::Generator& generator) {
  places_.push_back({name, [&generator] { return generator.get_state(); },
                     [&generator](const torch::Tensor& value) { generator.set_state(value); }});
}

void TrainingState::keep(const std::string& name, double& number) {
  places_.push_back({name, [&number] { return torch::tensor(number, torch::kFloat64); },
                     [&number](const torch::Tensor& value) { number = value.item<double>(); }});
}

void TrainingState::keep(const std::string& name, std::int64_t& number) {
  places_.push_back({name, [&number] { return torch::tensor(number, torch::kInt64); },
                     [&number](const torch::Tensor& value) { number = value.item<std::int64_t>(); }});
}

TensorMap TrainingState::save() const {
  TensorMap out;
  for (const auto& place : places_)
    if (const auto value = place.read(); value.defined()) out.emplace(place.name, to_host(value));
  return out;
}

void TrainingState::restore(const TensorMap& tensors) {
  // Everything is checked before anything is written: a refusal leaves the training as it was.
  std::vector<torch::Tensor> values;
  std::size_t found_count = 0;
  for (const auto& place : places_) {
    const auto before = place.read();
    const auto found = tensors.find(place.name);
    if (found == tensors.end() && before.defined()) throw damaged("'" + place.name + "' is missing");
    values.push_back(found == tensors.end() ? torch::Tensor() : to_torch(found->second));
    if (!values.back().defined()) continue;
    ++found_count;
    if (before.defined() &&
        (values.back().sizes() != before.sizes() || values.back().scalar_type() != before.scalar_type()))
      throw damaged("'" + place.name + "' has another type or shape than " + to_string(before.sizes().vec()));
  }
  if (found_count != tensors.size()) throw damaged("it holds more than this training keeps");
  try {
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (values[i].defined()) places_[i].write(values[i]);
  } catch (const c10::Error& error) {  // a generator's state has a form of its own
    throw damaged(error.what_without_backtrace());
  }
}

Fingerprint& Fingerprint::add(std::string_view text) {
  // The length keeps "ab" + "c" apart from "a" + "bc".
  hash_.update(std::to_string(text.size()) + ':').update(text);
  return *this;
}

Fingerprint& Fingerprint::add(const torch::Tensor& tensor) {
  const auto host = to_host(tensor);
  add(std::string(dtype_name(host.dtype)) + to_string(host.shape));
  hash_.update(host.bytes.data(), host.bytes.size());
  return *this;
}

void Checkpoint::save(std::int64_t step, const TrainingState& state) const {
  if (path.empty()) return;
  auto tensors = state.save();
  tensors.emplace(kStep, to_host(torch::tensor(step, torch::kInt64)));
  write_safetensors(path, tensors, {{kFingerprintKey, fingerprint}});
}

std::int64_t Checkpoint::restore(TrainingState& state) const {
  if (path.empty() || !std::filesystem::exists(path)) return 0;
  try {
    auto file = read_checkpoint(path);
    const auto found = file.metadata.find(kFingerprintKey);
    if (found == file.metadata.end()) throw damaged("the file is no checkpoint of Weightloom");
    if (found->second != fingerprint) {
      log().warn("'{}' belongs to another training and will be replaced", path.string());
      return 0;
    }
    const auto step = take_step(file.tensors);
    state.restore(file.tensors);
    return step;
  } catch (Error& error) {
    throw std::move(error).at(path.string());
  }
}

}  // namespace weightloom
