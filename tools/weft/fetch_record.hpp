#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <weft/http/headers.hpp>

namespace weft::tool {

/// Why a URL could not be fetched.
enum class failure : unsigned char {
  none,
  url,          ///< it is not a URL that can be fetched
  resolve,      ///< its host has no address
  connect,      ///< no connection could be made
  tls,          ///< the host could not prove who it is, or TLS went wrong otherwise
  connection,   ///< the connection was lost before the response was complete
  protocol,     ///< what came was not HTTP, or more than is accepted
  encoding,     ///< the body was not what its Content-Encoding says
  limit,        ///< the body was larger than allowed
  redirects,    ///< it led from one place to the next too often
  timeout,      ///< it took longer than a request may
  circuit,      ///< it was not tried, because its host has failed too often
  file,         ///< the body could not be written to its file
  system,       ///< this machine ran out of something, or another fault of its own
  interrupted,  ///< the program was stopped in the middle of it
};
inline constexpr std::size_t failure_count = 15;

/// The word that stands for it in records and summaries.
std::string_view name_of(failure kind) noexcept;

/// What became of one URL. The views must live until it has been written.
struct fetch_record {
  std::string_view url;                    ///< as it was given
  std::string_view final_url = {};         ///< where the response came from; empty: from there
  int status = 0;                          ///< 0: no response
  const http::headers* headers = nullptr;  ///< of the response, if there is one
  std::uint64_t bytes = 0;                 ///< of the body, as far as it came
  std::chrono::nanoseconds duration{};     ///< of the last attempt
  unsigned attempts = 0;                   ///< 0: it was never tried
  failure kind = failure::none;
  std::string_view message = {};      ///< what went wrong, for people
  const std::string* body = nullptr;  ///< null: not asked for
  bool body_is_cut = false;           ///< there was more of it
  const std::string* file = nullptr;  ///< where it was saved; null: nowhere

  bool succeeded() const noexcept { return kind == failure::none && status < 400; }
};

/// Appends it as one line of JSON:
///
///     {"url":"http://a/","status":200,"headers":{"server":"x","set-cookie":["a=1","b=2"]},"bytes":5,
///      "milliseconds":1.234,"attempts":1,"error":null,"body":"hello"}
///
/// Names of fields are in lower case; a field that came more than once has an array. `status` is null without a
/// response, `error` is null or {"kind": ..., "message": ...}. `final_url` follows the url if that led elsewhere,
/// `file` tells where the body was saved. A body that is not UTF-8 is `body_base64` instead of `body`; one that was cut
/// is followed by `"body_cut":true`.
void append_json(std::string& out, const fetch_record& record);

}  // namespace weft::tool
