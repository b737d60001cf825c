#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <weft/http/body_writer.hpp>
#include <weft/net/byte_stream.hpp>

namespace weft::http::detail {

/// Sends a body on a connection: so many bytes as was announced, or in chunks. RFC 9112, sections 6 and 7.1.
class wire_body_writer final : public body_writer {
 public:
  /// @param length what was announced; nothing for chunks.
  /// @param time   how long the peer may take nothing; 0 or less: without limit.
  wire_body_writer(byte_stream& to, std::optional<std::uint64_t> length, std::chrono::nanoseconds time) noexcept
      : stream_{&to}, left_{length}, time_{time} {}

  task<> write(std::string_view bytes) override;
  void trailer(std::string_view name, std::string_view value) override;
  /// After the last byte. Throws std::logic_error if more were announced.
  task<> finish();

 private:
  task<> write_in_time(std::string_view before, std::string_view bytes, std::string_view after);

  byte_stream* stream_;
  std::optional<std::uint64_t> left_;
  std::chrono::nanoseconds time_;
  headers trailers_;
  std::string frame_;
};

}  // namespace weft::http::detail
