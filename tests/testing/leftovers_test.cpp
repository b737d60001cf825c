#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <support/descriptors.hpp>

namespace {

using weft::testing::difference;
using weft::testing::open_descriptors;

TEST(Leftovers, NameTheDescriptorsThatAreThereAndThoseThatAreNot) {
  const auto before = open_descriptors();
  EXPECT_EQ(difference(before, open_descriptors()), "");
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto with_one = open_descriptors();
  EXPECT_EQ(difference(before, with_one), "left open: " + std::to_string(fd) + ", /dev/null\n");
  ::close(fd);
  EXPECT_EQ(difference(with_one, open_descriptors()), "closed: " + std::to_string(fd) + ", /dev/null\n");
}

}  // namespace
