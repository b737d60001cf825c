#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <weft/http/websocket.hpp>

namespace weft::http::detail {

/// A message as it goes over the wire, for many connections: as it is, and compressed for each window that one of them
/// has agreed upon. May be used by several threads at once.
class prepared_frames {
 public:
  /// Its only frame, as a server sends it; a client masks the payload anew each time.
  struct frame {
    std::string bytes;
    std::size_t header;  ///< how many of them are not the payload
    bool compressed;

    std::string_view payload() const noexcept { return std::string_view{bytes}.substr(header); }
  };

  prepared_frames(message_kind kind, std::string_view payload);

  message_kind kind() const noexcept { return kind_; }
  std::string_view payload() const noexcept { return plain_.payload(); }
  const frame& plain() const noexcept { return plain_; }
  /// Refers to no message before it. Made when it is first asked for; the plain one if that is no longer.
  const frame& compressed(int window_bits) const;

 private:
  static constexpr int least_bits = 9;
  static constexpr int most_bits = 15;

  message_kind kind_;
  frame plain_;
  mutable std::mutex mutex_;
  mutable std::array<std::unique_ptr<const frame>, most_bits - least_bits + 1> compressed_;
};

}  // namespace weft::http::detail
