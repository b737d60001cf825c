#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <weft/web/compression.hpp>

#include "http/accepted_coding.hpp"
#include "http/characters.hpp"
#include "web/compressor.hpp"

namespace weft::web {

using http::server_response;

namespace {

/// What the server likes best comes first.
constexpr std::array<std::string_view, 3> codings{"zstd", "br", "gzip"};

bool gets_smaller(std::string_view content_type) {
  std::string type{http::detail::trimmed(content_type.substr(0, content_type.find(';')))};
  std::transform(type.begin(), type.end(), type.begin(), http::detail::lower);
  constexpr std::array<std::string_view, 8> others{
      "application/json",     "application/javascript",    "application/xml", "application/wasm",
      "application/x-ndjson", "application/manifest+json", "image/svg+xml",   "image/bmp"};
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::find(others.begin(), others.end(), type) != others.end();
}

bool may_change(const server_response& answer) {
  const int status = answer.status();
  if (status == 204 || status == 206 || status == 304) return false;
  const http::headers& fields = answer.headers();
  return !fields.contains("content-encoding") && !fields.contains("content-range") &&
         fields.get("cache-control").value_or("").find("no-transform") == std::string_view::npos;
}

void compress(server_response& answer, std::string_view coding) {
  answer.filter_body(detail::make_compressor(coding));
  http::headers& fields = answer.headers();
  fields.set("content-encoding", coding);
  fields.remove("content-length");
  fields.remove("accept-ranges");
  if (const std::optional<std::string_view> tag = fields.get("etag"); tag && !tag->starts_with("W/")) {
    const std::string weak = "W/" + std::string{*tag};
    fields.set("etag", weak);
  }
}

}  // namespace

task<server_response> compression::run(const compression& self, http::server_request& request, next rest) {
  server_response answer = co_await rest();
  const std::optional<std::uint64_t> size = answer.body_size();
  const bool worthwhile = !size || *size >= self.min_size_;
  if (!worthwhile || !may_change(answer) || !gets_smaller(answer.content_type())) co_return answer;
  answer.header("vary", "accept-encoding");
  if (const auto coding = http::detail::accepted_coding(request.headers(), codings)) compress(answer, *coding);
  co_return answer;
}

}  // namespace weft::web
