#include "http/answer_head.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "http/characters.hpp"
#include "http/reasons.hpp"

namespace weft::http::detail {

namespace {

struct managed_fields {
  bool any = false;
  bool content_type = false;
  bool date = false;
  bool close = false;
};

bool is_managed(std::string_view name) noexcept {
  return (name.size() == 4 && equal_ignoring_case(name, "date")) ||
         (name.size() == 10 && (equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive"))) ||
         (name.size() == 14 && equal_ignoring_case(name, "content-length")) ||
         (name.size() == 17 && equal_ignoring_case(name, "transfer-encoding"));
}

managed_fields managed_in(const http::headers& fields) noexcept {
  managed_fields found;
  for (const auto [name, value] : fields) {
    if (name.size() == 12 && equal_ignoring_case(name, "content-type")) found.content_type = true;
    if (!is_managed(name)) continue;
    found.any = true;
    found.date = found.date || name.size() == 4;
    found.close = found.close || (name.size() == 10 && equal_ignoring_case(value, "close"));
  }
  return found;
}

/// Collects small pieces, and appends them together.
class head_builder {
 public:
  explicit head_builder(std::string& out) noexcept : out_{out} {}
  head_builder(const head_builder&) = delete;
  head_builder& operator=(const head_builder&) = delete;
  ~head_builder() { out_.append(held_.data(), size_); }

  head_builder& add(std::string_view text) {
    if (text.size() > held_.size() - size_) [[unlikely]]
      return add_long(text);
    if (!text.empty()) std::memcpy(held_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  head_builder& number(std::uint64_t value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return add({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

 private:
  [[gnu::noinline]] head_builder& add_long(std::string_view text) {
    out_.append(held_.data(), size_);
    size_ = 0;
    out_.append(text);
    return *this;
  }

  std::string& out_;
  std::size_t size_ = 0;
  std::array<char, 512> held_;
};

}  // namespace

bool asks_to_close(const server_response& response) noexcept { return managed_in(response.headers()).close; }

void write_answer_head(std::string& into, const server_response& response, const answer_framing& framing) {
  const http::headers& fields = response.headers();
  const managed_fields managed = managed_in(fields);
  head_builder out{into};
  const std::string_view line = status_line(response.status());
  if (!line.empty()) {
    out.add(line);
  } else {
    out.add("HTTP/1.1 ").number(static_cast<std::uint64_t>(response.status())).add(" \r\n");
  }
  if (managed.date) {
    out.add("date: ").add(*fields.get("date")).add("\r\n").add(framing.server_field);
  } else {
    out.add(framing.common_fields);
  }
  if (!framing.type.empty() && !managed.content_type) out.add("content-type: ").add(framing.type).add("\r\n");
  if (!managed.any) {
    out.add(fields.wire());
  } else {
    for (const auto [name, value] : fields)
      if (!is_managed(name)) out.add(name).add(": ").add(value).add("\r\n");
  }
  if (framing.length) {
    out.add("content-length: ").number(*framing.length).add("\r\n");
  } else if (framing.chunked) {
    out.add("transfer-encoding: chunked\r\n");
  }
  out.add(framing.connection).add("\r\n");
}

}  // namespace weft::http::detail
