#pragma once

#include <chrono>
#include <string_view>
#include <weft/http/headers.hpp>

namespace weft::http::detail {

/// What tells one state of a resource from another. RFC 9110, section 8.8.
struct validators {
  std::string_view etag;  ///< with its quotes
  std::chrono::sys_seconds modified;
};

enum class precondition : unsigned char {
  holds,
  not_modified,  ///< 304
  failed,        ///< 412
};

/// What If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since say of a GET or HEAD. RFC 9110,
/// section 13.2.
precondition judge_preconditions(const headers& request, const validators& present);

/// A Range is to be heeded as far as If-Range is concerned. RFC 9110, section 13.1.5.
bool range_is_meant(const headers& request, const validators& present);

}  // namespace weft::http::detail
