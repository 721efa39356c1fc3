#pragma once
// Data sets as tensors, each source read once.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "weightloom/runtime/dataset.hpp"

namespace weightloom {

// Data sets by DataSpec, all in one image form (under limits, which may leave them smaller), on one device and of one
// type. A source is read when it is first asked
// for and kept as long as the cache lives. What get() returns is immutable and outlives the cache; a train limit is a
// view of the source, a choice of classes a copy. [any-thread]
class DataCache {
 public:
  explicit DataCache(ImageForm form, ComputeOptions compute = {}, ImageLimits limits = {})
      : form_(form), compute_(compute), limits_(limits) {}

  const ImageForm& form() const { return form_; }
  // Classes are chosen first, then the training images limited, as load_images() does. Throws what load_tensors()
  // throws, and kUsage "data.empty" when a choice of classes leaves no training or no test images.
  std::shared_ptr<const TensorData> get(const DataSpec& spec);
  std::shared_ptr<const TensorData> get(const std::string& text) { return get(DataSpec::parse(text)); }
  // Takes `data`, a whole source in the cache's form, under its name, in place of what would be read.
  void keep(TensorData data);
  // Memory, in bytes, that get() takes for images beyond those of the source.
  std::int64_t copied_bytes(const DataSpec& spec);

 private:
  std::shared_ptr<const TensorData> source(const std::string& name);

  ImageForm form_;
  ComputeOptions compute_;
  ImageLimits limits_;
  std::mutex mutex_;  // of sources_, held while one is read, so that no source is read twice
  std::map<std::string, std::shared_ptr<const TensorData>> sources_;
};

}  // namespace weightloom
