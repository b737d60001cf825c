#include "http/file_response.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <weft/http/multipart_form.hpp>

#include "http/byte_ranges.hpp"
#include "http/preconditions.hpp"

namespace weft::http::detail {

namespace {

using weft::detail::descriptor;

/// A range of a file, and what goes before it.
struct file_part {
  std::string before;
  byte_range range;
};

/// Parts of a file, one after the other.
class file_body {
 public:
  file_body(const served_file& file, std::vector<file_part> parts, std::string after)
      : content_{file.content}, descriptor_{file.descriptor}, parts_{std::move(parts)}, after_{std::move(after)} {}

  std::uint64_t size() const noexcept {
    std::uint64_t all = after_.size();
    for (const file_part& part : parts_) all += part.before.size() + part.range.size;
    return all;
  }

  task<> operator()(response_writer& to) {
    for (const file_part& part : parts_) {
      if (!part.before.empty()) co_await to.write(part.before);
      if (content_) {
        co_await to.write(std::string_view{*content_}.substr(static_cast<std::size_t>(part.range.first),
                                                             static_cast<std::size_t>(part.range.size)));
      } else {
        co_await to.write_file(descriptor_->get(), part.range.first, part.range.size);
      }
    }
    if (!after_.empty()) co_await to.write(after_);
  }

 private:
  std::shared_ptr<const std::string> content_;
  std::shared_ptr<descriptor> descriptor_;
  std::vector<file_part> parts_;
  std::string after_;
};

server_response with_body(file_body body) {
  const std::uint64_t size = body.size();
  return server_response::stream(std::move(body), "application/octet-stream", size);
}

std::string content_range(const byte_range& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.first + range.size - 1) + "/" +
         std::to_string(size);
}

void add_fields(server_response& to, const headers& fields, bool with_content) {
  for (const auto [name, value] : fields) {
    if (with_content || name != "content-type") to.header(name, value);
  }
}

server_response whole(const served_file& file) {
  server_response response = file.content ? server_response::shared_bytes(file.content)
                                          : with_body({file, {{.before = {}, .range = {0, file.size()}}}, {}});
  response.headers() = file.fields;
  return response;
}

server_response one_part(const served_file& file, const byte_range& range) {
  server_response response = with_body({file, {{.before = {}, .range = range}}, {}});
  response.status(206);
  response.headers() = file.fields;
  response.header("content-range", content_range(range, file.size()));
  return response;
}

/// multipart/byteranges. RFC 9110, section 14.6.
server_response many_parts(const served_file& file, const std::vector<byte_range>& ranges) {
  const std::string boundary = multipart_form{}.boundary();  // random
  const std::string_view type = file.fields.get("content-type").value_or("application/octet-stream");
  std::vector<file_part> parts;
  for (const byte_range& range : ranges) {
    std::string before = (parts.empty() ? "--" : "\r\n--") + boundary + "\r\nContent-Type: " + std::string{type} +
                         "\r\nContent-Range: " + content_range(range, file.size()) + "\r\n\r\n";
    parts.push_back({.before = std::move(before), .range = range});
  }
  server_response response = with_body({file, std::move(parts), "\r\n--" + boundary + "--\r\n"});
  response.status(206);
  add_fields(response, file.fields, false);
  response.header("content-type", "multipart/byteranges; boundary=" + boundary);
  return response;
}

}  // namespace

server_response respond_with_file(const server_request& request, const served_file& file) {
  const validators present = file.present();
  const precondition judged = judge_preconditions(request.headers(), present);
  if (judged != precondition::holds) {
    server_response response{judged == precondition::failed ? 412 : 304};
    if (judged == precondition::not_modified) add_fields(response, file.fields, false);
    return response;
  }
  const std::optional<std::string_view> range = request.headers().get("range");
  if (!range || request.method() != "GET" || !range_is_meant(request.headers(), present)) return whole(file);

  const asked_ranges asked = read_ranges(*range, file.size());
  switch (asked.what) {
    case asked_ranges::kind::whole:
      break;
    case asked_ranges::kind::parts:
      return asked.parts.size() == 1 ? one_part(file, asked.parts.front()) : many_parts(file, asked.parts);
    case asked_ranges::kind::out_of_range:
      return server_response{416}.header("content-range", "bytes */" + std::to_string(file.size()));
  }
  return whole(file);
}

}  // namespace weft::http::detail
