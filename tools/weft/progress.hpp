#pragma once

#include <cstdint>
#include <optional>
#include <weft/core/clock.hpp>

#include "fetch_statistics.hpp"

namespace weft::tool {

/// One line on a terminal's standard error that tells how far things are, written over again and again.
class progress_line {
 public:
  /// @param visible false: it does nothing.
  explicit progress_line(bool visible) noexcept : visible_{visible} {}

  /// @param total how many URLs there are in all, if that is known.
  void show(const fetch_statistics& statistics, std::optional<std::uint64_t> total);
  /// Takes the line away.
  void clear();

 private:
  bool visible_;
  bool shown_ = false;
  time_point last_ = now();
  std::uint64_t last_done_ = 0;
  double rate_ = 0;  // a second, of late
};

}  // namespace weft::tool
