#pragma once

#include <exception>
#include <string>
#include <weft/core/errors.hpp>

namespace weft::testing {

/// A program did not hold what weft::testing demands of every program, or failed under for_each_seed or for_each_stop;
/// what() then says how to repeat the run.
class failure : public error {
 public:
  explicit failure(const std::string& text, std::exception_ptr cause = nullptr);
  /// What the program threw; null if it is not that.
  const std::exception_ptr& cause() const noexcept { return cause_; }

 private:
  std::exception_ptr cause_;
};

}  // namespace weft::testing
