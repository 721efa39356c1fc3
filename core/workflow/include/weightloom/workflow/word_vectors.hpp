#pragma once
// Word vectors from WordNet by latent semantic analysis.

#include <cstdint>
#include <filesystem>

#include "weightloom/base/progress.hpp"
#include "weightloom/language/word_vectors.hpp"
#include "weightloom/language/wordnet.hpp"

namespace weightloom {

inline constexpr std::int64_t kWordDimensions = 256;

// Latent semantic analysis (Deerwester et al. 1990): terms as rows of V * sqrt(S) of the documents' truncated singular
// value decomposition, by subspace iteration from random directions (Halko, Martinsson & Tropp 2011, algorithm 4.4).
// Same machine and threads: same bits. Some ten seconds of two cores and a gigabyte for WordNet. Throws kInterrupted,
// kFailure "runtime.memory".
WordTable latent_semantics(const WordnetDocuments& documents, std::int64_t dimensions = kWordDimensions,
                           const ProgressSink& progress = {});

// Where Debian's wordnet-base has it.
inline constexpr const char* kWordnetFolder = "/usr/share/wordnet";
// Makes vectors from the WordNet in `folder` and keeps them in `file`, whose folder is made where it is missing. Throws
// what read_wordnet(), expect_writable() (base/file.hpp) and latent_semantics() throw.
WordVectors make_word_vectors(const std::filesystem::path& file, const std::filesystem::path& folder,
                              const ProgressSink& progress = {});
// The same from a text file of vectors (language/vector_text.hpp), and throws what reading it does.
WordVectors import_word_vectors(const std::filesystem::path& file, const std::filesystem::path& text);
// The vectors in `file`, made where it is missing, or was made from WordNet by a version that kept no kinds of nouns;
// where there is no WordNet these are used as they are. Throws what WordVectors::load() and make_word_vectors() throw.
WordVectors load_or_make_word_vectors(const std::filesystem::path& file, const std::filesystem::path& folder,
                                      const ProgressSink& progress = {});

}  // namespace weightloom
