#include "weightloom/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "svg.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--page:#fff;--ink:#1c2430;--soft:#5d6877;--line:#e0e5ec;--strong:#1c2430;--card:#f6f8fb;--accent:#0068a8;--note:#fff8e6;--note-line:#e0a100}
@media (prefers-color-scheme:dark){:root{--page:#11161d;--ink:#e6eaf0;--soft:#9faab9;--line:#2b333f;--strong:#c5cdd8;--card:#1a2029;--accent:#58b2ec;--note:#2a2414;--note-line:#b98a1a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.6 Charter,"Bitstream Charter","Source Serif 4",Georgia,"DejaVu Serif",serif}
main{max-width:880px;margin:0 auto;padding:56px 28px 80px}
h1,h2,.figures,nav,table,.facts,figcaption,caption,.note,footer{font-family:Inter,"Source Sans 3","Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif}
h1{font-size:34px;line-height:1.2;letter-spacing:-.015em;margin:0}
.subtitle{font-size:19px;line-height:1.5;color:var(--soft);margin:12px 0 0}
header{border-bottom:2px solid var(--strong);padding-bottom:26px;margin-bottom:30px}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:3px 20px;margin:22px 0 0;font-size:14px}
.facts dt{color:var(--soft)}.facts dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
nav{font-size:14px;margin:0 0 34px;display:flex;flex-wrap:wrap;gap:4px 22px}nav a{color:var(--accent);text-decoration:none}nav a:hover{text-decoration:underline}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:14px;margin:0 0 34px}
.figures div{background:var(--card);border-radius:8px;padding:18px 20px 16px;border-top:3px solid var(--accent)}
.figures b{display:block;font-size:29px;line-height:1.15;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.figures span{display:block;font-size:14px;line-height:1.4;margin-top:7px}.figures small{display:block;font-size:12.5px;line-height:1.4;color:var(--soft);margin-top:3px}
h2{font-size:23px;letter-spacing:-.01em;line-height:1.3;margin:54px 0 12px}
p{margin:0 0 16px;max-width:44em}
code{font:0.87em/1.5 "JetBrains Mono","Source Code Pro",Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--card);border-radius:4px;padding:1px 5px}
pre{background:var(--card);border-radius:8px;padding:14px 18px;overflow-x:auto;margin:0 0 20px}pre code{background:none;padding:0;font-size:13.5px}
.note{background:var(--note);border-left:4px solid var(--note-line);border-radius:0 8px 8px 0;padding:12px 18px;margin:0 0 20px;font-size:15px;line-height:1.55}
.scroll{overflow-x:auto;margin:26px 0 30px}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.45;border-bottom:2px solid var(--strong)}
caption,figcaption{text-align:left;font-size:14px;line-height:1.5;color:var(--soft)}caption{padding-bottom:10px}figcaption{margin-top:10px}
caption b,figcaption b{color:var(--ink)}
th,td{padding:7px 12px;text-align:left;vertical-align:baseline}th:first-child,td:first-child{padding-left:4px}th:last-child,td:last-child{padding-right:4px}
thead th{border-top:2px solid var(--strong);border-bottom:1px solid var(--strong);font-weight:600;white-space:nowrap}
tbody td{border-bottom:1px solid var(--line)}tbody tr:last-child td{border-bottom:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.strong td{font-weight:650}tr.heading th{padding-top:18px;padding-bottom:6px;font-weight:600;border-bottom:1px solid var(--line);color:var(--ink)}
figure{margin:28px 0 34px}figure svg{display:block;width:100%;height:auto}
footer{margin-top:64px;padding-top:14px;border-top:1px solid var(--line);font-size:13px;color:var(--soft)}
@media (max-width:600px){main{padding:32px 16px 56px}h1{font-size:27px}}
@media print{main{max-width:none;padding:0}nav{display:none}figure,table,.figures{break-inside:avoid}}
)css";

std::string with_code(std::string_view text) {
  std::string out;
  for (;;) {
    const auto open = text.find('`');
    const auto close = open == std::string_view::npos ? open : text.find('`', open + 1);
    if (close == std::string_view::npos) return out + escape_xml(text);
    out +=
        escape_xml(text.substr(0, open)) + "<code>" + escape_xml(text.substr(open + 1, close - open - 1)) + "</code>";
    text.remove_prefix(close + 1);
  }
}

void check_cells(const Table& table) {
  for (const auto& row : table.rows)
    if (row.cells.size() > std::max<std::size_t>(table.columns.size(), row.kind == TableRow::Kind::kHeading))
      throw Error(ErrorCode::kUsage, "table.cells", "a table row has too many cells",
                  std::to_string(row.cells.size()) + " cells for " + std::to_string(table.columns.size()) + " columns");
}

std::string_view cell_class(const Table& table, std::size_t column) {
  return table.columns[column].numeric ? " class=\"n\"" : "";
}

std::string table_head(const Table& table) {
  std::string out = "<thead><tr>";
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    out += fmt::format("<th scope=\"col\"{}>{}</th>", cell_class(table, i), escape_xml(table.columns[i].title));
  return out + "</tr></thead>\n";
}

std::string table_row(const Table& table, const TableRow& row) {
  const auto text = [&](std::size_t i) { return i < row.cells.size() ? with_code(row.cells[i]) : std::string(); };
  if (row.kind == TableRow::Kind::kHeading)
    return fmt::format("<tr class=\"heading\"><th colspan=\"{}\" scope=\"colgroup\">{}</th></tr>\n",
                       table.columns.size(), text(0));
  std::string out = row.kind == TableRow::Kind::kStrong ? "<tr class=\"strong\">" : "<tr>";
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    out += fmt::format("<td{}>{}</td>", cell_class(table, i), text(i));
  return out + "</tr>\n";
}

}  // namespace

HtmlReport::HtmlReport(std::string title, std::string subtitle)
    : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

HtmlReport& HtmlReport::fact(std::string_view label, std::string_view value) {
  facts_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_xml(label), with_code(value));
  return *this;
}

HtmlReport& HtmlReport::key_figures(const std::vector<KeyFigure>& figures) {
  body_ += "<div class=\"figures\">\n";
  for (const auto& figure : figures)
    body_ += fmt::format("<div><b>{}</b><span>{}</span><small>{}</small></div>\n", escape_xml(figure.value),
                         escape_xml(figure.label), escape_xml(figure.note));
  body_ += "</div>\n";
  return *this;
}

HtmlReport& HtmlReport::section(std::string_view heading) {
  sections_.emplace_back(heading);
  body_ += fmt::format("<h2 id=\"section-{}\">{}</h2>\n", sections_.size(), escape_xml(heading));
  return *this;
}

HtmlReport& HtmlReport::paragraph(std::string_view text) {
  body_ += "<p>" + with_code(text) + "</p>\n";
  return *this;
}

HtmlReport& HtmlReport::note(std::string_view text) {
  body_ += "<div class=\"note\" role=\"note\">" + with_code(text) + "</div>\n";
  return *this;
}

HtmlReport& HtmlReport::code(std::string_view text) {
  body_ += "<pre><code>" + escape_xml(text) + "</code></pre>\n";
  return *this;
}

HtmlReport& HtmlReport::table(const Table& table, std::string_view caption) {
  check_cells(table);
  body_ += fmt::format("<div class=\"scroll\"><table>\n<caption><b>Table {}.</b> {}</caption>\n", ++tables_,
                       with_code(caption));
  body_ += table_head(table) + "<tbody>\n";
  for (const auto& row : table.rows) body_ += table_row(table, row);
  body_ += "</tbody></table></div>\n";
  return *this;
}

HtmlReport& HtmlReport::figure(const DotPlot& plot, std::string_view caption) {
  return figure_of(weightloom::render(plot), caption);
}
HtmlReport& HtmlReport::figure(const LinePlot& plot, std::string_view caption) {
  return figure_of(weightloom::render(plot), caption);
}
HtmlReport& HtmlReport::figure(const ScatterPlot& plot, std::string_view caption) {
  return figure_of(weightloom::render(plot), caption);
}

HtmlReport& HtmlReport::figure_of(const std::string& svg, std::string_view caption) {
  body_ += fmt::format("<figure>\n{}<figcaption><b>Figure {}.</b> {}</figcaption>\n</figure>\n", svg, ++figures_,
                       with_code(caption));
  return *this;
}

std::string HtmlReport::render() const {
  std::string contents;
  for (std::size_t i = 0; i < sections_.size(); ++i)
    contents += fmt::format("<a href=\"#section-{}\">{}</a>\n", i + 1, escape_xml(sections_[i]));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
      "content=\"width=device-width, "
      "initial-scale=1\"/>\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{0}</"
      "h1>\n{2}{3}</header>\n{4}{5}</main>\n</body>\n</html>\n",
      escape_xml(title_), kPageStyle,
      subtitle_.empty() ? std::string() : "<p class=\"subtitle\">" + with_code(subtitle_) + "</p>\n",
      facts_.empty() ? std::string() : "<dl class=\"facts\">\n" + facts_ + "</dl>\n",
      contents.empty() ? std::string() : "<nav aria-label=\"Contents\">\n" + contents + "</nav>\n", body_);
}

}  // namespace weightloom
