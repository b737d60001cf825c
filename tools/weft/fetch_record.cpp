#include "fetch_record.hpp"

#include <array>
#include <charconv>

#include "json_text.hpp"

namespace weft::tool {

namespace {

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

void append_milliseconds(std::string& out, std::chrono::nanoseconds duration) {
  const auto micros =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  append_number(out, micros / 1000);
  const std::uint64_t rest = micros % 1000;
  out += '.';
  for (std::uint64_t unit = 100; unit > 0; unit /= 10) out += static_cast<char>('0' + rest / unit % 10);
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// How often the name of the field at `index` occurs from there on; 0 if it has occurred before.
std::size_t occurrences(const http::headers& fields, std::size_t index) noexcept {
  const std::string_view name = fields[index].name;
  for (std::size_t i = 0; i < index; ++i) {
    if (same_name(fields[i].name, name)) return 0;
  }
  std::size_t count = 1;
  for (std::size_t i = index + 1; i < fields.size(); ++i) count += same_name(fields[i].name, name) ? 1 : 0;
  return count;
}

void append_headers(std::string& out, const http::headers& fields) {
  out += '{';
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t count = occurrences(fields, i);
    if (count == 0) continue;
    const auto [name, value] = fields[i];
    if (i > 0) out += ',';
    out += '"';
    for (const char c : name) out += lower(c);  // a token: nothing in it needs an escape
    out += "\":";
    if (count == 1) {
      append_json_string(out, value);
      continue;
    }
    for (std::size_t j = i; j < fields.size(); ++j) {
      if (!same_name(fields[j].name, name)) continue;
      out += j == i ? '[' : ',';
      append_json_string(out, fields[j].value);
    }
    out += ']';
  }
  out += '}';
}

void append_body(std::string& out, const fetch_record& record) {
  if (is_utf8(*record.body)) {
    out += ",\"body\":";
    append_json_string(out, *record.body);
  } else {
    out += ",\"body_base64\":\"";
    append_base64(out, *record.body);
    out += '"';
  }
  if (record.body_is_cut) out += ",\"body_cut\":true";
}

}  // namespace

std::string_view name_of(failure kind) noexcept {
  constexpr std::array<std::string_view, failure_count> names = {
      "none",  "url",       "resolve", "connect", "tls",  "connection", "protocol",   "encoding",
      "limit", "redirects", "timeout", "circuit", "file", "system",     "interrupted"};
  return names[static_cast<std::size_t>(kind)];
}

void append_json(std::string& out, const fetch_record& record) {
  out += "{\"url\":";
  append_json_string(out, record.url);
  if (!record.final_url.empty()) {
    out += ",\"final_url\":";
    append_json_string(out, record.final_url);
  }
  out += ",\"status\":";
  if (record.status == 0) {
    out += "null";
  } else {
    append_number(out, static_cast<std::uint64_t>(record.status));
  }
  out += ",\"headers\":";
  if (record.headers == nullptr) {
    out += "{}";
  } else {
    append_headers(out, *record.headers);
  }
  out += ",\"bytes\":";
  append_number(out, record.bytes);
  out += ",\"milliseconds\":";
  append_milliseconds(out, record.duration);
  out += ",\"attempts\":";
  append_number(out, record.attempts);
  out += ",\"error\":";
  if (record.kind == failure::none) {
    out += "null";
  } else {
    out.append("{\"kind\":\"").append(name_of(record.kind)).append("\",\"message\":");
    append_json_string(out, record.message);
    out += '}';
  }
  if (record.file != nullptr) {
    out += ",\"file\":";
    append_json_string(out, *record.file);
  }
  if (record.body != nullptr) append_body(out, record);
  out += "}\n";
}

}  // namespace weft::tool
