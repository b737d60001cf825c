#include "net/tls_output.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weft::detail {

namespace {

/// A batch as it is on the wire: each record's overhead, and room for a ticket or an alert.
constexpr std::size_t first_size = tls_output::batch + (std::size_t{4} << 10);

/// The memory that this thread's connections use in turn.
constinit thread_local char* spare = nullptr;
constinit thread_local bool ending = false;

struct at_thread_end {
  at_thread_end() = default;
  at_thread_end(const at_thread_end&) = delete;
  at_thread_end& operator=(const at_thread_end&) = delete;
  ~at_thread_end() {
    ending = true;
    delete[] std::exchange(spare, nullptr);
  }
};

}  // namespace

void tls_output::append(std::string_view bytes) {
  if (capacity_ - end_ < bytes.size()) grow(bytes.size());
  std::memcpy(memory_.get() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

void tls_output::consume(std::size_t n) noexcept {
  begin_ += n;
  if (begin_ == end_) give_back();
}

void tls_output::grow(std::size_t more) {
  const std::size_t held = end_ - begin_;
  if (capacity_ == 0 && more <= first_size && spare != nullptr) {
    memory_.reset(std::exchange(spare, nullptr));
    capacity_ = first_size;
    return;
  }
  if (held + more <= capacity_) {
    std::memmove(memory_.get(), memory_.get() + begin_, held);
  } else {
    const std::size_t larger = std::max({2 * capacity_, held + more, first_size});
    auto memory = std::make_unique_for_overwrite<char[]>(larger);
    if (held != 0) std::memcpy(memory.get(), memory_.get() + begin_, held);
    memory_ = std::move(memory);
    capacity_ = larger;
  }
  begin_ = 0;
  end_ = held;
}

void tls_output::give_back() noexcept {
  begin_ = end_ = 0;
  if (capacity_ == first_size && spare == nullptr && !ending) {
    static thread_local const at_thread_end guard;
    spare = memory_.release();
  }
  memory_.reset();
  capacity_ = 0;
}

}  // namespace weft::detail
