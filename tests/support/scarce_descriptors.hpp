#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <vector>

// Skips a test in which the process has no descriptor left: UndefinedBehaviorSanitizer itself needs one when it looks
// at an object.
#define WEFT_SKIP_IF_SANITIZED() static_cast<void>(0)
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#undef WEFT_SKIP_IF_SANITIZED
#define WEFT_SKIP_IF_SANITIZED() GTEST_SKIP() << "the sanitizer itself needs a descriptor when it looks at an object"
#endif
#endif

namespace weft::testing {

/// A process that may have only so many descriptors, and has none left if one wants. Ends with this.
class scarce_descriptors {
 public:
  explicit scarce_descriptors(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit scarce{most, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &scarce);
  }
  scarce_descriptors(const scarce_descriptors&) = delete;
  scarce_descriptors& operator=(const scarce_descriptors&) = delete;
  ~scarce_descriptors() {
    give_back();
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

  /// Uses up all but one.
  void leave_one() {
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken_.push_back(fd);
    ::close(taken_.back());
    taken_.pop_back();
  }
  void give_back() {
    for (const int fd : taken_) ::close(fd);
    taken_.clear();
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

}  // namespace weft::testing
