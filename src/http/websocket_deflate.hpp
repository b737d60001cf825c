#pragma once

// The payloads of permessage-deflate. RFC 7692, section 7.2.

#include <cstddef>
#include <memory>
#include <string_view>
#include <weft/http/detail/pooled_bytes.hpp>

namespace weft::http::detail {

/// Compresses messages. Has its memory from the first one on.
class message_deflater {
 public:
  /// @param window_bits  9 to 15.
  /// @param keep_context messages may refer to those before them.
  message_deflater(int window_bits, bool keep_context) noexcept;
  message_deflater(message_deflater&&) noexcept;
  message_deflater& operator=(message_deflater&&) noexcept;
  ~message_deflater();

  /// Appends what stands for `piece`, of one message; at the end of the message all that is left of it.
  void deflate(std::string_view piece, bool last, pooled_bytes& out);

  /// The next message refers to none before it: the peer has not got those, or another that this has not seen.
  void forget() noexcept;

 private:
  struct stream;
  std::unique_ptr<stream> stream_;
  int window_bits_;
  bool keep_context_;
  bool fresh_ = true;  // nothing is there to refer to
};

/// Decompresses messages. Has its memory from the first one on.
class message_inflater {
 public:
  message_inflater(int window_bits, bool keep_context) noexcept;
  message_inflater(message_inflater&&) noexcept;
  message_inflater& operator=(message_inflater&&) noexcept;
  ~message_inflater();

  /// Appends what `piece` stands for; with `last`, the message ends behind it.
  /// @param limit of out. Throws websocket_error (message_too_big) as soon as there is more, and (invalid_data) for
  /// what is no deflate.
  void inflate(std::string_view piece, bool last, pooled_bytes& out, std::size_t limit);

 private:
  void run(std::string_view piece, pooled_bytes& out, std::size_t limit);

  struct stream;
  std::unique_ptr<stream> stream_;
  int window_bits_;
  bool keep_context_;
};

}  // namespace weft::http::detail
