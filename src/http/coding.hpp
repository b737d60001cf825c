#pragma once

// One content coding's decoder, whichever library it is of.

#include <memory>
#include <span>
#include <string_view>

namespace weft::http::detail {

class coding {
 public:
  coding() = default;
  coding(const coding&) = delete;
  coding& operator=(const coding&) = delete;
  virtual ~coding() = default;

  /// Decodes from the front of `input`, which is taken, into the front of `out`, which is not empty.
  /// @return how much was written. If that is all of `out` there may be more to come without further input.
  /// @throws content_error
  virtual std::size_t decode(std::string_view& input, std::span<char> out) = 0;

  /// True if the body may end here.
  [[nodiscard]] virtual bool complete() const noexcept = 0;
};

/// nullptr if the name, in lower case, is none of a known coding.
std::unique_ptr<coding> make_coding(std::string_view name);

std::unique_ptr<coding> make_gzip_coding();
std::unique_ptr<coding> make_deflate_coding();
std::unique_ptr<coding> make_brotli_coding();
std::unique_ptr<coding> make_zstd_coding();

[[noreturn]] void refuse_content(std::string_view coding, std::string_view why);

}  // namespace weft::http::detail
