#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <weft/core/detail/timer.hpp>
#include <weft/testing/fake_peer.hpp>

#include "core/loop.hpp"
#include "net/tcp_core.hpp"
#include "testing/random.hpp"

namespace weft::testing::detail {

class fake_connection;

/// A stream without a socket: one end of a fake connection.
class fake_end final : public weft::detail::tcp_core {
 public:
  fake_end(std::shared_ptr<fake_connection> connection, std::size_t side);
  ~fake_end() override { close(); }

  std::string describe() const override { return side_ == 0 ? "a fake peer" : "the stream under test"; }
  void watch_it() override {}
  ssize_t receive(std::span<char> room) noexcept override;
  ssize_t send(const msghdr& message) noexcept override;
  bool sends_files() const noexcept override { return false; }
  int shut_down_writing() noexcept override;
  int set_option(int, int, const void*, socklen_t) const noexcept override { return 0; }
  endpoint local() const override;
  int native_handle() const noexcept override { return -1; }

 private:
  void release(int fd) noexcept override;

  std::shared_ptr<fake_connection> connection_;
  std::size_t side_;
  std::size_t waiting_ = 0;  // what a loop's count of waiting descriptors is to a socket
};

/// One direction of a fake connection.
class fake_line final : public weft::detail::timer {
 public:
  explicit fake_line(weft::detail::event_loop& loop) noexcept : loop_{&loop} {}
  ~fake_line();

  // Of the writing end.
  std::size_t room() const noexcept { return held_ < room_ ? room_ - held_ : 0; }
  /// Carries what the line is not cut before; gives how much that is.
  std::size_t carry(std::string_view bytes);
  /// What comes last. Nothing can be carried afterwards.
  void end(cut how);
  bool ended() const noexcept { return ended_; }
  /// It is time for the cut.
  bool is_due_to_be_cut() const noexcept { return until_cut == 0; }

  // Of the reading end.
  /// Bytes that have come; 0 if none have.
  std::size_t take(std::span<char> room) noexcept;
  /// Nothing is left but the end, and that has come.
  bool at_end() const noexcept;
  bool was_reset() const noexcept { return ended_ && last_ == cut::reset; }
  /// The end has come, though more may have to be read before.
  bool end_has_come() const noexcept;

  void fired() noexcept override;

  fake_end* reader = nullptr;  ///< null once it is closed
  fake_end* writer = nullptr;

  // What the peer wishes.
  clock::duration delay{};
  clock::duration pause{};
  std::vector<std::size_t> sizes;
  std::size_t next_size = 0;
  std::size_t largest = 0;  ///< of random pieces; 0: they are not random
  random_source random{0};
  std::size_t until_cut = no_cut;
  cut how = cut::end;
  static constexpr std::size_t no_cut = ~std::size_t{0};
  void set_room(std::size_t bytes) noexcept { room_ = bytes; }

 private:
  struct piece {
    std::string bytes;
    std::int64_t due;
  };
  std::size_t size_of_next(std::size_t most) noexcept;
  std::int64_t arrival() const noexcept;
  void announce() noexcept;

  weft::detail::event_loop* loop_;
  std::deque<piece> pieces_;  // an empty one is the end
  std::size_t taken_ = 0;     // of the first
  std::size_t held_ = 0;
  std::size_t room_ = fake_peer::default_room;
  std::int64_t last_due_ = 0;
  bool ended_ = false;
  cut last_ = cut::end;
};

/// Two ends and the lines between them. End 0 is the stream under test, end 1 its peer; line i carries to end i.
class fake_connection {
 public:
  explicit fake_connection(weft::detail::event_loop& loop) noexcept
      : home_{weft::detail::loop_of(loop).shared}, to_stream_{loop}, to_peer_{loop} {}

  fake_line& to(std::size_t side) noexcept { return side == 0 ? to_stream_ : to_peer_; }
  bool loop_lives() const noexcept { return home_->loop != nullptr; }

  void cut_after(std::size_t side, std::size_t bytes, cut how);
  void cut_off(cut how);
  bool was_cut() const noexcept { return was_cut_; }

 private:
  std::shared_ptr<weft::detail::loop_shared> home_;
  fake_line to_stream_;
  fake_line to_peer_;
  bool was_cut_ = false;
};

}  // namespace weft::testing::detail
