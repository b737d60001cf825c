#pragma once

#include <string>
#include <utility>

#include "core/descriptor.hpp"
#include "net/stream_core.hpp"

namespace weft::detail {

/// Our end of a pipe, as a stream of one direction.
class pipe_core final : public stream_core {
 public:
  /// @param fd   non-blocking
  /// @param name for messages: "the output of cat"
  pipe_core(descriptor fd, std::string name) : stream_core{fd.release()}, name_{std::move(name)} {}
  ~pipe_core() override { close(); }

  std::string describe() const override { return name_; }
  ssize_t receive(std::span<char> room) noexcept override;
  ssize_t send(const msghdr& message) noexcept override;
  /// A pipe ends by being closed.
  int shut_down_writing() noexcept override;

 private:
  std::string name_;
};

/// A closed stream if there is no descriptor.
byte_stream pipe_stream(descriptor fd, std::string name);

}  // namespace weft::detail
