#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::detail {

/// One thread's free lists of coroutine frames and task blocks, by size class of 16 bytes.
///
/// A coroutine takes and gives back a frame at every call, so both must be a few instructions. Blocks may be freed on
/// another thread than the one that took them: of a list that is full, and of the full one that is kept beside it, the
/// latter goes to a depot that all threads share.
/// Trivially destructible and constant-initialised, so that reaching it costs no call.
struct frame_cache {
  struct block {
    block* next;
  };
  struct list {
    block* head;
    std::uint32_t count;
    std::uint32_t limit;  // 0 until first used, and always in sanitizer builds, which want every block from malloc
    block* spare;         // `limit` further ones, or none
  };

  static constexpr std::size_t grain = 16;
  static constexpr std::size_t classes = 129;  // blocks of up to 2 KiB

  list lists[classes];

  static constexpr std::size_t class_of(std::size_t size) noexcept { return (size + grain - 1) / grain; }
};

extern constinit thread_local frame_cache this_thread_frames __attribute__((tls_model("initial-exec")));

[[nodiscard]] void* allocate_frame_slow(std::size_t size);
void free_frame_slow(void* memory, std::size_t size) noexcept;

/// How many blocks this thread has taken and not given back; blocks that change threads count on both. Costs the paths
/// above nothing: what went through the slow ones is counted, less what lies in the lists.
std::int64_t frames_in_use() noexcept;

/// A block of this thread's list; null if it has none.
[[nodiscard]] inline void* take_cached_frame(std::size_t size) noexcept {
  const std::size_t index = frame_cache::class_of(size);
  if (index >= frame_cache::classes) return nullptr;
  frame_cache::list& list = this_thread_frames.lists[index];
  frame_cache::block* const block = list.head;
  if (block != nullptr) {
    list.head = block->next;
    --list.count;
  }
  return block;
}

/// Memory for `size` bytes, aligned to 16. Throws std::bad_alloc.
[[nodiscard]] inline void* allocate_frame(std::size_t size) {
  void* const cached = take_cached_frame(size);
  return cached != nullptr ? cached : allocate_frame_slow(size);
}

/// Gives back what allocate_frame(size) gave, on any thread.
inline void free_frame(void* memory, std::size_t size) noexcept {
  const std::size_t index = frame_cache::class_of(size);
  if (index < frame_cache::classes) {
    frame_cache::list& list = this_thread_frames.lists[index];
    if (list.count < list.limit) {
      auto* block = static_cast<frame_cache::block*>(memory);
      block->next = list.head;
      list.head = block;
      ++list.count;
      return;
    }
  }
  free_frame_slow(memory, size);
}

/// Gives a class and all that derive from it their memory from the pool. The size comes from the compiler.
struct pooled {
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_frame(memory, size); }
};

}  // namespace weft::detail
