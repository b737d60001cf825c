#pragma once

#include <memory>
#include <string>
#include <weft/core/detail/io_watch.hpp>
#include <weft/core/detail/posted.hpp>
#include <weft/net/endpoint.hpp>

namespace weft::detail {

/// Says that a core is a layer over another.
struct layer {};

/// A descriptor as the operations on it see it. Stays in one place; closes the descriptor.
class socket_core {
 public:
  /// Takes the non-blocking descriptor over, for the loop that runs on this thread.
  explicit socket_core(int fd);
  /// A layer over another core, which must outlive it: uses that one's watch, and leaves the descriptor to it.
  socket_core(layer, socket_core& below) noexcept;
  socket_core(const socket_core&) = delete;
  socket_core& operator=(const socket_core&) = delete;
  virtual ~socket_core();

  /// Whoever waits is woken, and finds it closed.
  void close() noexcept;
  bool is_open() const noexcept { return watch.fd >= 0; }
  /// The descriptor, which is the caller's from now on; nobody may wait for it. Closed afterwards.
  int give_up() noexcept;

  /// Registers the descriptor, if it is not. Throws std::system_error.
  virtual void watch_it();
  /// Throws std::logic_error on another loop than its own.
  void check_loop() const;
  /// "127.0.0.1:80": for messages.
  virtual std::string describe() const = 0;
  /// Throws what an operation has failed with: std::system_error of an errno value, unless the socket knows better.
  /// `what` says which operation ("read from").
  [[noreturn]] virtual void throw_error(int error, const char* what) const;

  /// The kernel may still use what the writing task handed it. Until it has said that it does not, that task waits:
  /// a stop asks the kernel to give up.
  virtual bool in_kernel() const noexcept { return false; }
  virtual void cancel_in_kernel() noexcept {}
  virtual void wait_for_kernel() noexcept {}

  io_watch& watch;
  bool reading = false;  ///< a task waits to read
  bool writing = false;
  std::uint8_t turns = 0;  ///< system calls made without waiting

 protected:
  /// The descriptor is not needed any more.
  virtual void release(int fd) noexcept;

 private:
  io_watch own_watch_;
  std::shared_ptr<loop_shared> home_;
};

/// Throws std::system_error for an errno value; `what` says what failed.
[[noreturn]] void throw_system_error(int error, const std::string& what);

}  // namespace weft::detail
