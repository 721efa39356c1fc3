#include <algorithm>
#include <cctype>
#include <chrono>
#include <map>
#include <utility>

#include "query_syntax.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/zoo/statistics.hpp"

namespace weightloom {
namespace {
using Node = QueryNode;
using NodePtr = std::shared_ptr<const QueryNode>;

constexpr std::size_t kMaxLength = 10'000;
// Bytes of a query that an error shows around its place.
constexpr std::size_t kShownBefore = 80, kShownAfter = 80;
constexpr std::size_t kMaxPattern = 200;
constexpr int kMaxDepth = 64;

struct Token {
  enum class Kind { kEnd, kWord, kQuoted, kPattern, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;
  std::size_t position = 0;
};

// What people write who know other languages, and what it is here.
struct Slip {
  std::string_view written, hint;
};
constexpr Slip kSlips[] = {{"&&", "'and' joins terms: dataset=mnist and test_accuracy>0.9"},
                           {"&", "'and' joins terms: dataset=mnist and test_accuracy>0.9"},
                           {"||", "'or' joins terms: dataset=mnist or dataset=usps"},
                           {"|", "'or' joins terms: dataset=mnist or dataset=usps"},
                           {"!", "'not' goes before a term: not tag:broken"},
                           {"<>", "what is unlike is written !="},
                           {"=>", "at least is written >="},
                           {"=<", "at most is written <="},
                           {"=~", "a regular expression goes between slashes behind ~: name~/e[12]0$/"},
                           {"!~", "a term is turned round by 'not': not name~/e[12]0$/"},
                           {"like", "globs follow a colon: name:*cnn*"},
                           {"ilike", "globs follow a colon: name:*cnn*"},
                           {"contains", "globs follow a colon: name:*cnn*"},
                           {"matches", "a regular expression goes between slashes behind ~: name~/e[12]0$/"},
                           {"regexp", "a regular expression goes between slashes behind ~: name~/e[12]0$/"},
                           {"between", "give both ends: test_accuracy>=0.9 and test_accuracy<=0.95"},
                           {"is", "whether there is a value is asked by has(): not has(family)"},
                           {"null", "whether there is a value is asked by has(): not has(family)"},
                           {"exists", "whether there is a value is asked by has(): has(family)"},
                           {"where", "a query is the condition alone: dataset=mnist"},
                           {"select", "a query is the condition alone: dataset=mnist"},
                           {"order", "the order is an option of its own: --sort test_accuracy:desc"},
                           {"sort", "the order is an option of its own: --sort test_accuracy:desc"},
                           {"limit", "the number is an option of its own: --limit 20"}};

bool same_word(std::string_view word, std::string_view keyword) {
  return std::ranges::equal(word, keyword, [](unsigned char a, char b) { return std::tolower(a) == b; });
}

std::string slip_hint(std::string_view word) {
  for (const auto& [written, hint] : kSlips)
    if (same_word(word, written)) return std::string(hint);
  for (const char* joint : {"&&", "||"})
    if (word.find(joint) != std::string_view::npos) return slip_hint(joint);
  return {};
}

// Does it begin with a quotation mark that word processors put in place of plain ones?
bool begins_with_smart_quote(std::string_view text) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"\u2018", "\u2019", "\u201a", "\u201c", "\u201d",
                                                                     "\u201e", "\u00ab", "\u00bb", "`"},
                             [&](auto quote) { return text.starts_with(quote); });
}

constexpr const char* kQuotesHint = "texts stand in plain quotes, \" or '";

class Lexer {
 public:
  explicit Lexer(const std::string& line) : line_(line) {}

  std::vector<Token> tokens() {
    std::vector<Token> out;
    do out.push_back(next(!out.empty() && out.back().kind == Token::Kind::kSymbol && out.back().text == "~"));
    while (out.back().kind != Token::Kind::kEnd);
    return out;
  }

 private:
  Token next(bool pattern_expected) {
    at_ = line_.find_first_not_of(" \t\n", at_);
    if (at_ == std::string::npos) return {Token::Kind::kEnd, "", line_.size()};
    const auto position = at_;
    const char c = line_[at_];
    if (c == '"' || c == '\'') return {Token::Kind::kQuoted, delimited(c), position};
    if (c == '/' && pattern_expected) return {Token::Kind::kPattern, delimited(c), position};
    if (begins_with_smart_quote(std::string_view(line_).substr(at_)))
      throw query_error("syntax", line_, position, "this is no plain quote", kQuotesHint);
    for (const char* slip : {"<>", "=>", "=<", "=~", "!~"})
      if (line_.compare(at_, 2, slip) == 0)
        throw query_error("syntax", line_, position, std::string("there is no comparison '") + slip + "'",
                          slip_hint(slip));
    for (const char* symbol : {"!=", "<=", ">=", "==", "=", "<", ">", ":", "~", "(", ")", ","})
      if (line_.compare(at_, std::char_traits<char>::length(symbol), symbol) == 0) {
        at_ += std::char_traits<char>::length(symbol);
        return {Token::Kind::kSymbol, std::string_view(symbol) == "==" ? "=" : symbol, position};
      }
    return {Token::Kind::kWord, word(), position};
  }

  // Brackets belong to the word with all that they hold: `e[12]0`, `mnist[3,1]@5000`.
  std::string word() {
    const auto start = at_;
    std::size_t outermost = 0;
    int brackets = 0;
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == '[' && brackets++ == 0) outermost = at_;
      if (c == ']' && brackets > 0) --brackets;
      if (brackets == 0 && std::string_view(" \t\n()=<>:~,\"'").find(c) != std::string_view::npos) break;
      if (brackets == 0 && c == '!' && at_ + 1 < line_.size() && line_[at_ + 1] == '=') break;
    }
    if (brackets > 0)
      throw query_error("unterminated", line_, outermost, "no closing ]",
                        "a text with a single bracket stands in quotes: name=\"a[1\"");
    return line_.substr(start, at_ - start);
  }

  std::string delimited(char quote) {
    const auto start = at_++;
    std::string text;
    for (; at_ < line_.size() && line_[at_] != quote; ++at_) {
      if (line_[at_] == '\\' && at_ + 1 < line_.size() &&
          (line_[at_ + 1] == quote || (quote != '/' && line_[at_ + 1] == '\\')))
        ++at_;
      text += line_[at_];
    }
    if (at_ == line_.size())
      throw query_error("unterminated", line_, start, std::string("no closing ") + quote,
                        quote == '/' ? "a slash within a regular expression is written \\/"
                                     : "a text with one kind of quotes stands in those of the other kind");
    ++at_;
    return text;
  }

  const std::string& line_;
  std::size_t at_ = 0;
};

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Node::Op mirrored(Node::Op op) {
  switch (op) {
    case Node::Op::kLess:
      return Node::Op::kGreater;
    case Node::Op::kLessEqual:
      return Node::Op::kGreaterEqual;
    case Node::Op::kGreater:
      return Node::Op::kLess;
    case Node::Op::kGreaterEqual:
      return Node::Op::kLessEqual;
    default:
      return op;
  }
}

class Parser {
 public:
  explicit Parser(const std::string& line) : line_(line), tokens_(Lexer(line).tokens()) {}

  NodePtr parse() {
    auto node = either(0);
    if (is(Token::Kind::kSymbol, ")"))
      throw query_error("syntax", line_, peek().position, "this bracket closes nothing",
                        "take it away, or open it before");
    if (peek().kind != Token::Kind::kEnd) fail("expected 'and', 'or' or the end", join_hint());
    return node;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  const Token& take() { return tokens_[peek().kind == Token::Kind::kEnd ? at_ : at_++]; }
  // Keywords in capitals mean the same.
  bool is(Token::Kind kind, std::string_view text) const { return peek().kind == kind && same_word(peek().text, text); }
  bool accept(Token::Kind kind, std::string_view text) {
    if (!is(kind, text)) return false;
    ++at_;
    return true;
  }
  static bool is_keyword(const Token& token) {
    return token.kind == Token::Kind::kWord &&
           (same_word(token.text, "and") || same_word(token.text, "or") || same_word(token.text, "in"));
  }
  void expect(std::string_view symbol, const std::string& hint) {
    if (!accept(Token::Kind::kSymbol, symbol)) fail("expected '" + std::string(symbol) + "'", hint);
  }
  void expect_closing(std::size_t opened, const std::string& hint) {
    if (peek().kind == Token::Kind::kEnd)
      throw query_error("syntax", line_, opened, "this bracket is not closed", "close it with ')'");
    expect(")", hint);
  }
  // Where a term has ended and something follows.
  std::string join_hint() const {
    const bool value_before = at_ > 0 && tokens_[at_ - 1].kind == Token::Kind::kWord;
    return std::string("terms are joined by 'and' or 'or'") +
           (value_before ? "; a text with spaces stands in quotes: name=\"a b\"" : "");
  }
  // `hint` is for those who made none of the known slips.
  [[noreturn]] void fail(const std::string& why, const std::string& hint) const {
    const auto found = peek().kind == Token::Kind::kEnd ? std::string("the end") : "'" + peek().text + "'";
    const auto slip = peek().kind == Token::Kind::kWord ? slip_hint(peek().text) : std::string();
    throw query_error("syntax", line_, peek().position, why + ", found " + found, slip.empty() ? hint : slip);
  }

  NodePtr join(Node::Kind kind, const char* word, int depth, NodePtr (Parser::*operand)(int)) {
    if (depth > kMaxDepth) throw query_error("too_deep", line_, peek().position, "the query nests too deeply");
    std::vector<NodePtr> children{(this->*operand)(depth)};
    while (accept(Token::Kind::kWord, word)) children.push_back((this->*operand)(depth));
    if (children.size() == 1) return children.front();
    // The order does not change what holds: what is quickly told goes first.
    std::ranges::stable_sort(children, {}, [](const NodePtr& child) { return cost(*child); });
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->children = std::move(children);
    return node;
  }
  static int cost(const Node& node) {
    const auto field = node.field.kind;
    int most = node.op == Node::Op::kRegex ? 1 : 0;
    if (field == QueryField::Kind::kNotes || field == QueryField::Kind::kTensor) most = 2;
    if (node.kind == Node::Kind::kLayer) most = 3;  // reads weights whose statistics are not kept
    for (const auto& child : node.children) most = std::max(most, cost(*child));
    return most;
  }
  NodePtr either(int depth) { return join(Node::Kind::kOr, "or", depth, &Parser::both); }
  NodePtr both(int depth) { return join(Node::Kind::kAnd, "and", depth, &Parser::negated); }

  NodePtr negated(int depth) {
    if (!accept(Token::Kind::kWord, "not")) return atom(depth);
    if (depth > kMaxDepth) throw query_error("too_deep", line_, peek().position, "the query nests too deeply");
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kNot;
    node->children.push_back(negated(depth + 1));
    return node;
  }

  NodePtr atom(int depth) {
    const auto opened = peek().position;
    if (accept(Token::Kind::kSymbol, "(")) {
      auto node = either(depth + 1);
      expect_closing(opened, join_hint());
      return node;
    }
    if ((peek().kind != Token::Kind::kWord && peek().kind != Token::Kind::kQuoted) || is_keyword(peek()))
      fail("expected a field", "a term is a field, a comparison and a value: test_accuracy>=0.9");
    const Token name = take();
    if (name.kind == Token::Kind::kQuoted) return comparison(name);
    if (is(Token::Kind::kSymbol, "(")) return call(name);
    if (name.text == "tag") return tag(name);
    return comparison(name);
  }

  NodePtr call(const Token& name) {
    static const std::pair<const char*, Node::Kind> kFunctions[] = {{"has", Node::Kind::kHas},
                                                                    {"ancestor", Node::Kind::kAncestor},
                                                                    {"descendant", Node::Kind::kDescendant},
                                                                    {"generated_by", Node::Kind::kGeneratedBy}};
    if (name.text == "layer") return layer(name);
    std::vector<std::string> known{"layer"};
    for (const auto& [text, kind] : kFunctions) {
      known.emplace_back(text);
      if (name.text != text) continue;
      const auto opened = peek().position;
      expect("(", kTermHint);
      auto node = std::make_shared<Node>();
      node->kind = kind;
      node->position = name.position;
      const Token argument = value_token();
      node->argument = argument.text;
      if (kind == Node::Kind::kGeneratedBy && !is_hex(argument.text))
        throw query_error("type", line_, argument.position, "generated_by() takes the first digits of a generator's id",
                          "`weightloom generator info` shows it");
      if (kind == Node::Kind::kHas) {
        expect_one_field(argument);
        node->field = argument.kind == Token::Kind::kQuoted ? metric_field(argument.text, argument.position)
                                                            : query_field(argument.text, argument.position);
      }
      expect_closing(opened, "one argument is taken: has(family)");
      return node;
    }
    throw query_error("unknown_function", line_, name.position,
                      "unknown function '" + name.text + "'" + suggestion(name.text, known));
  }

  // Words for what is no single field: true of no network, and `not has(tags)` of all.
  void expect_one_field(const Token& argument) {
    static const std::map<std::string_view, const char*> hints{{"tag", "tag:*"},
                                                               {"tags", "tag:*"},
                                                               {"metric", "has(test_accuracy)"},
                                                               {"child", nullptr},
                                                               {"children", nullptr},
                                                               {"metrics", "has(test_accuracy)"},
                                                               {"parent", nullptr},
                                                               {"parents", nullptr},
                                                               {"hyper", "has(hyper.lr)"},
                                                               {"config", "has(config.depth)"},
                                                               {"hyperparameters", "has(hyper.lr)"},
                                                               {"layer", "has(tensor)"},
                                                               {"layers", "has(tensor)"},
                                                               {"tensors", "has(tensor)"},
                                                               {"aliases", "has(alias)"}};
    const auto found = argument.kind == Token::Kind::kQuoted ? hints.end() : hints.find(argument.text);
    if (found != hints.end())
      throw query_error("unknown_field", line_, argument.position, "'" + argument.text + "' is no single field",
                        found->second ? std::string("ask for one: ") + found->second
                                      : "lineage is asked by ancestor(NAME) and descendant(NAME)");
  }

  // layer("fc*").std < 0.1
  NodePtr layer(const Token& name) {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kLayer;
    node->position = name.position;
    const auto opened = peek().position;
    expect("(", kLayerHint);
    node->argument = value_token().text;
    expect_closing(opened, kLayerHint);
    auto known = statistic_names();
    known.emplace_back("dtype");
    const Token figure = take();
    if (figure.kind != Token::Kind::kWord || !figure.text.starts_with('.'))
      throw query_error("syntax", line_, figure.position,
                        "expected what of the layer is compared: .std, .nan, .dtype, ...", kLayerHint);
    const auto text = figure.text.substr(1);
    if (std::ranges::find(known, text) == known.end())
      throw query_error("unknown_field", line_, figure.position,
                        "a layer has no '" + text + "'" + suggestion(text, known));
    const auto kind = text == "dtype" ? QueryField::Kind::kText : QueryField::Kind::kStatistic;
    node->field = {kind, RowText::kName, text, figure.position};
    read_comparison(*node, name);
    if (text == "dtype" && node->op != Node::Op::kGlob && node->op != Node::Op::kRegex)
      for (const auto& value : node->values) expect_dtype(value.text);
    return node;
  }

  void expect_dtype(const std::string& name) const {
    try {
      parse_dtype(name);
    } catch (const Error&) {
      throw query_error("type", line_, value_position_, "there is no type '" + name + "'",
                        "types are called F32, BF16, I64, BOOL, ...");
    }
  }

  NodePtr tag(const Token& name) {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kTag;
    node->position = name.position;
    if (!accept(Token::Kind::kSymbol, ":")) expect("=", "tags are asked by a glob: tag:good*");
    node->argument = value_token().text;
    return node;
  }

  NodePtr comparison(const Token& name) {
    auto node = std::make_shared<Node>();
    node->position = name.position;
    node->field = name.kind == Token::Kind::kQuoted ? metric_field(name.text, name.position)
                                                    : query_field(name.text, name.position);
    read_comparison(*node, name);
    return node;
  }

  // The operator and the values.
  void read_comparison(Node& node, const Token& name) {
    const auto operator_position = peek().position;
    node.op = comparison_operator(name);
    if (node.op == Node::Op::kIn) {
      const auto opened = peek().position;
      expect("(", kListHint);
      do node.values.push_back(value(node));
      while (accept(Token::Kind::kSymbol, ","));
      expect_closing(opened, kListHint);
    } else {
      node.values.push_back(value(node));
    }
    check_types(node, operator_position);
    if (node.op == Node::Op::kRegex) node.pattern = compile(node.values[0].text);
  }

  Node::Op comparison_operator(const Token& field) {
    static const std::pair<const char*, Node::Op> kOperators[] = {
        {"=", Node::Op::kEqual},      {"!=", Node::Op::kNotEqual}, {"<", Node::Op::kLess},
        {"<=", Node::Op::kLessEqual}, {">", Node::Op::kGreater},   {">=", Node::Op::kGreaterEqual},
        {":", Node::Op::kGlob},       {"~", Node::Op::kRegex}};
    if (accept(Token::Kind::kWord, "in")) return Node::Op::kIn;
    for (const auto& [symbol, op] : kOperators)
      if (accept(Token::Kind::kSymbol, symbol)) return op;
    const auto slip = slip_hint(field.text);
    fail("expected a comparison such as = < >= : ~ in", slip.empty() ? kTermHint : slip);
  }

  const Token& value_token() {
    if (peek().kind == Token::Kind::kEnd || peek().kind == Token::Kind::kSymbol)
      fail("expected a value", "a text with such characters stands in quotes: name=\"a=b\"");
    return take();
  }

  Node::Value value(Node& node) {
    value_position_ = peek().position;
    const Token& token = value_token();
    Node::Value out{token.text, std::nullopt};
    if (node.field.kind != QueryField::Kind::kCreated) {
      if (token.kind == Token::Kind::kWord) out.number = parse_number(token.text);
    } else if (const auto age = parse_duration(token.text); age && *age > 0) {
      out.number = static_cast<double>(now_seconds()) - *age;
      node.op = mirrored(node.op);  // younger than means created after
    } else if (const auto time = parse_time(token.text)) {
      out.number = static_cast<double>(*time);
    }
    return out;
  }

  void check_types(const Node& node, std::size_t operator_position) const {
    const auto& field = node.field;
    const bool pattern = node.op == Node::Op::kGlob || node.op == Node::Op::kRegex;
    const bool ordered =
        !pattern && node.op != Node::Op::kIn && node.op != Node::Op::kEqual && node.op != Node::Op::kNotEqual;
    const bool numbers =
        std::all_of(node.values.begin(), node.values.end(), [](const auto& v) { return v.number.has_value(); });
    if (field.kind == QueryField::Kind::kSetting) {
      if (ordered && !numbers)
        throw query_error("type", line_, value_position_, "'" + field.name + "' is compared with a number here");
      return;
    }
    if (field.kind == QueryField::Kind::kCreated && !ordered && !pattern)
      throw query_error("type", line_, operator_position, "'created' is a moment: nothing is equal to a day",
                        "give both ends: created>=2026-05-01 and created<2026-05-02");
    if (field.kind == QueryField::Kind::kText && field.text == RowText::kSplit && !pattern)
      for (const auto& value : node.values)
        if (value.text != "train" && value.text != "held-out")
          throw query_error("type", line_, value_position_, "a split is train or held-out",
                            "whether there is one is asked by has(): not has(split)");
    if (is_text(field.kind)) {
      if (ordered)
        throw query_error("type", line_, operator_position, "'" + field.name + "' is text: use = != : ~ or in");
      return;
    }
    for (const auto& value : node.values)
      if (numbers && field.kind == QueryField::Kind::kParameters && value.text.ends_with('B'))
        throw query_error("type", line_, value_position_, "'" + value.text + "' is a number of bytes",
                          "a billion weights are 1e9; bytes are asked of 'size'");
    if (numbers && !pattern) return;
    if (field.kind == QueryField::Kind::kMetric && line_[field.position] != '"')
      if (const auto near = suggestion(field.name, fixed_field_names()); !near.empty())
        throw query_error(
            "unknown_field", line_, field.position,
            "'" + field.name + "' is none of the fixed fields, and a metric is compared with numbers" + near,
            "where it is a metric: metrics are numbers, as in \"" + field.name + "\" > 0.5");
    if (pattern)
      throw query_error("type", line_, operator_position, "'" + field.name + "' is a number: use = != < <= > >= or in");
    throw query_error("type", line_, value_position_,
                      field.kind == QueryField::Kind::kCreated
                          ? "'created' needs an age (7d, 12h) or a date (2026-05-01)"
                          : "'" + field.name + "' needs a number, such as 10k, 1.5GiB or 90%",
                      slip_hint(node.values.front().text));
  }

  static bool is_text(QueryField::Kind kind) {
    using Kind = QueryField::Kind;
    return kind == Kind::kText || kind == Kind::kId || kind == Kind::kAlias || kind == Kind::kNotes ||
           kind == Kind::kTensor;
  }

  TextPattern compile(const std::string& text) const {
    if (text.size() > kMaxPattern)
      throw query_error("pattern", line_, value_position_, "the regular expression is too long");
    if (has_endless_number(text))
      throw query_error("pattern", line_, value_position_, "a number in the regular expression is too large");
    try {
      return TextPattern(text);
    } catch (const std::regex_error& error) {
      throw query_error("pattern", line_, value_position_, std::string("bad regular expression: ") + error.what());
    }
  }

  // The library computes what stands in braces or behind a backslash without looking whether it fits.
  static bool has_endless_number(std::string_view pattern) {
    constexpr std::size_t kMostDigits = 9;
    std::size_t digits = 0;
    bool counts = false;
    for (const char c : pattern) {
      const bool digit = c >= '0' && c <= '9';
      digits = digit ? digits + 1 : 0;
      if (c == '{' || c == '\\') counts = true;
      if (!digit && c != '{' && c != ',' && c != '\\') counts = false;
      if (counts && digits > kMostDigits) return true;
    }
    return false;
  }

  static std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
    const auto near = nearest_name(word, known);
    return near.empty() ? "" : "; did you mean '" + near + "'?";
  }

  static constexpr const char* kTermHint = "a term is a field, a comparison and a value: test_accuracy>=0.9";
  static constexpr const char* kLayerHint = "for example: layer(\"fc*\").std < 0.1";
  static constexpr const char* kListHint = "a list stands in brackets: dataset in (mnist, usps)";

  const std::string& line_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t value_position_ = 0;
};

struct FixedField {
  const char* name;
  QueryField::Kind kind;
  RowText text = RowText::kName;
};
constexpr FixedField kFixedFields[] = {{"id", QueryField::Kind::kId},
                                       {"name", QueryField::Kind::kText, RowText::kName},
                                       {"alias", QueryField::Kind::kAlias},
                                       {"arch", QueryField::Kind::kText, RowText::kArchitecture},
                                       {"architecture", QueryField::Kind::kText, RowText::kArchitecture},
                                       {"dataset", QueryField::Kind::kText, RowText::kDataset},
                                       {"family", QueryField::Kind::kText, RowText::kFamily},
                                       {"split", QueryField::Kind::kText, RowText::kSplit},
                                       {"source", QueryField::Kind::kText, RowText::kSource},
                                       {"weights_hash", QueryField::Kind::kText, RowText::kWeightsHash},
                                       {"weights", QueryField::Kind::kParameters},
                                       {"params", QueryField::Kind::kParameters},
                                       {"parameters", QueryField::Kind::kParameters},
                                       {"bytes", QueryField::Kind::kBytes},
                                       {"size", QueryField::Kind::kBytes},
                                       {"created", QueryField::Kind::kCreated},
                                       {"notes", QueryField::Kind::kNotes},
                                       {"tensor", QueryField::Kind::kTensor}};

// Parts between commas that stand in no quotes, each with its position.
std::vector<std::pair<std::string, std::size_t>> split_list(const std::string& text) {
  std::vector<std::pair<std::string, std::size_t>> parts{{"", 0}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    quoted ^= text[i] == '"';
    if (text[i] == ',' && !quoted)
      parts.emplace_back("", i + 1);
    else
      parts.back().first += text[i];
  }
  return parts;
}

SortOrder parse_order(const std::string& key, std::size_t position, const std::string& sort) {
  const auto fail = [&](const std::string& why, const std::string& hint) {
    return Error(ErrorCode::kUsage, "query.sort", "cannot sort by '" + sort + "'", why, hint);
  };
  const auto quote = key.rfind('"'), colon = key.rfind(':');
  const bool directed = colon != std::string::npos && (quote == std::string::npos || colon > quote);
  const auto direction = directed ? key.substr(colon + 1) : "asc";
  if (direction != "asc" && direction != "desc")
    throw fail("the direction is asc or desc", "for example: --sort test_accuracy:desc");
  const auto name = key.substr(0, directed ? colon : key.size());
  if (name.empty()) throw fail("a key is empty", "for example: --sort test_accuracy:desc,name");
  const auto field = named_field(name, position);
  if (field.kind == QueryField::Kind::kAlias || field.kind == QueryField::Kind::kTensor)
    throw fail("a network may have several of '" + name + "'", "sort by name");
  if (field.kind == QueryField::Kind::kNotes) throw fail("notes are free text", "sort by name");
  return {field, direction == "desc"};
}

// A key that came before has decided already.
void add_order(std::vector<SortOrder>& orders, SortOrder order, const std::string& sort) {
  const auto same = [&](const SortOrder& earlier) {
    const auto &a = earlier.field, &b = order.field;
    return a.kind == b.kind && a.text == b.text && (a.name == b.name || !is_open(a));
  };
  if (std::ranges::any_of(orders, same))
    throw Error(ErrorCode::kUsage, "query.sort", "cannot sort by '" + sort + "'",
                "'" + order.field.name + "' stands there twice", "name each key once");
  orders.push_back(std::move(order));
}

}  // namespace

const std::vector<std::string>& fixed_field_names() {
  static const auto names = [] {
    std::vector<std::string> out;
    for (const auto& field : kFixedFields) out.emplace_back(field.name);
    return out;
  }();
  return names;
}

QueryField query_field(const std::string& name, std::size_t position) {
  for (const auto& field : kFixedFields)
    if (name == field.name) return {field.kind, field.text, name, position};
  const bool setting = name.starts_with("config.") || name.starts_with("hyper.");
  return {setting ? QueryField::Kind::kSetting : QueryField::Kind::kMetric, RowText::kName, name, position};
}

QueryField metric_field(const std::string& name, std::size_t position) {
  return {QueryField::Kind::kMetric, RowText::kName, name, position};
}

QueryField named_field(const std::string& text, std::size_t position) {
  if (text.size() > 2 && text.front() == '"' && text.back() == '"')
    return metric_field(text.substr(1, text.size() - 2), position);
  return query_field(text, position);
}

bool is_open(const QueryField& field) {
  return field.kind == QueryField::Kind::kMetric || field.kind == QueryField::Kind::kSetting;
}

std::vector<SortOrder> parse_sort(const std::string& sort) {
  std::vector<SortOrder> orders;
  for (const auto& [key, position] : split_list(sort.empty() ? "name" : sort))
    add_order(orders, parse_order(key, position, sort), sort);
  return orders;
}

Error query_error(const char* id, const std::string& query, std::size_t position, const std::string& why,
                  const std::string& hint) {
  const std::string_view line = query;
  // Of a long query, what is around the place.
  auto from = position > kShownBefore ? position - kShownBefore : 0, to = std::min(line.size(), position + kShownAfter);
  const auto inside = [&](std::size_t at) { return at < line.size() && (line[at] & 0xC0) == 0x80; };
  while (from > 0 && inside(from)) --from;
  while (inside(to)) ++to;
  const std::string before = (from > 0 ? "..." : "") + printable(line.substr(from, position - from)),
                    after = printable(line.substr(position, to - position)) + (to < line.size() ? "..." : "");
  return Error(ErrorCode::kUsage, std::string("query.") + id, "cannot use the query",
               why + "\n  " + before + after + "\n  " + std::string(display_width(before), ' ') + "^",
               hint.empty() ? "the query language is described by: weightloom zoo query --help" : hint);
}

Query parse_query(std::string_view where, std::string sort, std::size_t limit) {
  Query query{nullptr, std::string(where), std::move(sort), limit};
  if (where.size() > kMaxLength)
    throw Error(ErrorCode::kUsage, "query.too_long", "cannot use the query", "it has more than 10,000 bytes",
                "many names are passed on standard input, or asked for by a glob: name:mnist/*");
  if (where.find_first_not_of(" \t\n") != std::string_view::npos) query.where = Parser(query.text).parse();
  return query;
}

}  // namespace weightloom
