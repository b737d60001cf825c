#include "net/block_pool.hpp"

#include <new>

#include "core/sanitizers.hpp"

namespace weft::detail {

namespace {

constexpr std::size_t most_kept = 64;

struct free_block {
  free_block* next;
};

/// The blocks that a thread keeps.
class kept_blocks {
 public:
  kept_blocks() = default;
  kept_blocks(const kept_blocks&) = delete;
  kept_blocks& operator=(const kept_blocks&) = delete;
  ~kept_blocks() {
    while (first_ != nullptr) ::operator delete(pop());
    count_ = most_kept;  // what other thread-local objects give back after this goes straight to the heap
  }

  void* pop() noexcept {
    free_block* const block = first_;
    first_ = block->next;
    --count_;
    return block;
  }
  bool push(void* memory) noexcept {
    if (count_ >= most_kept) return false;
    first_ = ::new (memory) free_block{first_};
    ++count_;
    return true;
  }
  bool empty() const noexcept { return first_ == nullptr; }

 private:
  free_block* first_ = nullptr;
  std::size_t count_ = 0;
};

thread_local constinit kept_blocks blocks;

}  // namespace

char* block_pool::allocate(std::size_t size) {
  if (recycles_memory && size == block_size && !blocks.empty()) return static_cast<char*>(blocks.pop());
  return static_cast<char*>(::operator new(size));
}

void block_pool::free(char* memory, std::size_t size) noexcept {
  if (recycles_memory && size == block_size && blocks.push(memory)) return;
  ::operator delete(memory);
}

}  // namespace weft::detail
