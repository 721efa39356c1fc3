#include "weightloom/report/results_page.hpp"

#include <catch2/catch.hpp>

#include "markup.hpp"
#include "results_sample.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("a page of results is well formed and the same every time") {
  const auto page = render_results_page(sample_results());
  CHECK(defect(page) == "");
  CHECK(page == render_results_page(sample_results()));
}

TEST_CASE("cards say it when a baseline is better than what was generated") {
  const auto page = render_results_page(sample_results());
  CHECK(has(page,
            "<div><b>80.5 %</b><span>generated for an unseen depth, mnist</span>"
            "<small>layer-copy is better by 2.9 points (83.4 %)</small></div>"));
  CHECK(has(page,
            "<div><b>91.0 %</b><span>generated for a seen network and data set, mnist</span>"
            "<small>noise is weaker by 5.0 points (86.0 %)</small></div>"));
}

TEST_CASE("large numbers have separators, seeds have all their digits") {
  const auto page = render_results_page(sample_results());
  CHECK(has(page, "1,234 networks, 5,678,901 weights"));
  CHECK(has(page, "1,234,567 parameters, id 0123456789abcdef<"));
  CHECK(has(page, "recipe 7, assessment 9223372036854775807"));
  CHECK(has(page, "12,345 held-out phrasings"));
}

TEST_CASE("results without any row are a page too") {
  Results results = sample_results();
  results.assessment = {};
  CHECK(defect(render_results_page(results)) == "");
}
