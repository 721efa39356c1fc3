#pragma once
// What a generator remembers of the data that it learned from: a few images of each class, and what data and classes
// are called. Words recall them, and what they recall stands in for examples.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weightloom/language/card.hpp"
#include "weightloom/runtime/data_cache.hpp"

namespace weightloom {

// Of one source: images of its training split, and of its validation split those that results are judged on.
struct Exemplars {
  Card card;
  torch::Tensor train, validation;  // [classes, n, C, H, W], standardised; n of their own
};

// Of each class, twice as many as a request shows unless told otherwise: running statistics of two classes are taken
// from a hundred images then, and heads are chosen on as many.
inline constexpr std::int64_t kMostExemplars = 64;
// Up to kMostExemplars training images of each class and half as many validation images, fewer of small classes, of
// many, and of large images: four million numbers a source. `sources` are DataSpec texts without a choice of classes,
// of different sources, which the cards are named by. Throws kUsage "data.*".
std::vector<Exemplars> draw_exemplars(DataCache& data, const std::vector<std::string>& sources, std::uint64_t seed);

// A cache that holds nothing but these, under the names of their sources: test images are the validation images.
std::unique_ptr<DataCache> remembered(const std::vector<Exemplars>& exemplars);

// Beside other data they go by their source's name with this before it: "remembered:mnist".
inline constexpr const char* kRemembered = "remembered:";
void keep_remembered(const std::vector<Exemplars>& exemplars, DataCache& data);

// As tensors of 8 bits under `prefix`, and what says how to read them. load_exemplars() throws kRefused
// "exemplars.malformed".
Json save_exemplars(const std::vector<Exemplars>& exemplars, const std::string& prefix, TensorMap& tensors);
std::vector<Exemplars> load_exemplars(const Json& json, const std::string& prefix, const TensorMap& tensors,
                                      const ComputeOptions& compute);

}  // namespace weightloom
