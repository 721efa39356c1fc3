#include "weightloom/base/error.hpp"

#include <utility>

namespace weightloom {

Error::Error(ErrorCode code, std::string id, std::string what, std::string why, std::string hint)
    : std::runtime_error(why.empty() ? what : what + ": " + why),
      code_(code),
      id_(std::move(id)),
      what_(std::move(what)),
      why_(std::move(why)),
      hint_(std::move(hint)) {}

Error& Error::at(std::string path, std::optional<std::uint64_t> offset) & {
  path_ = std::move(path);
  offset_ = offset;
  return *this;
}

Error&& Error::at(std::string path, std::optional<std::uint64_t> offset) && {
  return std::move(at(std::move(path), offset));
}

}  // namespace weightloom
