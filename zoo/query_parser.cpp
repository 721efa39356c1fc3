#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

#include "query_syntax.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/zoo/statistics.hpp"

namespace weightloom {
namespace {
using Node = QueryNode;
using NodePtr = std::shared_ptr<const QueryNode>;

constexpr std::size_t kMaxLength = 10'000;
constexpr std::size_t kMaxPattern = 200;
constexpr int kMaxDepth = 64;

struct Token {
  enum class Kind { kEnd, kWord, kQuoted, kPattern, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;
  std::size_t position = 0;
};

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
    for (const char* symbol : {"!=", "<=", ">=", "==", "=", "<", ">", ":", "~", "(", ")", ","})
      if (line_.compare(at_, std::char_traits<char>::length(symbol), symbol) == 0) {
        at_ += std::char_traits<char>::length(symbol);
        return {Token::Kind::kSymbol, std::string_view(symbol) == "==" ? "=" : symbol, position};
      }
    return {Token::Kind::kWord, keyword_or(word()), position};
  }

  // Keywords in capitals mean the same.
  static std::string keyword_or(std::string word) {
    for (const char* keyword : {"and", "or", "not", "in"})
      if (std::ranges::equal(word, std::string_view(keyword),
                             [](unsigned char a, char b) { return std::tolower(a) == b; }))
        return keyword;
    return word;
  }

  // Brackets belong to the word with all that they hold: `e[12]0`, `mnist[3,1]@5000`.
  std::string word() {
    const auto start = at_;
    for (int brackets = 0; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == '[') ++brackets;
      if (c == ']' && brackets > 0) --brackets;
      if (brackets == 0 && std::string_view(" \t\n()=<>:~,\"'").find(c) != std::string_view::npos) break;
      if (brackets == 0 && c == '!' && at_ + 1 < line_.size() && line_[at_ + 1] == '=') break;
    }
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
    if (at_ == line_.size()) throw query_error("unterminated", line_, start, std::string("no closing ") + quote);
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
    if (peek().kind != Token::Kind::kEnd)
      throw query_error("syntax", line_, peek().position,
                        "expected 'and', 'or' or the end, found '" + peek().text + "'");
    return node;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  const Token& take() { return tokens_[peek().kind == Token::Kind::kEnd ? at_ : at_++]; }
  bool is(Token::Kind kind, std::string_view text) const { return peek().kind == kind && peek().text == text; }
  bool accept(Token::Kind kind, std::string_view text) {
    if (!is(kind, text)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view symbol) {
    if (!accept(Token::Kind::kSymbol, symbol)) fail("expected '" + std::string(symbol) + "'");
  }
  [[noreturn]] void fail(const std::string& why) const {
    const auto found = peek().kind == Token::Kind::kEnd ? std::string("the end") : "'" + peek().text + "'";
    throw query_error("syntax", line_, peek().position, why + ", found " + found);
  }

  NodePtr join(Node::Kind kind, const char* word, int depth, NodePtr (Parser::*operand)(int)) {
    if (depth > kMaxDepth) throw query_error("too_deep", line_, peek().position, "the query nests too deeply");
    std::vector<NodePtr> children{(this->*operand)(depth)};
    while (accept(Token::Kind::kWord, word)) children.push_back((this->*operand)(depth));
    if (children.size() == 1) return children.front();
    auto node = std::make_shared<Node>();
    node->kind = kind;
    // The order says nothing, and what rows tell may spare the reading of weights.
    std::ranges::stable_partition(children, [](const NodePtr& child) { return !child->reads_weights; });
    node->reads_weights = children.back()->reads_weights;
    node->children = std::move(children);
    return node;
  }
  NodePtr either(int depth) { return join(Node::Kind::kOr, "or", depth, &Parser::both); }
  NodePtr both(int depth) { return join(Node::Kind::kAnd, "and", depth, &Parser::negated); }

  NodePtr negated(int depth) {
    if (!accept(Token::Kind::kWord, "not")) return atom(depth);
    if (depth > kMaxDepth) throw query_error("too_deep", line_, peek().position, "the query nests too deeply");
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kNot;
    node->children.push_back(negated(depth + 1));
    node->reads_weights = node->children.front()->reads_weights;
    return node;
  }

  NodePtr atom(int depth) {
    if (accept(Token::Kind::kSymbol, "(")) {
      auto node = either(depth + 1);
      expect(")");
      return node;
    }
    if (peek().kind != Token::Kind::kWord && peek().kind != Token::Kind::kQuoted) fail("expected a field");
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
      expect("(");
      auto node = std::make_shared<Node>();
      node->kind = kind;
      node->position = name.position;
      const Token argument = value_token();
      node->argument = argument.text;
      if (kind == Node::Kind::kHas) node->field = query_field(argument.text, argument.position);
      expect(")");
      return node;
    }
    throw query_error("unknown_function", line_, name.position,
                      "unknown function '" + name.text + "'" + suggestion(name.text, known));
  }

  // layer("fc*").std < 0.1
  NodePtr layer(const Token& name) {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kLayer;
    node->position = name.position;
    node->reads_weights = true;
    expect("(");
    node->argument = value_token().text;
    expect(")");
    auto known = statistic_names();
    known.emplace_back("dtype");
    const Token figure = take();
    if (figure.kind != Token::Kind::kWord || !figure.text.starts_with('.'))
      throw query_error("syntax", line_, figure.position,
                        "expected what of the layer is compared: .std, .nan, .dtype, ...");
    const auto text = figure.text.substr(1);
    if (std::ranges::find(known, text) == known.end())
      throw query_error("unknown_field", line_, figure.position,
                        "a layer has no '" + text + "'" + suggestion(text, known));
    const auto kind = text == "dtype" ? QueryField::Kind::kText : QueryField::Kind::kStatistic;
    node->field = {kind, RowText::kName, text, figure.position};
    read_comparison(*node);
    return node;
  }

  NodePtr tag(const Token& name) {
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::kTag;
    node->position = name.position;
    if (!accept(Token::Kind::kSymbol, ":")) expect("=");
    node->argument = value_token().text;
    return node;
  }

  NodePtr comparison(const Token& name) {
    auto node = std::make_shared<Node>();
    node->position = name.position;
    node->field = name.kind == Token::Kind::kQuoted ? metric_field(name.text, name.position)
                                                    : query_field(name.text, name.position);
    read_comparison(*node);
    return node;
  }

  // The operator and the values.
  void read_comparison(Node& node) {
    const auto operator_position = peek().position;
    node.op = comparison_operator();
    if (node.op == Node::Op::kIn) {
      expect("(");
      do node.values.push_back(value(node));
      while (accept(Token::Kind::kSymbol, ","));
      expect(")");
    } else {
      node.values.push_back(value(node));
    }
    check_types(node, operator_position);
    if (node.op == Node::Op::kRegex) node.regex = compile(node.values[0].text);
  }

  Node::Op comparison_operator() {
    static const std::pair<const char*, Node::Op> kOperators[] = {
        {"=", Node::Op::kEqual},      {"!=", Node::Op::kNotEqual}, {"<", Node::Op::kLess},
        {"<=", Node::Op::kLessEqual}, {">", Node::Op::kGreater},   {">=", Node::Op::kGreaterEqual},
        {":", Node::Op::kGlob},       {"~", Node::Op::kRegex}};
    if (accept(Token::Kind::kWord, "in")) return Node::Op::kIn;
    for (const auto& [symbol, op] : kOperators)
      if (accept(Token::Kind::kSymbol, symbol)) return op;
    fail("expected a comparison such as = < >= : ~ in");
  }

  const Token& value_token() {
    if (peek().kind == Token::Kind::kEnd || peek().kind == Token::Kind::kSymbol) fail("expected a value");
    return take();
  }

  Node::Value value(Node& node) {
    value_position_ = peek().position;
    const Token& token = value_token();
    Node::Value out{token.text, std::nullopt};
    if (node.field.kind != QueryField::Kind::kCreated) {
      if (token.kind == Token::Kind::kWord) out.number = parse_number(token.text);
    } else if (const auto age = parse_duration(token.text)) {
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
    if (field.kind == QueryField::Kind::kText || field.kind == QueryField::Kind::kId ||
        field.kind == QueryField::Kind::kAlias) {
      if (ordered)
        throw query_error("type", line_, operator_position, "'" + field.name + "' is text: use = != : ~ or in");
      return;
    }
    if (numbers && !pattern) return;
    if (field.kind == QueryField::Kind::kMetric && line_[field.position] != '"')
      if (const auto near = suggestion(field.name, fixed_field_names()); !near.empty())
        throw query_error("unknown_field", line_, field.position, "unknown field '" + field.name + "'" + near);
    if (pattern)
      throw query_error("type", line_, operator_position, "'" + field.name + "' is a number: use = != < <= > >= or in");
    throw query_error("type", line_, value_position_,
                      field.kind == QueryField::Kind::kCreated
                          ? "'created' needs an age (7d, 12h) or a date (2026-05-01)"
                          : "'" + field.name + "' needs a number, such as 10k, 1.5GiB or 90%");
  }

  std::regex compile(const std::string& text) const {
    if (text.size() > kMaxPattern)
      throw query_error("pattern", line_, value_position_, "the regular expression is too long");
    try {  // the polynomial flavour: a hostile pattern cannot make it run for ever
      return std::regex(text, std::regex::ECMAScript | std::regex_constants::__polynomial);
    } catch (const std::regex_error& error) {
      throw query_error("pattern", line_, value_position_, std::string("bad regular expression: ") + error.what());
    }
  }

  static std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
    const auto near = nearest_name(word, known);
    return near.empty() ? "" : "; did you mean '" + near + "'?";
  }

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
                                       {"weights", QueryField::Kind::kText, RowText::kWeightsHash},
                                       {"params", QueryField::Kind::kParameters},
                                       {"parameters", QueryField::Kind::kParameters},
                                       {"bytes", QueryField::Kind::kBytes},
                                       {"size", QueryField::Kind::kBytes},
                                       {"created", QueryField::Kind::kCreated}};

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

Error query_error(const char* id, const std::string& query, std::size_t position, const std::string& why) {
  std::string line = query;
  std::replace(line.begin(), line.end(), '\n', ' ');
  return Error(ErrorCode::kUsage, std::string("query.") + id, "cannot use the query",
               why + "\n  " + line + "\n  " + std::string(position, ' ') + "^",
               "the query language is described by: weightloom zoo query --help");
}

Query parse_query(std::string_view where, std::string sort, std::size_t limit) {
  Query query{nullptr, std::string(where), std::move(sort), limit};
  if (where.size() > kMaxLength)
    throw Error(ErrorCode::kUsage, "query.too_long", "cannot use the query", "it has more than 10,000 bytes");
  if (where.find_first_not_of(" \t\n") != std::string_view::npos) query.where = Parser(query.text).parse();
  return query;
}

}  // namespace weightloom
