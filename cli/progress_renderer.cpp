#include "cli/progress_renderer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "cli/json_text.hpp"
#include "cli/printer.hpp"
#include "cli/terminal.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/base/units.hpp"

namespace weightloom::cli {
namespace {

using namespace std::chrono_literals;
constexpr auto kBarInterval = 100ms;
constexpr auto kPlainInterval = 3s;
constexpr double kHalfLife = 5;
constexpr std::size_t kBarCells = 20;

std::string amount(std::uint64_t value, const std::string& unit) {
  return unit == "bytes" ? format_size(value) : format_count(static_cast<std::int64_t>(value));
}

std::string speed(double rate, const std::string& unit) {
  if (unit == "bytes") return format_size(static_cast<std::uint64_t>(rate)) + "/s";
  return rate >= 100 ? fmt::format("{:.0f}/s", rate) : fmt::format("{:.2g}/s", rate);
}

double seconds_left(const ProgressEvent& event, double rate) {
  return event.total > event.done && rate > 0 ? static_cast<double>(event.total - event.done) / rate : 0;
}

std::string bar(std::uint64_t done, std::uint64_t total) {
  const auto full =
      static_cast<std::size_t>(kBarCells * std::min(1.0, static_cast<double>(done) / static_cast<double>(total)));
  std::string text;
  for (std::size_t i = 0; i < kBarCells; ++i) text += i < full ? "█" : "░";
  return text;
}

}  // namespace

ProgressMode progress_mode(const Settings& settings) {
  if (settings.progress == "bar") return ProgressMode::kBar;
  if (settings.progress == "plain") return ProgressMode::kPlain;
  if (settings.progress == "json") return ProgressMode::kJson;
  if (settings.progress == "none" || settings.quiet) return ProgressMode::kNone;
  return isatty(STDERR_FILENO) != 0 ? ProgressMode::kBar : ProgressMode::kPlain;
}

void RateEstimate::update(std::uint64_t done, Clock::time_point now) {
  if (!started_) {
    started_ = true;
    done_ = done;
    at_ = now;
    return;
  }
  const double seconds = std::chrono::duration<double>(now - at_).count();
  if (seconds <= 0 || done < done_) return;
  const double current = static_cast<double>(done - done_) / seconds;
  const double keep = rate_ > 0 ? std::exp2(-seconds / kHalfLife) : 0;
  rate_ = keep * rate_ + (1 - keep) * current;
  done_ = done;
  at_ = now;
}

std::string progress_line(const ProgressEvent& event, double rate) {
  std::string text = event.task + "  " + amount(event.done, event.unit);
  if (event.total > 0) text += "/" + amount(event.total, event.unit);
  if (event.unit != "bytes") text += " " + event.unit;
  if (rate > 0) text += "  " + speed(rate, event.unit);
  if (!event.finished && event.total > 0 && rate > 0)
    text += "  " + format_duration(seconds_left(event, rate)) + " left";
  if (event.detail.is_object())
    for (const auto& [key, value] : event.detail.items())
      text += "  " + key + " " + format_value(value, Format::kNumber);
  return printable(text);
}

Json progress_json(const ProgressEvent& event, const char* type, double rate, double elapsed) {
  Json line = {{"type", type}, {"task", event.task}, {"done", event.done}};
  line["total"] = event.total > 0 ? Json(event.total) : Json();
  line["unit"] = event.unit;
  line["rate"] = rate > 0 ? Json(rate) : Json();
  line["eta_s"] = event.total > 0 && rate > 0 ? Json(seconds_left(event, rate)) : Json();
  line["elapsed_s"] = elapsed;
  if (event.detail.is_object()) line["detail"] = event.detail;
  return line;
}

ProgressRenderer::~ProgressRenderer() {
  take_bar_back();
}

void ProgressRenderer::show(const ProgressEvent& event) {
  if (mode_ == ProgressMode::kNone) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const auto [it, fresh] = tasks_.try_emplace(event.task, Task{{}, now, {}});
  Task& task = it->second;
  const auto interval = mode_ == ProgressMode::kPlain ? Clock::duration(kPlainInterval) : Clock::duration(kBarInterval);
  if (!fresh && !event.finished && now - task.shown < interval) return;
  task.rate.update(event.done, now);
  task.shown = now;
  if (mode_ == ProgressMode::kJson && fresh) write_message(json_text(progress_json(event, "task_start", 0, 0)) + "\n");
  draw(event, task);
  if (event.finished) tasks_.erase(it);
}

void ProgressRenderer::draw(const ProgressEvent& event, const Task& task) {
  const double elapsed = std::chrono::duration<double>(task.shown - task.start).count();
  const double rate = event.finished && elapsed > 0 && event.done > 0 ? static_cast<double>(event.done) / elapsed
                                                                      : task.rate.per_second();
  if (mode_ == ProgressMode::kJson) {
    write_message(json_text(progress_json(event, event.finished ? "task_end" : "progress", rate, elapsed)) + "\n");
    return;
  }
  std::string text = progress_line(event, rate);
  if (event.finished) text += "  done in " + format_duration(elapsed);
  if (mode_ == ProgressMode::kPlain || event.finished) {
    take_bar_back();
    write_message(text + "\n");
    return;
  }
  if (event.total > 0) text = bar(event.done, event.total) + " " + text;
  draw_bar(text);
  bar_drawn_ = true;
}

void ProgressRenderer::message(std::string_view kind, std::string_view text) {
  const std::lock_guard lock(mutex_);
  take_bar_back();
  if (mode_ == ProgressMode::kJson)
    write_message(json_text(Json{{"type", kind}, {"text", text}}) + "\n");
  else
    write_message((kind == "note" ? "" : std::string(kind) + ": ") + printable_lines(text, "  ") + "\n");
}

void ProgressRenderer::take_bar_back() {
  if (bar_drawn_) clear_bar();
  bar_drawn_ = false;
}

}  // namespace weightloom::cli
