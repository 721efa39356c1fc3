#include "object_source.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"

namespace weightloom {

void MemorySource::read(std::span<std::byte> out) {
  if (out.size() > left_.size()) throw Error(ErrorCode::kDamaged, "zoo.object", "an object ends early");
  std::ranges::copy(left_.first(out.size()), out.begin());
  left_ = left_.subspan(out.size());
}

void FileSource::read(std::span<std::byte> out) {
  file_.read(at_, out);
  at_ += out.size();
}

void HashedSource::read(std::span<std::byte> out) {
  source_.read(out);
  hash_.update(out.data(), out.size());
}

}  // namespace weightloom
