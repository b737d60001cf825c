#pragma once

#include <cstdint>
#include <tuple>
#include <utility>
#include <weft/core/detail/leaf.hpp>

#if defined(__clang__)
#define WEFT_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define WEFT_LIFETIMEBOUND
#endif

namespace weft::detail {

class socket_core;
struct io_side;

/// An operation on a socket: tries the system call, and waits for the descriptor only if the kernel says so.
/// A stop that comes while it waits leaves the socket as it is.
class socket_leaf : public leaf {
 public:
  enum class direction : std::uint8_t { read, write };

  bool await_ready() { return begin(); }
  template <weft_promise P>
  bool await_suspend(std::coroutine_handle<P> waiting) {
    return wait(waiting.address());
  }
  void on_stop() noexcept override;
  void* run() noexcept override;

 protected:
  socket_leaf(socket_core& socket, direction way) noexcept : socket_{&socket}, way_{way} {}
  ~socket_leaf() = default;

  /// Tries the system call; true if the operation is over, with error_ set if it failed.
  virtual bool attempt() noexcept = 0;
  /// A stop has ended the operation after it had to wait.
  virtual void given_up() noexcept {}
  /// True if it is another's turn: the operation goes on in the next round.
  bool must_yield() noexcept;
  /// Throws std::system_error, saying what failed, unless the operation succeeded.
  void check(const char* what) const;

  socket_core* socket_;
  int error_ = 0;  // of errno

 private:
  bool begin();
  bool wait(void* frame);
  bool& busy() const noexcept;
  io_side& side() const noexcept;
  void withdraw() noexcept final;
  void abandon() noexcept final;

  direction way_;
  bool yields_ = false;
};

/// An operation that keeps views of its arguments: it can only be awaited where it is made. create_task, gather and
/// variables refuse it.
template <class Awaiter, class... Args>
class [[nodiscard("the operation does nothing until it is awaited")]] in_place {
 public:
  explicit in_place(Args... args) noexcept : args_{args...} {}
  in_place(const in_place&) = delete;
  in_place& operator=(const in_place&) = delete;
  Awaiter operator co_await() && {
    return std::apply([](Args... args) { return Awaiter{args...}; }, args_);
  }

 private:
  std::tuple<Args...> args_;
};

}  // namespace weft::detail
