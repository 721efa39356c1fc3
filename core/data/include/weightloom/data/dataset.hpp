#pragma once
// Image data sets: where they are, how they are split, and the transforms and derived tasks on top. No LibTorch.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

// Which images, in which form. One text names it everywhere (command line, recipes, records):
//   source[classes][@train_limit]       mnist    fashion-mnist[7,3,1,0]    cifar10@5000    ./photos    mnist[7,rest]
// `classes` keeps those classes only, counted from 0, and relabels them 0, 1, ... in the order given; groups of classes
// (grouping.hpp) are of the source. `train_limit` is last: mnist[3,1]@5000 is 5,000 of the two. Parsing throws kUsage.
struct DataSpec {
  std::string source;                 // "mnist", ... or a folder, see load_images(), with groups where it has some
  std::vector<std::int64_t> classes;  // empty: all
  std::int64_t train_limit = 0;  // 0: all; else the first n of the shuffled training images of these classes, all of
                                 // them when they are fewer; validation and test stay whole

  static DataSpec parse(std::string_view text);
  std::string text() const;
};

// The form in which a network wants its images: [channels, size, size].
struct ImageForm {
  std::int64_t channels = 1, size = 28;
};

// Images as float32 [n, channels, size, size], standardised by the mean and standard deviation (one number each per
// channel) of the whole source's training images; labels 0 .. classes-1.
struct ImageSet {
  std::vector<float> images;
  std::vector<std::int64_t> labels;
  std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
};

struct ImageData {
  std::string name;  // DataSpec::text()
  ImageForm form;
  std::vector<float> mean, deviation;    // per channel, in pixel values 0 .. 255: what the images were standardised by
  std::vector<std::string> class_names;  // after subsetting
  ImageSet train, validation, test;      // validation: one tenth of the source's training images, fixed by `split_seed`
  std::string hash;                      // of the source's files, classes, limits and form
};

// How much of a source is kept, for whoever looks at some images of a large form only.
struct ImageLimits {
  // false: images that are smaller than the form keep the size and the channels of the first one, so that a large form
  // costs no memory: ImageData::form says which. fit_images() (runtime/dataset.hpp) brings them to it.
  bool enlarge = true;
  // Of all images together; 0: no limit. Above it, as many images of each class as fit are kept, drawn at random, of
  // the test images a third as many as of the others.
  std::int64_t most_values = 0;
};

// Names of all classes of a source, which need not be on this machine when it is a known one. Decodes no images. Throws
// like load_images().
std::vector<std::string> source_class_names(const std::string& source);

// A source that this machine has or could have.
struct DataSource {
  std::string name;
  bool available = false;
  std::filesystem::path location;
  std::int64_t classes = 0, train = 0, test = 0;
  std::string how_to_get;  // a command
};

// Looks in WEIGHTLOOM_DATA, ./data, ~/.cache/weightloom/data and the system's data set packages.
std::vector<DataSource> list_data_sources();

// A folder that is named as a source has one of these forms; the first that is complete is taken:
// - IDX files, plain or gzip: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte,
//   t10k-labels-idx1-ubyte, also with ".idx" for "-idx", "test" for "t10k" and one common beginning such as
//   "emnist-letters-". The classes are the labels of the training images, in order, named by their number (class 0 of
//   EMNIST's letters is label 1) or by the lines of a classes.txt beside them. More than 256 classes need labels of 16
//   or 32 bits. Pixels are taken as they lie (EMNIST's are transposed).
// - CIFAR-10, binary (data_batch_1.bin .. data_batch_5.bin, test_batch.bin, batches.meta.txt) or as PNG files, and
//   CIFAR-100, binary, with the fine labels as classes (train.bin, test.bin, fine_label_names.txt).
// - one sub-folder of images for each class (class names in alphabetical order), or `train` and `test` with such
//   sub-folders; without `test`, one fifth of each class, fixed by `split_seed`, is the test split.
// A folder of arrays (arrays.hpp) is no set of images: load_tensors() (runtime/dataset.hpp) takes it as well.
// Images are stretched to the square form. Resizes by area average (down) or bilinear (up); colour to grey by luma
// 0.299 0.587 0.114, grey to colour by copying. Throws kNotFound (with how to get it), kRefused for malformed files and
// for folders of no form ("folder.unknown_form") or with files missing ("folder.incomplete").
ImageData load_images(const DataSpec& spec, const ImageForm& form, std::uint64_t split_seed = 0,
                      const ImageLimits& limits = {});

}  // namespace weightloom
