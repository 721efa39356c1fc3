#include "pickle.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <map>

#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom::pickle {
namespace {
using Kind = Value::Kind;

constexpr std::size_t kMostValues = 2'000'000, kMostItems = 8'000'000, kMostStack = 1'000'000, kMostMemo = 2'000'000,
                      kLongestShown = 4096;

struct KnownGlobal {
  Global global;
  std::optional<DType> dtype = std::nullopt;
};

const std::map<std::string, KnownGlobal, std::less<>>& known_globals() {
  static const std::map<std::string, KnownGlobal, std::less<>> known = [] {
    std::map<std::string, KnownGlobal, std::less<>> out{
        {"collections OrderedDict", {Global::kOrderedDict}},
        {"torch Size", {Global::kSize}},
        {"torch device", {Global::kDevice}},
        {"torch.nn.parameter Parameter", {Global::kParameter}},
        {"torch._utils _rebuild_tensor", {Global::kRebuildTensor}},
        {"torch._utils _rebuild_tensor_v2", {Global::kRebuildTensorV2}},
        {"torch._utils _rebuild_tensor_v3", {Global::kRebuildTensorV3}},
        {"torch._utils _rebuild_parameter", {Global::kRebuildParameter}},
        {"torch._utils _rebuild_parameter_with_state", {Global::kRebuildParameter}},
        {"torch.storage UntypedStorage", {Global::kUntypedStorage}},
        {"torch UntypedStorage", {Global::kUntypedStorage}}};
    const std::pair<const char*, DType> storages[] = {
        {"Float", DType::kF32}, {"Double", DType::kF64}, {"Half", DType::kF16},        {"BFloat16", DType::kBF16},
        {"Long", DType::kI64},  {"Int", DType::kI32},    {"Short", DType::kI16},       {"Char", DType::kI8},
        {"Byte", DType::kU8},   {"Bool", DType::kBool},  {"ComplexFloat", DType::kC64}};
    for (const auto& [name, dtype] : storages)
      out.emplace("torch " + std::string(name) + "Storage", KnownGlobal{Global::kStorage, dtype});
    const std::pair<const char*, DType> dtypes[] = {{"float32", DType::kF32},
                                                    {"float", DType::kF32},
                                                    {"float64", DType::kF64},
                                                    {"double", DType::kF64},
                                                    {"float16", DType::kF16},
                                                    {"half", DType::kF16},
                                                    {"bfloat16", DType::kBF16},
                                                    {"int64", DType::kI64},
                                                    {"long", DType::kI64},
                                                    {"int32", DType::kI32},
                                                    {"int", DType::kI32},
                                                    {"int16", DType::kI16},
                                                    {"int8", DType::kI8},
                                                    {"uint8", DType::kU8},
                                                    {"uint16", DType::kU16},
                                                    {"uint32", DType::kU32},
                                                    {"uint64", DType::kU64},
                                                    {"bool", DType::kBool},
                                                    {"complex64", DType::kC64},
                                                    {"float8_e4m3fn", DType::kF8E4M3},
                                                    {"float8_e5m2", DType::kF8E5M2},
                                                    {"float8_e4m3fnuz", DType::kF8E4M3FNUZ},
                                                    {"float8_e5m2fnuz", DType::kF8E5M2FNUZ}};
    for (const auto& [name, dtype] : dtypes)
      out.emplace("torch " + std::string(name), KnownGlobal{Global::kDType, dtype});
    return out;
  }();
  return known;
}

}  // namespace

// The stack machine. Opcodes by their letters in pickletools.
class Machine {
 public:
  Machine(std::string_view bytes, const std::string& path, std::uint64_t offset, Pickle& into)
      : bytes_(bytes), path_(path), offset_(offset), into_(into) {}

  void run() {
    while (!done_) step(static_cast<unsigned char>(take(1)[0]));
    into_.size_ = at_;
  }

 private:
  [[noreturn]] void refuse(const char* id, std::string why, std::string hint = {}) const {
    throw Error(ErrorCode::kRefused, std::string("pt.") + id, "refusing to read '" + path_ + "'", std::move(why),
                hint.empty() ? "the file is damaged or no checkpoint: get it again from its source" : std::move(hint))
        .at(path_, offset_ + at_);
  }
  [[noreturn]] void damaged(const char* what) const {
    refuse("damaged", std::string("its pickle is damaged: ") + what);
  }

  std::string_view take(std::size_t count) {
    if (count > bytes_.size() - at_) damaged("it ends early");
    const auto taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view line() {
    const auto end = bytes_.find('\n', at_);
    if (end == std::string_view::npos || end - at_ > 4096) damaged("a name has no end");
    const auto text = take(end - at_);
    take(1);
    return text;
  }

  Value& make(Kind kind) {
    if (into_.values_.size() == kMostValues) refuse("limit_exceeded", "its pickle holds too many values");
    auto& value = into_.values_.emplace_back();
    value.kind = kind;
    return value;
  }
  Value& push(Value& value) {
    if (stack_.size() == kMostStack) refuse("limit_exceeded", "its pickle piles up too many values");
    stack_.push_back(&value);
    return value;
  }
  Value& pop() {
    if (stack_.empty() || (!marks_.empty() && marks_.back() == stack_.size())) damaged("a value is missing");
    auto& value = *stack_.back();
    stack_.pop_back();
    return value;
  }
  Value& top() {
    auto& value = pop();
    stack_.push_back(&value);
    return value;
  }
  std::vector<const Value*> pop_mark() {
    if (marks_.empty()) damaged("a mark is missing");
    std::vector<const Value*> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  // Items of all values together: a short pickle can copy a long list any number of times.
  void count_items(std::size_t more) {
    items_ += more;
    if (items_ > kMostItems) refuse("limit_exceeded", "its pickle holds too many values");
  }

  void push_integer(std::int64_t value) { push(make(Kind::kInteger)).integer = value; }
  void push_bytes(std::size_t length) {
    take(length);
    push(make(Kind::kOther));
  }
  void push_text(std::size_t length) { push(make(Kind::kText)).text = take(length); }
  void push_tuple(std::vector<const Value*> items) {
    count_items(items.size());
    push(make(Kind::kTuple)).items = std::move(items);
  }
  void push_tuple_of(std::size_t count) {
    std::vector<const Value*> items(count);
    for (auto item = items.rbegin(); item != items.rend(); ++item) *item = &pop();
    push_tuple(std::move(items));
  }

  void put(std::uint64_t index) {
    if (index >= kMostMemo) refuse("limit_exceeded", "its pickle remembers too many values");
    if (index >= memo_.size()) memo_.resize(index + 1);
    memo_[index] = &top();
  }
  void get(std::uint64_t index) {
    if (index >= memo_.size() || memo_[index] == nullptr) damaged("it asks for a value that it never had");
    push(*memo_[index]);
  }

  void append(std::vector<const Value*> items) {
    auto& list = top();
    if (list.kind != Kind::kList) damaged("it appends to what is no list");
    count_items(items.size());
    list.items.insert(list.items.end(), items.begin(), items.end());
  }
  void set_items(const std::vector<const Value*>& items) {
    auto& dict = top();
    if (dict.kind != Kind::kDict || items.size() % 2 != 0) damaged("it fills what is no dictionary");
    count_items(items.size());
    dict.items.insert(dict.items.end(), items.begin(), items.end());
  }

  void step(unsigned char opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        protocol_ = number<std::uint8_t>();
        if (protocol_ > 5) damaged("its protocol is not known");
        return;
      case 0x95:  // FRAME
        number<std::uint64_t>();
        return;
      case '(':
        marks_.push_back(stack_.size());
        if (marks_.size() > kMostStack) refuse("limit_exceeded", "its pickle piles up too many values");
        return;
      case '.':
        into_.root_ = &pop();
        if (!stack_.empty()) damaged("it leaves values behind");
        done_ = true;
        return;
      case 'N':
        push(make(Kind::kNone));
        return;
      case 0x88:
      case 0x89:
        push(make(Kind::kBool)).integer = opcode == 0x88;
        return;
      case 'J':
        return push_integer(number<std::int32_t>());
      case 'K':
        return push_integer(number<std::uint8_t>());
      case 'M':
        return push_integer(number<std::uint16_t>());
      case 0x8a:
        return push_long(number<std::uint8_t>());
      case 'G':
        take(8);  // learning rates and the like
        push(make(Kind::kNumber));
        return;
      case 'X':
        return push_text(number<std::uint32_t>());
      case 0x8c:
      case 'U':
        return push_text(number<std::uint8_t>());
      case 0x8d:  // BINUNICODE8
        return push_text(number<std::uint64_t>());
      case 'B':
        return push_bytes(number<std::uint32_t>());
      case 'C':
        return push_bytes(number<std::uint8_t>());
      case 0x8e:  // BINBYTES8
        return push_bytes(number<std::uint64_t>());
      case ')':
        return push_tuple({});
      case 't':
        return push_tuple(pop_mark());
      case 0x85:
      case 0x86:
      case 0x87:
        return push_tuple_of(opcode - 0x84u);
      case ']':
        push(make(Kind::kList));
        return;
      case '}':
        push(make(Kind::kDict));
        return;
      case 0x8f:
        push(make(Kind::kOther));
        return;
      case 'a':
        return append({&pop()});
      case 'e':
        return append(pop_mark());
      case 's': {
        const auto& value = pop();
        const auto& key = pop();
        return set_items({&key, &value});
      }
      case 'u':
        return set_items(pop_mark());
      case 'q':
        return put(number<std::uint8_t>());
      case 'r':
        return put(number<std::uint32_t>());
      case 0x94:
        return put(memo_.size());
      case 'h':
        return get(number<std::uint8_t>());
      case 'j':
        return get(number<std::uint32_t>());
      case 'c': {
        const std::string module(line());
        return push_global(module + " " + std::string(line()));
      }
      case 0x93: {  // STACK_GLOBAL
        const auto& name = pop();
        const auto& module = pop();
        if (!is_text(&name) || !is_text(&module)) damaged("what it names is no text");
        return push_global(module.text + " " + name.text);
      }
      case 'Q':
        return push_storage(pop());
      case 'R':
      case 0x81: {
        const auto& arguments = pop();
        const auto& called = pop();
        return call(called, arguments, opcode == 'R');
      }
      case 'b': {
        pop();  // what hangs on a dictionary or a tensor beside its content
        const auto kind = top().kind;
        if (kind != Kind::kDict && kind != Kind::kTensor) refuse("call_refused", "its pickle changes an object");
        return;
      }
      default:
        refuse("opcode_refused",
               "its pickle" + (protocol_ > 2 ? " of protocol " + std::to_string(protocol_) : std::string()) +
                   " has the instruction " + std::to_string(opcode) + ", which weights do not need",
               protocol_ > 2 ? "save the weights again with torch.save's own protocol, which is 2" : "");
    }
  }

  void push_long(std::size_t length) {
    const auto bytes = take(length);
    if (length > 8) {
      push(make(Kind::kBigInteger)).text = bytes;
      return;
    }
    std::int64_t value = 0;
    std::memcpy(&value, bytes.data(), length);
    if (length > 0 && length < 8 && (static_cast<unsigned char>(bytes[length - 1]) & 0x80u))
      value -= std::int64_t{1} << (8 * length);
    push_integer(value);
  }

  void push_global(const std::string& name) {
    const auto known = known_globals().find(name);
    if (known == known_globals().end()) {
      const bool module = name.starts_with("torch.nn.modules") || name.starts_with("__main__");
      refuse("global_refused",
             "its pickle names '" + printable(name.substr(0, kLongestShown)) + "', which weights are not made of",
             module ? "it holds a whole module: save its state with torch.save(module.state_dict(), ...) instead"
                    : "it may run code when Python loads it; save weights alone, as safetensors or a state_dict");
    }
    auto& value = push(make(Kind::kGlobal));
    value.global = known->second.global;
    value.dtype = known->second.dtype;
  }

  static bool is_text(const Value* value) { return value->kind == Kind::kText; }
  static bool is_count(const Value* value) { return value->kind == Kind::kInteger && value->integer >= 0; }

  // ('storage', type, key, location, elements[, view])
  void push_storage(const Value& id) {
    const auto& items = id.items;
    const bool known = id.kind == Kind::kTuple && (items.size() == 5 || items.size() == 6) && is_text(items[0]) &&
                       items[0]->text == "storage" && items[1]->kind == Kind::kGlobal && is_text(items[2]) &&
                       is_count(items[4]) && (items.size() == 5 || items[5]->kind == Kind::kNone);
    const bool typed = known && items[1]->global == Global::kStorage;
    if (!known || (!typed && items[1]->global != Global::kUntypedStorage)) damaged("a storage is not described as one");
    const auto& key = items[2]->text;
    const bool plain = !key.empty() && key.size() <= 64 && std::ranges::all_of(key, [](unsigned char c) {
      return std::isalnum(c) || c == '_' || c == '-';
    });
    if (!plain) damaged("the key of a storage is no plain word");
    auto& value = push(make(Kind::kStorage));
    value.view.storage = key;
    value.view.numel = items[4]->integer;
    value.view.stored = value.view.dtype = typed ? *items[1]->dtype : DType::kU8;
    value.integer = typed;
  }

  void call(const Value& called, const Value& arguments, bool reduce) {
    if (called.kind != Kind::kGlobal || arguments.kind != Kind::kTuple)
      refuse("call_refused", "its pickle calls something");
    const auto& given = arguments.items;
    switch (called.global) {
      case Global::kOrderedDict: {
        auto& dict = push(make(Kind::kDict));
        if (given.empty()) return;
        if (given.size() != 1 || given[0]->kind != Kind::kList) damaged("a dictionary is made of something else");
        for (const auto* pair : given[0]->items) {
          if ((pair->kind != Kind::kList && pair->kind != Kind::kTuple) || pair->items.size() != 2)
            damaged("a dictionary is made of something else");
          count_items(2);
          dict.items.insert(dict.items.end(), pair->items.begin(), pair->items.end());
        }
        return;
      }
      case Global::kSize:
        if (given.size() != 1 || given[0]->kind != Kind::kTuple) damaged("a size is none");
        push_tuple(given[0]->items);
        return;
      case Global::kDevice:
        push(make(Kind::kOther));
        return;
      case Global::kRebuildTensor:
        return push_tensor(given, 4, false);
      case Global::kRebuildTensorV2:
        return push_tensor(given, 6, false);
      case Global::kRebuildTensorV3:
        return push_tensor(given, 7, true);
      case Global::kParameter:
      case Global::kRebuildParameter:
        if (given.empty() || given[0]->kind != Kind::kTensor) damaged("a parameter is no tensor");
        push(make(Kind::kTensor)).view = given[0]->view;
        return;
      default:
        refuse("call_refused", reduce ? "its pickle calls something" : "its pickle makes an object");
    }
  }

  Shape counts(const Value* tuple) const {
    Shape out;
    if (tuple->kind != Kind::kTuple || tuple->items.size() > 32) damaged("a shape is none");
    for (const auto* item : tuple->items) {
      if (!is_count(item)) damaged("a shape has a dimension that is no count");
      out.push_back(item->integer);
    }
    return out;
  }

  // What PyTorch says of a tensor beside its values: that they are to be negated or conjugated when they are read.
  void expect_values_as_stored(const Value& metadata) const {
    if (metadata.kind != Kind::kDict) return;
    for (std::size_t i = 0; i + 1 < metadata.items.size(); i += 2) {
      const auto& value = *metadata.items[i + 1];
      if (value.kind == Kind::kBool && value.integer == 0) continue;
      refuse("unresolved_view",
             "a tensor is a view that negates or conjugates its values; save its contiguous copy "
             "(`tensor.resolve_conj().resolve_neg()`)");
    }
  }

  // (storage, offset, size, stride[, requires_grad, hooks[, dtype]][, metadata])
  void push_tensor(const std::vector<const Value*>& given, std::size_t least, bool has_dtype) {
    if (given.size() < least || given.size() > least + 1 || given[0]->kind != Kind::kStorage || !is_count(given[1]))
      damaged("a tensor is not made of a storage");
    if (least > 4 && (given[5]->kind != Kind::kDict || !given[5]->items.empty()))
      refuse("call_refused", "a tensor has hooks, which are code");
    if (given.size() > least) expect_values_as_stored(*given[least]);
    View view = given[0]->view;
    view.offset = given[1]->integer;
    view.shape = counts(given[2]);
    view.strides = counts(given[3]);
    if (view.shape.size() != view.strides.size()) damaged("a tensor's shape and strides differ in rank");
    if (has_dtype) {
      if (given[6]->kind != Kind::kGlobal || given[6]->global != Global::kDType) damaged("a tensor's type is none");
      view.dtype = *given[6]->dtype;
    } else if (given[0]->integer == 0) {
      damaged("a tensor of an untyped storage has no type");
    }
    push(make(Kind::kTensor)).view = std::move(view);
  }

  std::string_view bytes_;
  const std::string& path_;
  std::uint64_t offset_;
  Pickle& into_;
  std::size_t at_ = 0, items_ = 0;
  int protocol_ = 0;
  bool done_ = false;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::vector<Value*> memo_;
};

Pickle::Pickle(std::string_view bytes, const std::string& path, std::uint64_t offset) {
  Machine(bytes, path, offset, *this).run();
}

}  // namespace weightloom::pickle
