#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <utility>
#include <weft/http/multipart_form.hpp>

#include "characters.hpp"
#include "multipart_boundary.hpp"

namespace weft::http {

namespace {

std::string random_boundary() {
  constexpr std::string_view hex = "0123456789abcdef";
  std::random_device random;
  std::string out = "----weft";
  for (int i = 0; i < 4; ++i)
    for (std::uint32_t bits = random(), digit = 0; digit < 8; ++digit, bits >>= 4) out += hex[bits & 15];
  return out;
}

/// What browsers encode in names; everything else goes as it is.
void append_quoted(std::string& out, std::string_view name) {
  out += '"';
  for (const char c : name) {
    if (c == '"')
      out += "%22";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else
      out += c;
  }
  out += '"';
}

/// Every CR, LF and CR LF made CR LF.
std::string with_equal_line_breaks(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      out += text[i];
      continue;
    }
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    out += "\r\n";
  }
  return out;
}

}  // namespace

bool detail::is_multipart_boundary(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 70 && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view{"'()+_,-./:=?"}.find(c) != std::string_view::npos;
  });
}

multipart_form::multipart_form() : boundary_{random_boundary()} {}

multipart_form::multipart_form(std::string boundary) : boundary_{std::move(boundary)} {
  if (!detail::is_multipart_boundary(boundary_))
    throw std::invalid_argument{"not a boundary of a form: " + detail::quoted(boundary_)};
}

multipart_form& multipart_form::field(std::string_view name, std::string value, std::string_view content_type) {
  part content;
  content.bytes = std::move(value);
  add(name, nullptr, content_type, std::move(content));
  return *this;
}

multipart_form& multipart_form::bytes(std::string_view name, std::string_view file_name, std::string content,
                                      std::string_view content_type) {
  part with_content;
  with_content.bytes = std::move(content);
  add(name, &file_name, content_type, std::move(with_content));
  return *this;
}

multipart_form& multipart_form::file(std::string_view name, std::filesystem::path file,
                                     const multipart_file_options& options) {
  const std::string own_name = file.filename().string();
  const std::string_view file_name = options.file_name.empty() ? std::string_view{own_name} : options.file_name;
  part content;
  content.file = std::move(file);
  add(name, &file_name, options.content_type, std::move(content));
  return *this;
}

void multipart_form::add(std::string_view name, const std::string_view* file_name, std::string_view content_type,
                         part with_content) {
  if (std::ranges::any_of(content_type, detail::is_forbidden_control))
    throw std::invalid_argument{"control byte in the content type " + detail::quoted(content_type)};
  std::string& head = with_content.head;
  head.append("--").append(boundary_).append("\r\nContent-Disposition: form-data; name=");
  append_quoted(head, with_equal_line_breaks(name));
  if (file_name != nullptr) {
    head += "; filename=";
    append_quoted(head, *file_name);
  }
  if (!content_type.empty()) head.append("\r\nContent-Type: ").append(content_type);
  head += "\r\n\r\n";
  parts_.push_back(std::move(with_content));
}

std::string multipart_form::text() const {
  std::string out;
  for (const part& each : parts_) {
    if (!each.file.empty()) throw std::logic_error{"a form with files cannot be had as text"};
    out.append(each.head).append(each.bytes).append("\r\n");
  }
  return out + end();
}

}  // namespace weft::http
