#include "net/socket_core.hpp"

#include <unistd.h>

#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/net/detail/socket_leaf.hpp>

#include "core/loop.hpp"

namespace weft::detail {

namespace {

/// How many system calls a socket may make without letting others run: a peer that always has data must not starve
/// the loop.
constexpr std::uint8_t turns_in_a_row = 32;

std::shared_ptr<loop_shared> shared_of_this_loop(int fd) {
  if (this_thread_loop == nullptr) ::close(fd);
  return loop_of(require_loop("a socket")).shared;
}

}  // namespace

void throw_system_error(int error, const std::string& what) {
  throw std::system_error{error, std::generic_category(), what};
}

socket_core::socket_core(int fd) : home_{shared_of_this_loop(fd)} { watch.fd = fd; }

socket_core::~socket_core() { close(); }

void socket_core::close() noexcept {
  if (!is_open()) return;
  if (home_->loop != nullptr) stop_watching(watch);
  ::close(std::exchange(watch.fd, -1));
  if (watch.reader != nullptr) std::exchange(watch.reader, nullptr)->wake();
  if (watch.writer != nullptr) std::exchange(watch.writer, nullptr)->wake();
}

void socket_core::watch_it() {
  if (watch.loop == nullptr) start_watching(*this_thread_loop, watch);
}

void socket_core::check_loop() const {
  if (home_->loop != this_thread_loop) throw std::logic_error{"a socket can only be used on its own loop"};
}

// ---- socket_leaf ----------------------------------------------------------------------------------------------------

bool& socket_leaf::busy() const noexcept { return way_ == direction::read ? socket_->reading : socket_->writing; }

bool socket_leaf::begin() {
  socket_->check_loop();
  if (busy()) {
    throw std::logic_error{way_ == direction::read ? "two tasks read from one socket at the same time"
                                                   : "two tasks write to one socket at the same time"};
  }
  return attempt();
}

bool socket_leaf::must_yield() noexcept {
  if (++socket_->turns < turns_in_a_row) return false;
  socket_->turns = 0;
  yields_ = true;
  return true;
}

bool socket_leaf::wait(void* frame) {
  io_watch& watch = socket_->watch;
  for (;;) {
    if (std::exchange(yields_, false)) {
      busy() = true;
      suspend(frame);
      if (waiting()) wake();
      return true;
    }
    socket_->turns = 0;
    socket_->watch_it();
    bool& edge = way_ == direction::read ? watch.readable : watch.writable;
    if (!std::exchange(edge, false)) break;
    if (attempt()) return false;
  }
  busy() = true;
  (way_ == direction::read ? watch.reader : watch.writer) = this;
  suspend(frame);
  return true;
}

void* socket_leaf::run() noexcept {
  if (phase_ == phase::woken) {
    busy() = false;
    try {
      if (!attempt() && wait(frame_)) return nullptr;
    } catch (const std::system_error& e) {
      error_ = e.code().value();
    }
  }
  return leaf::run();
}

void socket_leaf::withdraw() noexcept {
  io_watch& watch = socket_->watch;
  leaf*& place = way_ == direction::read ? watch.reader : watch.writer;
  if (place == this) place = nullptr;
  busy() = false;
  given_up();
}

void socket_leaf::abandon() noexcept {
  if (phase_ != phase::stopped_when_woken) return;  // withdrawn already
  busy() = false;
  given_up();
}

void socket_leaf::check(const char* what) const {
  if (error_ != 0) throw_system_error(error_, std::string{what} + " " + socket_->describe());
}

}  // namespace weft::detail
