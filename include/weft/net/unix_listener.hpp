#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>
#include <weft/net/detail/accept_leaf.hpp>
#include <weft/net/owned_descriptor.hpp>
#include <weft/net/unix_stream.hpp>

namespace weft {

/// How a path is listened on.
struct unix_listen_options {
  /// How many connections may wait to be accepted; the system has a limit of its own.
  int backlog = 4096;
  /// Who may connect: those who may write to the socket's file. `unknown`: as the process's umask has it.
  std::filesystem::perms permissions = std::filesystem::perms::unknown;
};
static_assert(std::is_trivially_destructible_v<unix_listen_options>);

namespace detail {

class unix_listener_core;

class unix_accept_leaf final : public accept_leaf {
 public:
  explicit unix_accept_leaf(unix_listener_core& listener) noexcept;
  unix_stream await_resume();
  const char* describe() const noexcept override { return "unix_listener.accept"; }
};

struct [[nodiscard("accept does nothing until it is awaited")]] unix_accept_operation {
  unix_listener_core* listener;
  unix_accept_leaf operator co_await() const noexcept { return unix_accept_leaf{*listener}; }
};

}  // namespace detail

/// A socket that accepts connections at a path. Move-only; the destructor closes it. Belongs to the loop on which it
/// was made. unix_server is the comfortable way; this is for accept loops of one's own.
class unix_listener {
 public:
  /// Listens at a path or an abstract name, as open_unix_connection has them.
  ///
  /// A socket's file that a server left behind is replaced if nobody listens at it any more; anything else at the path
  /// stays as it is. Throws std::system_error (std::errc::address_in_use, filename_too_long, ...),
  /// std::invalid_argument for an empty path, and std::logic_error outside a loop.
  explicit unix_listener(const std::string& path, unix_listen_options options = {});
  /// Takes over a socket that listens already, and makes it non-blocking; see inherited_descriptors. Throws
  /// std::system_error if it is none of that kind, and std::logic_error outside a loop.
  explicit unix_listener(owned_descriptor listening);
  unix_listener(unix_listener&& other) noexcept;
  unix_listener& operator=(unix_listener&& other) noexcept;
  ~unix_listener();

  /// Waits for a connection. Throws std::system_error; too_many_files_open and its kin pass when descriptors become
  /// free, and the connection waits meanwhile. A stop loses no connection. One task at a time.
  [[nodiscard]] detail::unix_accept_operation accept();

  /// The connections that had come and were not accepted, after which it stops listening as close() does: so none is
  /// lost. Throws std::bad_alloc.
  [[nodiscard]] std::vector<unix_stream> close_and_take();
  /// Stops listening, and removes the socket's file if it is still its own: connections that were not accepted are
  /// reset. Harmless when repeated.
  void close() noexcept;
  /// The socket, which it keeps; -1 once closed.
  int native_handle() const noexcept;
  /// What it was made with; of a socket that was taken over, what the system says.
  const std::string& path() const;

 private:
  std::unique_ptr<detail::unix_listener_core> core_;
};

}  // namespace weft
