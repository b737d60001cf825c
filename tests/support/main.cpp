// The main program of all tests. A test fails that leaves a child process or a descriptor behind, or that has closed a
// descriptor which it did not open.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <memory>
#include <support/descriptors.hpp>

#include "core/sanitizers.hpp"

#if WEFT_UNDER_TSAN
#include <sanitizer/common_interface_defs.h>

#include <array>
#endif

namespace {

/// ThreadSanitizer starts a program that finds names in the middle of a test, when it has something to report or to
/// suppress. Here it does so before the first.
void start_symbolizer() {
#if WEFT_UNDER_TSAN
  std::array<char, 256> name{};
  __sanitizer_symbolize_pc(reinterpret_cast<void*>(&start_symbolizer), "%f", name.data(), name.size());
#endif
}

class leftovers_check final : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo&) override { before_ = weft::testing::open_descriptors(); }
  void OnTestEnd(const ::testing::TestInfo&) override {
    const std::string changes = weft::testing::difference(before_, weft::testing::open_descriptors());
    if (!changes.empty()) ADD_FAILURE() << "the test leaves other descriptors than it found:\n" << changes;
    if (WEFT_UNDER_TSAN) return;  // its symbolizer is a child too; the other builds look
    siginfo_t child{};
    const bool none = ::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0;
    if (!none) ADD_FAILURE() << "the test leaves a child process, which " << (child.si_pid == 0 ? "runs" : "has ended");
  }

  weft::testing::descriptors before_;
};

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  start_symbolizer();
  ::testing::UnitTest::GetInstance()->listeners().Append(std::make_unique<leftovers_check>().release());
  return RUN_ALL_TESTS();
}
