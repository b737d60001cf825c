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

socket_core::socket_core(int fd) : watch{own_watch_}, home_{shared_of_this_loop(fd)} { watch.fd = fd; }

socket_core::socket_core(layer, socket_core& below) noexcept : watch{below.watch}, home_{below.home_} {}

socket_core::~socket_core() {
  if (&watch == &own_watch_) close();
}

void socket_core::close() noexcept {
  if (!is_open()) return;
  leaf* const reader = watch.take_waiter(watch.reader);
  // Whoever writes must not go on before the kernel has let go of the text.
  leaf* const writer = in_kernel() ? nullptr : watch.take_waiter(watch.writer);
  if (home_->loop != nullptr) stop_watching(watch);
  release(std::exchange(watch.fd, -1));
  if (reader != nullptr) reader->wake();
  if (writer != nullptr) writer->wake();
}

int socket_core::give_up() noexcept {
  if (home_->loop != nullptr) stop_watching(watch);
  return std::exchange(watch.fd, -1);
}

void socket_core::throw_error(int error, const char* what) const {
  throw_system_error(error, std::string{what} + " " + describe());
}

void socket_core::release(int fd) noexcept { ::close(fd); }

void socket_core::watch_it() {
  if (watch.loop == nullptr) start_watching(*this_thread_loop, watch);
}

void socket_core::check_loop() const {
  if (home_->loop != this_thread_loop) throw std::logic_error{"a socket can only be used on its own loop"};
}

// ---- socket_leaf ----------------------------------------------------------------------------------------------------

bool& socket_leaf::busy() const noexcept { return way_ == direction::read ? socket_->reading : socket_->writing; }

io_side& socket_leaf::side() const noexcept {
  return way_ == direction::read ? socket_->watch.reader : socket_->watch.writer;
}

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
  for (;;) {
    if (std::exchange(yields_, false)) {
      busy() = true;
      suspend(frame);
      if (waiting()) wake();
      return true;
    }
    socket_->turns = 0;
    socket_->watch_it();
    if (!std::exchange(side().edge, false)) break;
    if (attempt()) return false;
  }
  busy() = true;
  socket_->watch.wait(side(), *this);
  suspend(frame);
  return true;
}

void socket_leaf::on_stop() noexcept {
  if (phase_ == phase::waiting && way_ == direction::write && socket_->in_kernel()) {
    socket_->cancel_in_kernel();  // it goes on when the kernel has given up
  } else {
    leaf::on_stop();
  }
}

void* socket_leaf::run() noexcept {
  if (phase_ == phase::woken && in_scope().stop_requested) phase_ = phase::stopped_when_woken;
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
  if (way_ == direction::write && socket_->in_kernel()) socket_->wait_for_kernel();  // the frame is about to go
  if (side().waiter == this) (void)socket_->watch.take_waiter(side());
  busy() = false;
  given_up();
}

void socket_leaf::abandon() noexcept {
  if (phase_ != phase::stopped_when_woken) return;  // withdrawn already
  busy() = false;
  given_up();
}

void socket_leaf::check(const char* what) const {
  if (error_ != 0) socket_->throw_error(error_, what);
}

}  // namespace weft::detail
