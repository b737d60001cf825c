#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>
#include <weft/http/error.hpp>

namespace weft::http {

/// A body is not what its Content-Encoding says, or that names a coding which is not known, or too many. what() names
/// the coding. status() is 415 (Unsupported Media Type) for the field, 400 for the body.
class content_error : public protocol_error {
 public:
  using protocol_error::protocol_error;
};

/// How far a body may inflate. 0 is no limit.
struct content_limits {
  std::uint64_t bytes = std::uint64_t{1} << 30;  ///< length of the decoded body
  std::uint64_t ratio = 2000;          ///< its length divided by that of what came; gzip can reach 1032, others more
  std::uint64_t free_bytes = 1 << 20;  ///< the ratio does not count below so many decoded bytes
  std::size_t codings = 4;             ///< how many codings may be on top of each other
};
static_assert(std::is_trivially_destructible_v<content_limits>);

/// Takes the content codings off a body as it comes: gzip, x-gzip, deflate (with and without the zlib wrapper), br,
/// zstd, identity, and several on top of each other. RFC 9110, section 8.4.
///
///     content_decoder decoder{"gzip"};
///     while (piece of the body)
///       while (std::size_t n = decoder.decode(piece, buffer)) use(buffer, n);
///     decoder.finish();
///
/// Holds the codings' windows (32 KiB for gzip and deflate, at most 16 MiB for br and 8 MiB for zstd, RFC 9659) and 16
/// KiB more for each coding on top of another, however long the body. A gzip body may have several members, a zstd
/// one several frames. Move-only.
class content_decoder {
 public:
  /// What a client can say in Accept-Encoding.
  static constexpr std::string_view accepted = "gzip, deflate, br, zstd";

  /// @param content_encoding the value of the Content-Encoding field (of several, joined by commas), in the order in
  /// which the codings were applied. Empty for none.
  /// @throws content_error if one of them is not known, or there are too many.
  explicit content_decoder(std::string_view content_encoding, const content_limits& limits = {});
  content_decoder(content_decoder&&) noexcept;
  content_decoder& operator=(content_decoder&&) noexcept;
  ~content_decoder();

  /// True if there is something to decode: some coding but identity.
  [[nodiscard]] bool active() const noexcept { return !stages_.empty(); }

  /// Decodes what is at the front of `input` and takes it from there, until `out` is full or nothing more can be had.
  /// @return how many bytes were written to `out`; 0 once all of the input is taken, and all that it stands for has
  /// been given. Call it again with an empty input until then.
  /// @throws content_error if the body is malformed, or goes on behind its end; limit_error if it inflates too far.
  /// Nothing more can be had from this decoder then.
  [[nodiscard]] std::size_t decode(std::string_view& input, std::span<char> out);

  /// Tells that the body has ended; decode() must have given 0. A body without a byte is complete in any coding.
  /// @throws content_error if there should have been more.
  void finish() const;

 private:
  struct stage;

  std::size_t pull(std::size_t index, std::string_view& input, std::span<char> out);
  void check_limits(stage& at) const;

  std::vector<stage> stages_;  // in the order in which they are decoded: the last coding first
  content_limits limits_;
  std::uint64_t received_ = 0;
};

}  // namespace weft::http
