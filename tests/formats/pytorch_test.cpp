#include "weightloom/formats/pytorch.hpp"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "memory_bound.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// ---- pickles, by opcode ----

std::string text(const std::string& value) {
  return "X" + raw(static_cast<std::uint32_t>(value.size())) + value;
}
std::string integer(std::int32_t value) {
  return "J" + raw(value);
}
std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
std::string tuple(const std::string& items) {
  return "(" + items + "t";
}
std::string integers(const std::vector<std::int32_t>& values) {
  std::string items;
  for (const auto value : values) items += integer(value);
  return tuple(items);
}

struct Tensor {
  std::string key = "0", storage = "FloatStorage";
  std::int32_t numel = 4, offset = 0;
  std::vector<std::int32_t> shape{4}, strides{1};
  std::string hooks = global("collections", "OrderedDict") + ")R";

  std::string pickled() const {
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple(tuple(text("storage") + global("torch", storage) + text(key) + text("cpu") + integer(numel)) + "Q" +
                 integer(offset) + integers(shape) + integers(strides) + "\x89" + hooks) +
           "R";
  }
};

std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string out = global("collections", "OrderedDict") + ")R(";
  for (const auto& [key, value] : items) out += text(key) + value;
  return out + "u";
}
std::string pickle(const std::string& value) {
  return "\x80\x02" + value + ".";
}

// ---- archives, as torch.save writes them: sizes and checksums stand in the directory alone ----

struct Entry {
  std::string name, bytes;
  std::uint16_t flags = 0x808;
  std::string local_name;
};

std::string zip(const std::vector<Entry>& entries, const std::string& comment = "") {
  std::string file, directory;
  for (const auto& [name, bytes, flags, local_name] : entries) {
    const auto offset = static_cast<std::uint32_t>(file.size());
    const auto& written = local_name.empty() ? name : local_name;
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const auto crc =
        static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(size)));
    file += "PK\x03\x04" + raw<std::uint16_t>(20) + raw(flags) + std::string(18, '\0') +
            raw(static_cast<std::uint16_t>(written.size())) + raw<std::uint16_t>(0) + written + bytes;
    directory += "PK\x01\x02" + raw<std::uint16_t>(20) + raw<std::uint16_t>(20) + raw(flags) + std::string(6, '\0') +
                 raw(crc) + raw(size) + raw(size) + raw(static_cast<std::uint16_t>(name.size())) +
                 std::string(12, '\0') + raw(offset) + name;
  }
  const auto count = static_cast<std::uint16_t>(entries.size());
  return file + directory + "PK\x05\x06" + std::string(4, '\0') + raw(count) + raw(count) +
         raw(static_cast<std::uint32_t>(directory.size())) + raw(static_cast<std::uint32_t>(file.size())) +
         raw(static_cast<std::uint16_t>(comment.size())) + comment;
}

std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

const std::string kFour = floats({1, 2, 3, 4});

std::string checkpoint(const std::string& root, const std::string& storage = kFour) {
  return zip({{"net/data.pkl", pickle(root)}, {"net/data/0", storage}, {"net/version", "3\n"}});
}

class File {
 public:
  fs::path write(const std::string& content) const {
    test::write_quickly(folder_ / "net.pt", content);
    return folder_ / "net.pt";
  }
  PytorchFile read(const std::string& content) const { return read_pytorch(write(content)); }
  std::string verdict(const std::string& content) const {
    const auto path = write(content);
    const test::MemoryBound bound(path);
    try {
      read_pytorch(path);
      return "accepted";
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kRefused);
      return error.id();
    }
  }

 private:
  test::TemporaryFolder folder_;
};

std::vector<float> values(const PytorchFile& file, const std::string& name) {
  const auto view = file.tensors.at(name).f32();
  return {view.begin(), view.end()};
}

}  // namespace

TEST_CASE("a state dict is read, and found by what it begins with") {
  const File file;
  const auto read = file.read(checkpoint(dict({{"w", Tensor().pickled()}})));
  CHECK(values(read, "w") == std::vector<float>{1, 2, 3, 4});
  CHECK(read.warnings.empty());
  const auto path = file.write(checkpoint(dict({{"w", Tensor().pickled()}})));
  CHECK(detect_format(path).value().name == "pytorch");
  CHECK(read_weights(path).tensors.contains("w"));
}

TEST_CASE("views become contiguous: transposed, expanded, of one storage, of rank 0, empty") {
  const File file;
  Tensor transposed, expanded, row, scalar, empty;
  transposed.shape = {2, 2};
  transposed.strides = {1, 2};
  expanded.shape = {3, 2};
  expanded.strides = {0, 1};
  row.offset = 2;
  row.shape = {2};
  scalar.offset = 3;
  scalar.shape = scalar.strides = {};
  empty.shape = {0, 7};
  empty.strides = {7, 1};
  const auto read = file.read(checkpoint(dict({{"transposed", transposed.pickled()},
                                               {"expanded", expanded.pickled()},
                                               {"row", row.pickled()},
                                               {"scalar", scalar.pickled()},
                                               {"empty", empty.pickled()}})));
  CHECK(values(read, "transposed") == std::vector<float>{1, 3, 2, 4});
  CHECK(values(read, "expanded") == std::vector<float>{1, 2, 1, 2, 1, 2});
  CHECK(values(read, "row") == std::vector<float>{3, 4});
  CHECK(values(read, "scalar") == std::vector<float>{4});
  CHECK(read.tensors.at("scalar").shape.empty());
  CHECK(read.tensors.at("empty").shape == Shape{0, 7});
}

TEST_CASE("weights are found under the usual names, and in dictionaries of dictionaries") {
  const File file;
  const auto tensor = Tensor().pickled();
  auto read = file.read(checkpoint(
      dict({{"epoch", integer(3)}, {"optimizer", dict({{"state", tensor}})}, {"state_dict", dict({{"w", tensor}})}})));
  CHECK(read.tensors.size() == 1);
  CHECK(read.tensors.contains("w"));
  CHECK(read.warnings == std::vector<std::string>{"took the weights under 'state_dict'", "left out 'optimizer'"});
  read = file.read(checkpoint(dict({{"w", tensor}, {"block", dict({{"w", tensor}, {"steps", integer(1)}})}})));
  CHECK(read.tensors.contains("block.w"));
  CHECK(read.warnings ==
        std::vector<std::string>{"left out what is neither a tensor nor a dictionary of tensors: block.steps"});
  // A loss beside the weights is none of them; a number of a network is.
  Tensor number;
  number.shape = number.strides = {};
  const auto loss = number.pickled();
  read = file.read(checkpoint(dict({{"loss", loss},
                                    {"model_state_dict", dict({{"w", tensor}})},
                                    {"optimizer_state_dict", dict({{"lr", integer(1)}})}})));
  CHECK(read.tensors.size() == 1);
  CHECK(read.tensors.contains("w"));
  CHECK(read.warnings == std::vector<std::string>{"took the weights under 'model_state_dict'", "left out 'loss'"});
  read = file.read(checkpoint(dict({{"logit_scale", loss}, {"model", dict({{"w", tensor}})}})));
  CHECK(read.tensors.contains("logit_scale"));
  CHECK(read.tensors.contains("model.w"));
  CHECK(file.verdict(checkpoint(dict({{"epoch", integer(3)}}))) == "pt.no_state_dict");
  CHECK(file.verdict(checkpoint(integer(3))) == "pt.no_state_dict");
}

TEST_CASE("a pickle that names or calls anything else is refused, whatever it is") {
  const File file;
  const std::pair<const char*, const char*> names[] = {{"os", "system"},
                                                       {"posix", "system"},
                                                       {"builtins", "eval"},
                                                       {"pkgutil", "resolve_name"},
                                                       {"torch", "load"},
                                                       {"torch.nn", "Linear"},
                                                       {"__main__", "Net"},
                                                       {"torch.nn.modules.linear", "Linear"},
                                                       {"torch", "_C"},
                                                       {"collections", "Counter"},
                                                       {"torch.storage", "_load_from_bytes"}};
  for (const auto& [module, name] : names) {
    CHECK(file.verdict(checkpoint(global(module, name))) == "pt.global_refused");
    CHECK(file.verdict(checkpoint(global(module, name) + tuple(text("id")) + "R")) == "pt.global_refused");
  }
  CHECK(file.verdict(checkpoint(text("id") + ")R")) == "pt.call_refused");
  CHECK(file.verdict(checkpoint(global("torch", "float32") + ")R")) == "pt.call_refused");
  CHECK(file.verdict(checkpoint("]}b")) == "pt.call_refused");
  Tensor hooked;
  hooked.hooks = dict({{"0", integer(1)}});
  CHECK(file.verdict(checkpoint(dict({{"w", hooked.pickled()}}))) == "pt.call_refused");
  for (const char opcode : std::string("iopP02\x82\x92"))
    CHECK(file.verdict(checkpoint(std::string(1, opcode))) == "pt.opcode_refused");
}

TEST_CASE("views that negate or conjugate their values are refused, for what is stored is not what they say") {
  const File file;
  Tensor view;
  const auto plain = view.hooks;
  const auto verdict = [&](const std::string& metadata) {
    view.hooks = plain + metadata;
    return file.verdict(checkpoint(dict({{"w", view.pickled()}})));
  };
  CHECK(verdict(dict({})) == "accepted");
  CHECK(verdict(dict({{"neg", "\x89"}})) == "accepted");
  CHECK(verdict(dict({{"neg", "\x88"}})) == "pt.unresolved_view");
  CHECK(verdict(dict({{"conj", "\x88"}})) == "pt.unresolved_view");
}

TEST_CASE("damaged pickles are refused") {
  const File file;
  const auto whole = pickle(dict({{"w", Tensor().pickled()}}));
  const auto archive = [](const std::string& pickled) {
    return zip({{"net/data.pkl", pickled}, {"net/data/0", kFour}});
  };
  CHECK(file.verdict(archive(whole)) == "accepted");
  CHECK(file.verdict(archive(whole + "x")) == "pt.damaged");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) CHECK(file.verdict(archive(whole.substr(0, cut))) != "accepted");
  for (const char* bad : {"h\x05", "t", "a", "s", "]a", "u", "R", "(.", "NN", "j\xff\xff\xff\xff", "\x8a\xff"})
    CHECK(file.verdict(checkpoint(bad)) == "pt.damaged");
}

TEST_CASE("tensors that reach beyond their storage, or far beyond its size, are refused") {
  const File file;
  const auto verdict = [&](const std::function<void(Tensor&)>& change) {
    Tensor tensor;
    change(tensor);
    return file.verdict(checkpoint(dict({{"w", tensor.pickled()}})));
  };
  CHECK(verdict([](auto& t) { t.shape = {5}; }) == "pt.bad_tensor");
  CHECK(verdict([](auto& t) { t.offset = 1; }) == "pt.bad_tensor");
  CHECK(verdict([](auto& t) { t.strides = {2}; }) == "pt.bad_tensor");
  CHECK(verdict([](auto& t) { t.shape = {1 << 29}; }) == "pt.bad_tensor");
  CHECK(verdict([](auto& t) {
          t.shape = {1 << 30, 1 << 30, 1 << 30};
          t.strides = {0, 0, 0};
        }) == "pt.bad_tensor");
  CHECK(verdict([](auto& t) {
          t.shape = {1 << 29};
          t.strides = {0};
        }) == "pt.bad_tensor");
  CHECK(verdict([](auto& t) { t.offset = -1; }) == "pt.damaged");
  CHECK(verdict([](auto& t) { t.strides = {-1}; }) == "pt.damaged");
  CHECK(verdict([](auto& t) { t.shape = {-4}; }) == "pt.damaged");
  CHECK(verdict([](auto& t) { t.strides = {1, 1}; }) == "pt.damaged");
  CHECK(verdict([](auto& t) { t.numel = 5; }) == "pt.damaged");
  CHECK(verdict([](auto& t) { t.key = "1"; }) == "pt.damaged");
  CHECK(verdict([](auto& t) { t.key = "../0"; }) == "pt.damaged");
  CHECK(verdict([](auto& t) { t.storage = "DoubleStorage"; }) == "pt.damaged");
}

TEST_CASE("dictionaries that hold each other a thousandfold are looked into once") {
  const File file;
  std::string root = "}";
  for (int level = 0; level < 14; ++level) {
    std::string items;
    for (int i = 0; i < 200; ++i) items += text(std::to_string(i)) + "h" + static_cast<char>(level - 1);
    root = level == 0 ? "}q" + std::string(1, '\0') : root + "}(" + items + "uq" + static_cast<char>(level);
  }
  CHECK(file.verdict(checkpoint(tuple(root))) == "pt.no_state_dict");
}

TEST_CASE("a short pickle that copies a long list again and again is given up") {
  const File file;
  std::string items;
  for (int i = 0; i < 100'000; ++i) items += "N";
  std::string copies;
  for (int i = 0; i < 1000; ++i) copies += global("torch", "Size") + "h\x01\x85R";
  CHECK(file.verdict(checkpoint("(" + tuple(items) + "q\x01" + copies + "t")) == "pt.limit_exceeded");
  copies.clear();
  for (int i = 0; i < 1000; ++i) copies += global("collections", "OrderedDict") + "h\x01\x85R";
  items.clear();
  for (int i = 0; i < 50'000; ++i) items += "NN\x86";
  CHECK(file.verdict(checkpoint("(](" + items + "eq\x01" + copies + "t")) == "pt.limit_exceeded");
}

TEST_CASE("a name made of a thousand dictionaries is no name") {
  const File file;
  auto value = Tensor().pickled();
  for (int level = 0; level < 12; ++level) value = dict({{std::string(200, 'k'), value}});
  CHECK(file.verdict(checkpoint(dict({{"w", Tensor().pickled()}, {"v", value}}))) == "pt.bad_name");
}

TEST_CASE("archives that are not what they seem are refused") {
  const File file;
  const Entry data{"net/data.pkl", pickle(dict({{"w", Tensor().pickled()}}))}, storage{"net/data/0", kFour};
  CHECK(file.verdict(zip({data, storage})) == "accepted");
  CHECK(file.verdict(zip({data, storage}, "comment")) == "zip.no_directory");
  CHECK(file.verdict(zip({data, storage}) + "x") == "zip.no_directory");
  CHECK(file.verdict(zip({data, storage, storage})) == "zip.duplicate_name");
  CHECK(file.verdict(zip({data, {"net/data/0", kFour, 0x809}})) == "zip.encrypted");
  CHECK(file.verdict(zip({data, {"net/data/0", kFour, 0x808, "net/data/1"}})) == "zip.damaged");
  for (const char* name : {"../0", "/0", "net/../0", "net\\0", "a/..", ""})
    CHECK(file.verdict(zip({data, storage, {name, "x"}})) == "zip.bad_name");
  CHECK(file.verdict(zip({data, storage, {"other/data.pkl", "x"}})) == "pt.damaged");
  CHECK(file.verdict(zip({data, storage, {"other/x", "x"}})) == "pt.damaged");
  CHECK(file.verdict(zip({data, storage, {"net/code/a.py", "x"}})) == "pt.torchscript");
  CHECK(file.verdict(zip({data, storage, {"net/constants.pkl", "x"}})) == "pt.torchscript");
  CHECK(file.verdict(zip({data, storage, {"net/byteorder", "big"}})) == "pt.big_endian");
  CHECK(file.verdict(zip({storage})) == "pt.no_state_dict");
  auto changed = zip({data, storage});
  changed[changed.find(kFour)] ^= 1;
  CHECK(file.verdict(changed) == "zip.damaged");
}

TEST_CASE("archives whose directory lies about where entries are, or that hold another file, are refused") {
  const File file;
  const Entry data{"net/data.pkl", pickle(dict({{"w", Tensor().pickled()}}))}, storage{"net/data/0", kFour};
  const auto whole = zip({data, storage});
  // The offset of its local header is the last field before the name in the directory.
  auto overlapping = whole;
  overlapping.replace(overlapping.rfind("net/data/0") - 4, 4, raw<std::uint32_t>(1));
  CHECK(file.verdict(overlapping) == "zip.overlap");
  auto beyond = whole;
  beyond.replace(beyond.rfind("net/data/0") - 4, 4, raw<std::uint32_t>(1 << 30));
  CHECK(file.verdict(beyond) == "zip.damaged");
  CHECK(file.verdict(whole + whole) == "zip.damaged");
  CHECK(file.verdict(pickle("N") + whole) == "pt.no_state_dict");
  CHECK(file.verdict(whole.substr(0, whole.size() - 1)) == "zip.no_directory");
}

TEST_CASE("7z and tar archives that are called checkpoints are refused as what they are") {
  const File file;
  const auto error_of = [&](const std::string& content) -> std::string {
    try {
      read_weights(file.write(content));
      return "none";
    } catch (const Error& error) {
      return error.id();
    }
  };
  CHECK(error_of("7z\xbc\xaf\x27\x1c" + std::string(100, '\0')) == "weights.compressed");
  CHECK(error_of("net/data.pkl" + std::string(245, '\0') + "ustar" + std::string(250, '\0')) == "weights.tar");
}

TEST_CASE("files before PyTorch 1.6 are read") {
  const File file;
  const std::string magic = "\x80\x02\x8a\x0a" + std::string("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10) + ".";
  const auto storage =
      tuple(text("storage") + global("torch", "FloatStorage") + text("77") + text("cpu") + integer(4) + "N") + "Q";
  const auto tensor = global("torch._utils", "_rebuild_tensor_v2") +
                      tuple(storage + integer(1) + integers({2}) + integers({1}) + "\x89" +
                            global("collections", "OrderedDict") + ")R") +
                      "R";
  const auto head = magic + pickle("M\xe9\x03") + pickle("}" + text("little_endian") + "\x88s") +
                    pickle(dict({{"w", tensor}})) + pickle("]" + text("77") + "a");
  CHECK(values(file.read(head + raw<std::int64_t>(4) + kFour), "w") == std::vector<float>{2, 3});
  CHECK(detect_format(file.write(head)).value().name == "pytorch");
  CHECK(file.verdict(head + raw<std::int64_t>(5) + kFour) == "pt.damaged");
  CHECK(file.verdict(head + raw<std::int64_t>(-1) + kFour) == "pt.damaged");
  CHECK(file.verdict(head + raw<std::int64_t>(4) + kFour + "x") == "pt.damaged");
  CHECK(file.verdict(head) == "file.truncated");
}

TEST_CASE("pickles of protocols 4 and 5 are read as far as they name what weights are made of") {
  const File file;
  const auto framed = [](const std::string& value, char protocol) {
    return "\x80" + std::string(1, protocol) + "\x95" + raw<std::uint64_t>(value.size() + 1) + value + ".";
  };
  const auto named = [](const std::string& module, const std::string& name) {
    return "\x8c" + std::string(1, static_cast<char>(module.size())) + module + "\x94\x8c" +
           std::string(1, static_cast<char>(name.size())) + name + "\x94\x93\x94";
  };
  const auto storage =
      tuple(text("storage") + named("torch", "FloatStorage") + text("0") + text("cpu") + integer(4)) + "Q";
  const auto tensor = named("torch._utils", "_rebuild_tensor_v2") +
                      tuple(storage + integer(0) + integers({4}) + integers({1}) + "\x89" +
                            named("collections", "OrderedDict") + ")R") +
                      "R";
  for (const char protocol : {'\4', '\5'})
    CHECK(
        values(file.read(zip({{"a/data.pkl", framed("}" + text("w") + tensor + "s", protocol)}, {"a/data/0", kFour}})),
               "w")
            .size() == 4);
  CHECK(file.verdict(zip({{"a/data.pkl", framed(named("os", "system"), '\4')}})) == "pt.global_refused");
}

TEST_CASE("the state of an optimizer beside the weights is left out") {
  const File file;
  const auto saved = file.read(
      zip({{"a/data.pkl", pickle(dict({{"w", Tensor().pickled()}, {"optimizer", dict({{"m", Tensor().pickled()}})}}))},
           {"a/data/0", kFour}}));
  CHECK(saved.tensors.size() == 1);
  CHECK(saved.warnings == std::vector<std::string>{"left out 'optimizer', which is the state of a training"});
}

TEST_CASE("a checkpoint of a training without weights is told as that") {
  const File file;
  const auto state = dict({{"m", Tensor().pickled()}});
  CHECK(file.verdict(checkpoint(dict({{"state", state}, {"param_groups", dict({{"lr", integer(1)}})}}))) ==
        "pt.training_state");
  CHECK(file.verdict(checkpoint(dict({{"optimizer_state_dict", state}, {"ds_version", integer(1)}}))) ==
        "pt.training_state");
  // What may be weights is not passed over as one.
  CHECK(file.verdict(checkpoint(dict({{"optimizer", state}, {"my_net", state}}))) == "pt.no_state_dict");
}

TEST_CASE("what is written is read back, types, shapes and values") {
  const test::TemporaryFolder folder;
  TensorMap tensors{{"a.weight", HostTensor::from_f32({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6})},
                    {"scalar", HostTensor::from_f32({}, std::vector<float>{7})},
                    {"empty", {DType::kF16, {0, 3}, {}}}};
  for (const auto dtype : {DType::kF64, DType::kF16, DType::kBF16, DType::kI64, DType::kI32, DType::kI16, DType::kI8,
                           DType::kU8, DType::kBool, DType::kC64})
    tensors[std::string(dtype_name(dtype))] = {
        dtype, {2, 1}, std::vector<std::byte>(2 * dtype_bytes(dtype), std::byte{1})};
  write_pytorch(folder / "net.pt", tensors);
  const auto read = read_pytorch(folder / "net.pt").tensors;
  REQUIRE(read.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    CHECK(read.at(name).dtype == tensor.dtype);
    CHECK(read.at(name).shape == tensor.shape);
    CHECK(read.at(name).bytes == tensor.bytes);
  }
  CHECK(read_weights(folder / "net.pt").format == "pytorch");
  CHECK_THROWS_AS(write_pytorch(folder / "other.pt", {{"w", {DType::kF8E4M3, {1}, {std::byte{0}}}}}), Error);
  CHECK_FALSE(fs::exists(folder / "other.pt"));
}

TEST_CASE("any change of a checkpoint ends in tensors that fit their shapes, or in a refusal") {
  const File file;
  Tensor square;
  square.shape = {2, 2};
  square.strides = {2, 1};
  const auto whole = checkpoint(dict({{"w", Tensor().pickled()}, {"m", dict({{"v", square.pickled()}})}}));
  Random random(11);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    auto changed = whole;
    for (auto changes = 1 + random.below(3); changes > 0; --changes) {
      const auto at = static_cast<std::size_t>(random.below(changed.size()));
      if (random.below(4) == 0)
        changed.erase(at, static_cast<std::size_t>(random.below(8)));
      else
        changed[at] = static_cast<char>(random.next());
    }
    try {
      for (const auto& [name, tensor] : file.read(changed).tensors)
        REQUIRE(tensor.bytes.size() == byte_count(tensor.dtype, tensor.shape));
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::kRefused);
      ++refused;
    }
  }
  CHECK(refused > 1000);
}

}  // namespace weightloom
