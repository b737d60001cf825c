#pragma once

#include <cstdint>

namespace weft::detail {

/// Decides for how long a loop that has nothing to do looks for news before it sleeps: run_options::spin. Knows no
/// clock and no kernel; it is told how each wait went.
///
/// Looking pays where what is waited for comes within that time. So it begins after waits that were short enough, and
/// goes on while it finds something. Each time it does not, it wants to see twice as many short waits in a row before
/// it tries again, and each time it does, half as many: where the other side needs this very processor, or comes just
/// too late, hardly anything is lost, and a stroke of luck changes nothing.
class idle_spin {
 public:
  /// @param most how long to look, in nanoseconds; 0 or less: never.
  explicit idle_spin(std::int64_t most) noexcept : most_{most} {}

  bool wanted() const noexcept { return most_ > 0; }

  /// How long to look before the next sleep, in nanoseconds; 0: not at all.
  std::int64_t budget() const noexcept { return wanted() && short_waits_ >= patience_ ? most_ : 0; }

  /// Something came while it looked.
  void found_something() noexcept {
    if (patience_ > 1) patience_ /= 2;
    ++found_;
  }
  /// Nothing came while it looked.
  void found_nothing() noexcept {
    short_waits_ = 0;
    if (patience_ < most_patience) patience_ *= 2;
    ++missed_;
  }
  /// It did not look, and slept so many nanoseconds.
  void slept(std::int64_t took) noexcept {
    if (took < at_once) return;
    if (took > most_) {
      short_waits_ = 0;
    } else if (short_waits_ < patience_) {
      ++short_waits_;
    }
  }

  /// How often looking found something, and how often not.
  std::uint64_t found() const noexcept { return found_; }
  std::uint64_t missed() const noexcept { return missed_; }

 private:
  static constexpr int most_patience = 1024;
  static constexpr std::int64_t at_once = 1'000;  // there was something already, and this says nothing

  std::int64_t most_;
  int short_waits_ = 0;  // in a row
  int patience_ = 1;     // how many there must be
  std::uint64_t found_ = 0;
  std::uint64_t missed_ = 0;
};

}  // namespace weft::detail
