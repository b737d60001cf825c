#include <netdb.h>

#include <utility>
#include <weft/net/stream_errors.hpp>

namespace weft {

namespace {

std::string describe_partial(std::size_t got, std::size_t expected, const std::string& from) {
  std::string text = "the stream " + (from.empty() ? "" : "from " + from + " ") + "ended after " + std::to_string(got);
  return expected != 0 ? text + " of " + std::to_string(expected) + " bytes" : text + " bytes, without the mark";
}

class resolve_errors final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolve"; }
  std::string message(int code) const override { return ::gai_strerror(code); }
  std::error_condition default_error_condition(int code) const noexcept override {
    if (code == EAI_AGAIN) return std::errc::resource_unavailable_try_again;
    if (code == EAI_MEMORY) return std::errc::not_enough_memory;
    return {code, *this};
  }
};

}  // namespace

incomplete_read_error::incomplete_read_error(std::string partial, std::size_t expected, const std::string& from)
    : error{describe_partial(partial.size(), expected, from)}, partial_{std::move(partial)}, expected_{expected} {}

limit_error::limit_error(const std::string& what, std::size_t limit)
    : error{what + " is longer than the limit of " + std::to_string(limit) + " bytes"}, limit_{limit} {}

const std::error_category& resolve_category() noexcept {
  static const resolve_errors instance;
  return instance;
}

}  // namespace weft
