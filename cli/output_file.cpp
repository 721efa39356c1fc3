#include "cli/output_file.hpp"

#include "weightloom/base/error.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom::cli {

void expect_replaceable(const std::filesystem::path& out) {
  std::error_code error;
  if (std::filesystem::is_regular_file(out, error) && std::filesystem::file_size(out, error) > 0 && !detect_format(out))
    throw Error(ErrorCode::kUsage, "output.exists", "will not write over '" + out.string() + "'",
                "it is no weights file", "choose another file, or remove that one first")
        .at(out.string());
}

}  // namespace weightloom::cli
