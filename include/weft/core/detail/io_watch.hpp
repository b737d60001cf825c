#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <weft/core/detail/leaf.hpp>

namespace weft::detail {

/// One direction of a watched descriptor. One task at a time waits for it.
struct io_side {
  leaf* waiter = nullptr;  ///< woken when the system call may be tried again (also at end of stream and on errors)
  bool edge = false;       ///< an edge came while nobody waited
  bool drained = false;    ///< set by the user: only an edge makes it worth while to try the system call
};

/// A descriptor that the loop watches: registered once, edge-triggered. Users try the system call first and wait only
/// after EAGAIN. Must not move while it is watched.
struct io_watch {
  int fd = -1;
  io_side reader;
  io_side writer;
  bool read_only = false;  ///< set before it is watched: nobody waits to write or for urgent data
  bool troubled = false;   ///< an end, an error or urgent data has been seen: there may be no further edge
  event_loop* loop = nullptr;
  std::size_t* waiting = nullptr;  ///< how many wait for descriptors of this loop; set while it is watched
  void* registration = nullptr;    ///< the back end's

  /// Lets `waiter` wait for the next edge.
  void wait(io_side& side, leaf& waiter) noexcept {
    side.waiter = &waiter;
    ++*waiting;
  }
  /// Whoever waits does so no more; null if nobody does.
  leaf* take_waiter(io_side& side) noexcept {
    if (side.waiter != nullptr) --*waiting;
    return std::exchange(side.waiter, nullptr);
  }
  /// The system call may be tried again.
  void came(io_side& side) noexcept {
    side.drained = false;
    if (leaf* const woken = take_waiter(side)) {
      woken->wake();
    } else {
      side.edge = true;
    }
  }
  /// What of poll(2)'s events counts.
  std::uint32_t events() const noexcept;
  /// The events of poll(2) have come.
  void came(std::uint32_t events) noexcept;
};

/// Begins to watch `watch.fd` on `home`. Throws std::system_error.
void start_watching(event_loop& home, io_watch& watch);
/// Ends it; must come before the descriptor is closed. There must be nobody who waits.
void stop_watching(io_watch& watch) noexcept;

}  // namespace weft::detail
