#pragma once

#include <weft/core/detail/leaf.hpp>

namespace weft::detail {

/// A descriptor that the loop watches: registered once, edge-triggered. Users try the system call first and wait only
/// after EAGAIN. Must not move while it is watched.
struct io_watch {
  int fd = -1;
  leaf* reader = nullptr;  ///< woken when reading may go on (also at end of stream and on errors)
  leaf* writer = nullptr;  ///< woken when writing may go on
  bool readable = false;   ///< an edge came while nobody waited
  bool writable = false;
  event_loop* loop = nullptr;
};

/// Begins to watch `watch.fd` on `home`. Throws std::system_error.
void start_watching(event_loop& home, io_watch& watch);
/// Ends it; must come before the descriptor is closed. Whoever waits is left alone: there must be nobody.
void stop_watching(io_watch& watch) noexcept;

/// Waits until a descriptor may be read from or written to. One task at a time per direction.
class io_leaf : public leaf {
 public:
  io_leaf(io_watch& watch, bool write, const char* what) noexcept : watch_{&watch}, write_{write}, what_{what} {}
  bool await_ready() const noexcept { return false; }
  template <weft_promise P>
  bool await_suspend(std::coroutine_handle<P> waiting) noexcept {
    return wait(waiting.address());
  }
  void await_resume() const noexcept {}
  const char* describe() const noexcept override { return what_; }

 protected:
  /// False if an edge has come since the system call failed: try again.
  bool wait(void* frame) noexcept {
    bool& edge = write_ ? watch_->writable : watch_->readable;
    if (edge) {
      edge = false;
      return false;
    }
    (write_ ? watch_->writer : watch_->reader) = this;
    suspend(frame);
    return true;
  }
  void withdraw() noexcept override { (write_ ? watch_->writer : watch_->reader) = nullptr; }

 private:
  io_watch* watch_;
  bool write_;
  const char* what_;
};

}  // namespace weft::detail
