#include <algorithm>
#include <weft/describe/uuid.hpp>
#include <weft/http/trace_context.hpp>

#include "http/outgoing_trace.hpp"

namespace weft::http {

namespace {

constexpr std::size_t trace_digits = 32;
constexpr std::size_t span_digits = 16;

const context_var<std::optional<trace_context>>& current() {
  static const context_var<std::optional<trace_context>> variable{std::nullopt, "http::trace_context"};
  return variable;
}

bool is_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_id(std::string_view text, std::size_t digits) noexcept {
  return text.size() == digits && is_hex(text) && text.find_first_not_of('0') != text.npos;
}

int hex_value(char c) noexcept { return c <= '9' ? c - '0' : c - 'a' + 10; }

/// 32 random hexadecimal digits, some bits of which are fixed.
std::string random_digits() {
  std::string text = uuid::random().str();
  std::erase(text, '-');
  return text;
}

/// A UUID's last twelve digits and its first four are random.
std::string random_span() {
  const std::string digits = random_digits();
  return digits.substr(0, 4) + digits.substr(20);
}

}  // namespace

std::optional<trace_context> trace_context::parse(std::string_view traceparent, std::string_view tracestate) {
  constexpr std::size_t size = 2 + 1 + trace_digits + 1 + span_digits + 1 + 2;
  if (traceparent.size() < size) return std::nullopt;
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace = traceparent.substr(3, trace_digits);
  const std::string_view span = traceparent.substr(3 + trace_digits + 1, span_digits);
  const std::string_view flags = traceparent.substr(size - 2, 2);
  const bool dashes = traceparent[2] == '-' && traceparent[3 + trace_digits] == '-' && traceparent[size - 3] == '-';
  // Later versions may add to it.
  const bool ends = traceparent.size() == size || (version != "00" && traceparent[size] == '-');
  if (!dashes || !ends || !is_hex(version) || version == "ff" || !is_hex(flags)) return std::nullopt;
  if (!is_id(trace, trace_digits) || !is_id(span, span_digits)) return std::nullopt;
  return trace_context{.trace_id = std::string{trace},
                       .span_id = std::string{span},
                       .sampled = (hex_value(flags[1]) & 1) != 0,
                       .state = std::string{tracestate}};
}

trace_context trace_context::begin(bool sampled) {
  return {.trace_id = random_digits(), .span_id = random_span(), .sampled = sampled, .state = {}};
}

trace_context trace_context::child() const {
  trace_context made = *this;
  made.span_id = random_span();
  return made;
}

std::string trace_context::traceparent() const { return "00-" + trace_id + "-" + span_id + (sampled ? "-01" : "-00"); }

std::optional<trace_context> current_trace() { return current().get(); }

scoped_trace::scoped_trace(trace_context now) : set_{current().scoped(std::move(now))} {}
scoped_trace::~scoped_trace() = default;

void detail::add_trace(headers& to) {
  const std::optional<trace_context> trace = current_trace();
  if (!trace || to.contains("traceparent")) return;
  to.add("traceparent", trace->child().traceparent());
  if (!trace->state.empty() && !to.contains("tracestate")) to.add("tracestate", trace->state);
}

}  // namespace weft::http
