#include "weightloom/workflow/word_vectors.hpp"

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/options.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/compute/torch.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/language/vector_text.hpp"

namespace weightloom {
namespace {

// Directions beyond those that are kept, and passes over the documents: both as in the paper's advice.
constexpr std::int64_t kMoreDirections = 20;
constexpr std::uint64_t kPasses = 4;

// A sparse matrix by rows.
struct SparseRows {
  std::vector<std::int64_t> begins, columns;
  std::vector<float> values;
  std::int64_t rows() const { return static_cast<std::int64_t>(begins.size()) - 1; }
};

SparseRows transposed(const SparseRows& matrix, std::int64_t columns) {
  SparseRows out{std::vector<std::int64_t>(static_cast<std::size_t>(columns) + 1),
                 std::vector<std::int64_t>(matrix.columns.size()), std::vector<float>(matrix.values.size())};
  for (const auto column : matrix.columns) ++out.begins[static_cast<std::size_t>(column) + 1];
  for (std::size_t i = 1; i < out.begins.size(); ++i) out.begins[i] += out.begins[i - 1];
  auto next = out.begins;
  for (std::int64_t row = 0; row < matrix.rows(); ++row)
    for (auto i = matrix.begins[static_cast<std::size_t>(row)]; i < matrix.begins[static_cast<std::size_t>(row) + 1];
         ++i) {
      const auto place =
          static_cast<std::size_t>(next[static_cast<std::size_t>(matrix.columns[static_cast<std::size_t>(i)])]++);
      out.columns[place] = row;
      out.values[place] = matrix.values[static_cast<std::size_t>(i)];
    }
  return out;
}

// matrix [M, N] times dense [N, K], contiguous.
torch::Tensor multiply(const SparseRows& matrix, const torch::Tensor& dense) {
  constexpr std::int64_t kRowsAtATime = 4096;
  const auto rows = matrix.rows(), width = dense.size(1);
  auto out = torch::zeros({rows, width}, dense.options());
  const float* in = dense.data_ptr<float>();
  float* result = out.data_ptr<float>();
  run_workers(static_cast<std::size_t>((rows + kRowsAtATime - 1) / kRowsAtATime), 0, [&](std::size_t part) {
    const auto first = static_cast<std::int64_t>(part) * kRowsAtATime, end = std::min(rows, first + kRowsAtATime);
    for (std::int64_t row = first; row < end; ++row) {
      float* sums = result + row * width;
      for (auto i = matrix.begins[static_cast<std::size_t>(row)]; i < matrix.begins[static_cast<std::size_t>(row) + 1];
           ++i) {
        const float value = matrix.values[static_cast<std::size_t>(i)];
        const float* direction = in + matrix.columns[static_cast<std::size_t>(i)] * width;
        for (std::int64_t k = 0; k < width; ++k) sums[k] += value * direction[k];
      }
    }
  });
  return out;
}

torch::Tensor orthonormal(const torch::Tensor& columns) {
  return std::get<0>(torch::linalg_qr(columns)).contiguous();
}

}  // namespace

WordTable latent_semantics(const WordnetDocuments& documents, std::int64_t dimensions, const ProgressSink& progress) {
  return translate_torch_errors("make word vectors", [&] {
    const torch::NoGradGuard no_grad;
    const auto count = static_cast<std::int64_t>(documents.terms.size());
    const SparseRows by_document{documents.row_begins, documents.columns, documents.values};
    const SparseRows by_term = transposed(by_document, count);
    dimensions = std::min({dimensions, count, documents.documents()});
    const auto directions = std::min({dimensions + kMoreDirections, count, documents.documents()});
    auto generator = make_generator(derive_seed(0, "word vectors"));
    auto found = torch::randn({count, directions}, generator, ComputeOptions().floats());
    for (std::uint64_t pass = 0; pass < kPasses; ++pass) {
      throw_if_interrupted();
      found = multiply(by_term, orthonormal(multiply(by_document, found)));
      if (progress) progress({"make word vectors", pass + 1, kPasses});
      if (pass + 1 < kPasses) found = orthonormal(found);
    }
    // found = A' Q for orthonormal Q, so that its own decomposition has A's singular values and right vectors.
    const auto [basis, triangle] = torch::linalg_qr(found);
    const auto [left, singular, right] = torch::linalg_svd(triangle, /*full_matrices=*/false);
    const auto vectors =
        (basis.matmul(left).narrow(1, 0, dimensions) * singular.narrow(0, 0, dimensions).sqrt()).contiguous();
    WordTable table;
    table.terms = documents.terms;
    table.rarity = documents.rarity;
    table.irregular = documents.irregular;
    table.taxonomy = documents.taxonomy;
    table.vectors.assign(vectors.data_ptr<float>(), vectors.data_ptr<float>() + vectors.numel());
    table.source = std::string(kFromWordnet) + std::to_string(documents.documents()) + " sets of synonyms";
    return table;
  });
}

namespace {

void expect_place_for(const std::filesystem::path& file) {
  // A folder that cannot be made shows in what follows.
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  expect_writable(file);
}

}  // namespace

WordVectors make_word_vectors(const std::filesystem::path& file, const std::filesystem::path& folder,
                              const ProgressSink& progress) {
  const auto documents = read_wordnet(folder);
  expect_place_for(file);
  WordVectors made(latent_semantics(documents, kWordDimensions, progress));
  made.save(file);
  return made;
}

WordVectors import_word_vectors(const std::filesystem::path& file, const std::filesystem::path& text) {
  WordVectors made(read_vector_text(text));
  expect_place_for(file);
  made.save(file);
  return made;
}

WordVectors load_or_make_word_vectors(const std::filesystem::path& file, const std::filesystem::path& folder,
                                      const ProgressSink& progress) {
  if (!std::filesystem::exists(file)) return make_word_vectors(file, folder, progress);
  auto words = WordVectors::load(file);
  if (!words.is_outdated()) return words;
  try {
    return make_word_vectors(file, folder, progress);
  } catch (const Error& error) {
    if (error.id() != "wordnet.missing") throw;
    return words;
  }
}

}  // namespace weightloom
