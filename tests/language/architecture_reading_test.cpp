#include "weightloom/language/architecture_reading.hpp"

#include <catch2/catch.hpp>

#include "error_id.hpp"

using namespace weightloom;
using weightloom::testing::error_id;

namespace {

const ArchitectureNames kNames{
    {"mlp", {}}, {"cnn", {}}, {"resnet", {}}, {"vit", {}}, {"zigzag", {"sawtooth of teeth"}}};

ArchitectureReading read(const std::string& instruction) {
  return read_architecture(instruction, kNames, {});
}

}  // namespace

TEST_CASE("kinds of network are known by what people call them, and by their names") {
  CHECK(read("a multilayer perceptron").name == "mlp");
  CHECK(read("fully connected layers").name == "mlp");
  CHECK(read("a ConvNet for that").name == "cnn");
  CHECK(read("something residual").name == "resnet");
  CHECK(read("a residual convolutional network").name == "resnet");
  CHECK(read("vision transformer").name == "vit");
  CHECK(read("a zigzag for digits").name == "zigzag");
  CHECK(read("a sawtooth of teeth for digits").name == "zigzag");
  CHECK(read("digits").name.empty());
  CHECK(read("convolutional, no residuals").name == "cnn");
  CHECK(read("not a transformer, a perceptron").name == "mlp");
  CHECK(read("anything but a CNN").name.empty());
  CHECK(read("pay attention to the buttons").name.empty());
  const ArchitectureNames own{{"tinyvit", {"vision transformer"}}, {"vgg16", {"one-stage detector"}}};
  CHECK(read_architecture("a vision transformer", own, {}).name == "tinyvit");
  CHECK(read_architecture("a vgg16 please", own, {}).name == "vgg16");
  CHECK(read_architecture("one-stage detectors", own, {}).name == "vgg16");
}

TEST_CASE("an architecture's own name leaves no doubt") {
  const ArchitectureNames own{{"swin", {"shifted windows"}}, {"mixer", {"mlp-mixer"}}, {"mlp", {}}, {"vit", {}}};
  const auto name = [&](const char* text) { return read_architecture(text, own, {}).name; };
  CHECK(name("a Swin transformer") == "swin");
  CHECK(name("a vision transformer of the swin kind") == "swin");
  CHECK(name("an MLP-Mixer") == "mixer");
  CHECK(name("mlp mixer, depth 4") == "mixer");
  CHECK(name("a vision transformer") == "vit");
  CHECK(error_id([&] { name("a swin or a perceptron"); }) == "instruction.architecture");
  CHECK(error_id([&] { name("an mlp and a vit"); }) == "instruction.architecture");
}

TEST_CASE("what is answered by no does not deny the network") {
  CHECK(read("is it a seven or not? a perceptron").name == "mlp");
  CHECK(read("spot the cats, anything else is a no; perceptron").name == "mlp");
  CHECK(read("cats, no perceptron").name.empty());
  CHECK(read("forget the random forest, use a perceptron").name == "mlp");
  CHECK(read("a perceptron instead of a random forest").name == "mlp");
  CHECK(read("don't use a random forest; a perceptron").name == "mlp");
}

TEST_CASE("kinds that there are none of, and two at once, are refused") {
  for (const char* text : {"an LSTM", "a random forest", "a vgg", "AdaBoost", "principal components", "fuzzy logic",
                           "hidden Markov model", "edge detection", "a perceptron or a transformer"}) {
    INFO(text);
    CHECK(error_id([&] { read(text); }) == "instruction.architecture");
  }
}

TEST_CASE("numbers belong to what they count") {
  CHECK(read("a resnet of twenty layers").depth == 20);
  CHECK(read("resnet-56").depth == 56);
  CHECK(read("resnet20 please").depth == 20);
  CHECK(read("forty-four blocks").depth == 44);
  CHECK(read("a 14-layer network").depth == 14);
  CHECK(read("three hidden layers of 64 units").depth == 3);
  CHECK(read("three hidden layers of 64 units").width == 64);
  CHECK(read("depth 8, width 32").depth == 8);
  CHECK(read("depth 8, width 32").width == 32);
  CHECK(read("channels=48").width == 48);
  CHECK(read("width should be 80").width == 80);
  CHECK(read("a twelve-layer-deep resnet").depth == 12);
  CHECK(!read("resnet 4 the digits").depth);
  CHECK(!read("the digits 3 and 8").depth);
  CHECK(error_id([] { read("two layers, or rather three layers"); }) == "instruction.architecture");
}

TEST_CASE("a limit of weights is one in whatever way it is written") {
  for (const char* text : {"under 10k weights", "at most 10,000 parameters", "fewer than ten thousand weights",
                           "no more than 10000 params", "10 000 weights or fewer", "nothing above ten thousand weights",
                           "weights capped at 10,000", "cap it at 10k weights", "10k weights limit",
                           "parameters < 10000", "params<=10k, draft", "a net whose parameters number below 10,000"}) {
    INFO(text);
    CHECK(read(text).most_parameters == 10'000);
  }
  CHECK(read("below 2 million parameters").most_parameters == 2'000'000);
  CHECK(read("at most half a million parameters").most_parameters == 500'000);
  CHECK(read("a hundred thousand weights at most").most_parameters == 100'000);
  CHECK(read("at most one hundred and fifty thousand weights").most_parameters == 150'000);
  CHECK(read("below a quarter of a million parameters").most_parameters == 250'000);
  CHECK(!read("weights for digits up to 9").most_parameters);
  CHECK(!read("10k weights").most_parameters);
  CHECK(read("under 1.5 million weights").most_parameters == 1'500'000);
  CHECK(read("at most 0.5M parameters").most_parameters == 500'000);
  CHECK(read("under 2.5k weights").most_parameters == 2500);
  CHECK(!read("over 10k weights").most_parameters);
  CHECK(!read("more than a million weights").most_parameters);
  CHECK(!read("weights to read capital letters, 26 of them").most_parameters);
  CHECK(read("fewer than 10,000 and more than 900 parameters").most_parameters == 10'000);
  CHECK(read("a minimum of 900 parameters and a maximum of 10k parameters").most_parameters == 10'000);
  CHECK(read("a five or no, under 10k parameters").most_parameters == 10'000);
}

TEST_CASE("what is wanted of the result") {
  using Quality = ArchitectureReading::Quality;
  CHECK(read("as accurate as possible").quality == Quality::kHigh);
  CHECK(read("as accurately as you can").quality == Quality::kHigh);
  CHECK(read("do it well, make it accurate").quality == Quality::kHigh);
  CHECK(read("it need not be accurate").quality != Quality::kHigh);
  CHECK(read("just a quick draft").quality == Quality::kDraft);
  CHECK(read("high quality, I'm in no hurry").quality == Quality::kHigh);
  CHECK(read("made in a hurry").quality == Quality::kDraft);
  CHECK(read("digits").quality == Quality::kUnsaid);
}

TEST_CASE("long words may be misspelt where they are no words themselves") {
  const WordVectors words({{"perception", "picture"}, {1, 0, 0, 1}, {5, 5}, {}, ""});
  CHECK(read_architecture("a multilayer perceptorn", kNames, words).name == "mlp");
  CHECK(read_architecture("convolutionnal", kNames, words).name == "cnn");
  CHECK(read_architecture("the perception of pictures", kNames, words).name.empty());
}

TEST_CASE("a letter with a sign is a setting, and a hyphen in a name does not matter") {
  const auto found = read("res-net, d=14, w: 32");
  CHECK(found.name == "resnet");
  CHECK(found.depth == 14);
  CHECK(found.width == 32);
  CHECK_FALSE(read("resnet d 14").depth);
  CHECK(error_id([&] { read("an architecture called zorb"); }) == "instruction.architecture");
  CHECK(error_id([&] { read("a network called digits"); }) == "none");
}

TEST_CASE("no network has a size below one") {
  for (const char* text : {"zero layers", "cnn of 0 blocks", "width of zero", "minus three layers", "depth -4",
                           "negative depth", "a cnn without any layers", "no layers at all"}) {
    INFO(text);
    CHECK(error_id([&] { read(text); }) == "instruction.architecture");
  }
  CHECK(read("digits 1 and 0, deep cnn").name == "cnn");
  CHECK(read("number of layers 3").depth == 3);
  CHECK(read("layer count 4, mlp").depth == 4);
  CHECK(read("parameter count max 30000, digits").most_parameters == 30000);
  CHECK(read("parameter count not above 50000").most_parameters == 50000);
}

TEST_CASE("what contradicts itself is refused, and what is denied or past is not meant") {
  for (const char* text :
       {"a CNN, but it must not be a CNN", "a perceptron that isn't a perceptron",
        "draft quality and high quality at the same time", "YOLOv8", "yolov7-tiny",
        "fewer than 10,000 and more than 90,000 parameters", "at least 50k weights, under 5k weights",
        "more than ten million but fewer than 5000 parameters"}) {
    INFO(text);
    CHECK(error_id([&] { read(text); }) == "instruction.architecture");
  }
  CHECK(read("not just any CNN, a CNN of four layers").name == "cnn");
  CHECK(read("I tried a CNN; a resnet now").name == "resnet");
  CHECK(read("rather a resnet than a CNN").name == "resnet");
  CHECK(read("is it a plane or isn't it? convolutional").name == "cnn");
  CHECK(read("don't give me high quality, a draft will do").quality == ArchitectureReading::Quality::kDraft);
}

TEST_CASE("any text is read or refused") {
  std::string text;
  while (text.size() < 100'000) text += "resnet 99999999999999999999 layers -1 \xff ";
  CHECK((error_id([&] { read(text); }) == "none" || error_id([&] { read(text); }) == "instruction.architecture"));
  CHECK(read("").name.empty());
  CHECK(read("\n\t").name.empty());
}
