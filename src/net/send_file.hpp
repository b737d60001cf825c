#pragma once

#include <cstddef>
#include <cstdint>
#include <weft/net/detail/socket_leaf.hpp>

#include "net/stream_core.hpp"

namespace weft::detail {

/// Sends a piece of a file over a stream that can (see stream_core::sends_files). It is read from the disk, if it must
/// be, while the loop waits: for what lies in memory.
///
/// Gives how many bytes were sent, fewer than asked for only where the file ends. A stop in the middle breaks the
/// stream, as it does with write().
class send_file_leaf final : public socket_leaf {
 public:
  send_file_leaf(stream_core& stream, int file, std::uint64_t offset, std::size_t size) noexcept
      : socket_leaf{stream, direction::write}, file_{file}, offset_{offset}, left_{size}, size_{size} {}
  std::size_t await_resume() const;
  const char* describe() const noexcept override { return "stream.send_file"; }

 private:
  bool attempt() noexcept override;
  void given_up() noexcept override { static_cast<stream_core*>(socket_)->cannot_write = true; }

  int file_;
  std::uint64_t offset_;
  std::size_t left_;
  std::size_t size_;
};

}  // namespace weft::detail
