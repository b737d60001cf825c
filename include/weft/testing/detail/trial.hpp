#pragma once

#include <cstdint>
#include <memory>
#include <weft/core/run.hpp>
#include <weft/testing/failure.hpp>
#include <weft/testing/options.hpp>

namespace weft::testing::detail {

/// One run of a program under test.
class trial {
 public:
  /// @param counts_frames the program's coroutines are all made during the run.
  trial(const options& how, bool counts_frames);
  trial(const trial&) = delete;
  trial& operator=(const trial&) = delete;
  ~trial();

  template <class A>
  weft::detail::task_value_t<A> run(A&& main) {
    try {
      return loop_runner().run(std::forward<A>(main));
    } catch (const cancelled_error&) {
      main_was_cancelled();
      throw;
    }
  }
  /// Ends the loop. Throws failure if anything was left behind. Does nothing when repeated.
  void finish();

  /// The program had not ended when its stop came.
  bool stopped() const noexcept;
  /// At how many places it could have been stopped.
  std::uint64_t places() const noexcept;

 private:
  class state;
  runner& loop_runner() noexcept;
  void main_was_cancelled();
  std::unique_ptr<state> state_;
};

}  // namespace weft::testing::detail
