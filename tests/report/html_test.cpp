#include "weightloom/report/html.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "markup.hpp"
#include "sample.hpp"
#include "weightloom/base/error.hpp"

using namespace weightloom;
using namespace weightloom::testing;

TEST_CASE("a page is well formed, self-contained and the same every time") {
  const auto page = sample_report().render();
  CHECK(defect(page) == "");
  CHECK(page == sample_report().render());
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("src=") == std::string::npos);
  CHECK(page.find("url(") == std::string::npos);
  CHECK(count(page, "http") == count(page, "http://www.w3.org/2000/svg"));
}

TEST_CASE("figures, tables and sections are numbered in order") {
  const auto page = sample_report().render();
  CHECK(page.find("<b>Figure 1.</b>") < page.find("<b>Figure 2.</b>"));
  CHECK(page.find("<b>Table 1.</b>") != std::string::npos);
  CHECK(page.find("<a href=\"#section-2\">Fine-tuning</a>") != std::string::npos);
  CHECK(page.find("<h2 id=\"section-2\">Fine-tuning</h2>") != std::string::npos);
}

TEST_CASE("texts are escaped wherever they stand, backticks become code") {
  const std::string evil = "<img src=x onerror=\"a\"> & `<b>` `";
  HtmlReport report(evil, evil);
  report.fact(evil, evil).key_figures({{evil, evil, evil}}).section(evil).paragraph(evil).note(evil).code(evil);
  report.table(Table{{{evil}}, {}}.heading(evil).row({evil}), evil).figure(DotPlot{evil, {}, {}, {}}, evil);
  const auto page = report.render();
  CHECK(defect(page) == "");
  CHECK(page.find("<img") == std::string::npos);
  CHECK(page.find("<code>&lt;b&gt;</code> `</p>") != std::string::npos);
}

TEST_CASE("numbers in tables stand flush right") {
  const auto page = HtmlReport("t").table(Table{{{"Row"}, {"n", true}}, {}}.row({"zoo", "24"}), "c").render();
  CHECK(page.find("<td>zoo</td><td class=\"n\">24</td>") != std::string::npos);
  CHECK(page.find("<th scope=\"col\" class=\"n\">n</th>") != std::string::npos);
}

TEST_CASE("empty tables and short rows are fine, long rows are refused") {
  CHECK(defect(HtmlReport("t").table(Table{}, "").render()) == "");
  const Table narrow{{{"a"}, {"b"}}, {}};
  CHECK(HtmlReport("t").table(Table(narrow).row({"1"}), "").render().find("<td>1</td><td></td>") != std::string::npos);
  CHECK_THROWS_AS(HtmlReport("t").table(Table(narrow).row({"1", "2", "3"}), ""), Error);
}

TEST_CASE("an empty report is a page too") {
  CHECK(defect(HtmlReport("nothing").render()) == "");
}
