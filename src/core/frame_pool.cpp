#include <weft/core/detail/frame_pool.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <new>
#include <utility>

#include "core/sanitizers.hpp"

namespace weft::detail {

constinit thread_local frame_cache this_thread_frames __attribute__((tls_model("initial-exec"))) = {};

namespace {

/// Blocks that came to this thread otherwise than from its lists, less those that left it so.
constinit thread_local std::int64_t blocks_acquired = 0;

}  // namespace

std::int64_t frames_in_use() noexcept {
  std::int64_t in_use = blocks_acquired;
  for (const frame_cache::list& list : this_thread_frames.lists) {
    in_use -= list.count;
    if (list.spare != nullptr) in_use -= list.limit;
  }
  return in_use;
}

#if !WEFT_UNDER_ASAN

namespace {

using block = frame_cache::block;

constexpr std::size_t chunk_bytes = std::size_t{32} << 10;
constexpr std::size_t cached_bytes = std::size_t{256} << 10;

/// The head of a list of blocks that changes threads as a whole; lies in the first block of the list.
struct batch : block {
  batch* next_batch;
  std::uint32_t count;
};

constexpr std::size_t block_bytes(std::size_t index) {
  return std::max(index, sizeof(batch) / frame_cache::grain + 1) * frame_cache::grain;
}

/// Of a full list.
constexpr std::uint32_t batch_blocks(std::size_t index) {
  return static_cast<std::uint32_t>(std::max<std::size_t>(cached_bytes / 2 / block_bytes(index), 16));
}
constexpr std::uint32_t chunk_blocks(std::size_t index) {
  return static_cast<std::uint32_t>(chunk_bytes / block_bytes(index));
}

struct depot {
  std::mutex mutex;
  std::array<batch*, frame_cache::classes> batches{};
};

depot& shared_depot() {
  static auto* instance = new depot;  // never destroyed: threads may outlive static objects
  return *instance;
}

void put_in_depot(std::size_t index, block* first, std::uint32_t count) noexcept {
  depot& shared = shared_depot();
  auto* head = static_cast<batch*>(first);
  head->count = count;
  const std::lock_guard held{shared.mutex};
  head->next_batch = shared.batches[index];
  shared.batches[index] = head;
}

batch* take_from_depot(std::size_t index) noexcept {
  depot& shared = shared_depot();
  const std::lock_guard held{shared.mutex};
  batch* head = shared.batches[index];
  if (head != nullptr) shared.batches[index] = head->next_batch;
  return head;
}

/// Moves a thread's blocks to the depot when the thread ends.
struct thread_exit {
  bool armed = false;
  ~thread_exit() {
    for (std::size_t index = 1; index < frame_cache::classes; ++index) {
      frame_cache::list& list = this_thread_frames.lists[index];
      if (list.head != nullptr) put_in_depot(index, list.head, list.count);
      if (list.spare != nullptr) put_in_depot(index, list.spare, list.limit);
      list = {};
    }
  }
};
thread_local thread_exit at_thread_exit;

/// Cuts a new chunk into blocks and lists them in address order. Chunks are never returned: frames of the same size
/// will be wanted again.
block* carve(std::size_t index) {
  const std::size_t size = block_bytes(index);
  const std::uint32_t count = chunk_blocks(index);
  auto* memory = static_cast<std::byte*>(::operator new(count * size));
  block* first = nullptr;
  for (std::uint32_t i = count; i-- > 0;) {
    auto* b = reinterpret_cast<block*>(memory + i * size);
    b->next = first;
    first = b;
  }
  return first;
}

}  // namespace

void* allocate_frame_slow(std::size_t size) {
  const std::size_t index = frame_cache::class_of(size);
  if (index >= frame_cache::classes) {
    void* const memory = ::operator new(size);
    ++blocks_acquired;
    return memory;
  }
  frame_cache::list& list = this_thread_frames.lists[index];
  at_thread_exit.armed = true;
  list.limit = batch_blocks(index);
  block* first = std::exchange(list.spare, nullptr);
  if (first != nullptr) {
    list.count = list.limit;
  } else if (batch* const found = take_from_depot(index)) {
    first = found;
    list.count = found->count;
    blocks_acquired += list.count;
  } else {
    first = carve(index);
    list.count = chunk_blocks(index);
    blocks_acquired += list.count;
  }
  list.head = first->next;
  --list.count;
  return first;
}

void free_frame_slow(void* memory, std::size_t size) noexcept {
  const std::size_t index = frame_cache::class_of(size);
  if (index >= frame_cache::classes) {
    --blocks_acquired;
    return ::operator delete(memory);
  }
  frame_cache::list& list = this_thread_frames.lists[index];
  if (list.limit == 0) {
    at_thread_exit.armed = true;
    list.limit = batch_blocks(index);
  } else {
    if (list.spare != nullptr) {
      put_in_depot(index, list.spare, list.limit);
      blocks_acquired -= list.limit;
    }
    list.spare = std::exchange(list.head, nullptr);
    list.count = 0;
  }
  auto* freed = static_cast<block*>(memory);
  freed->next = list.head;
  list.head = freed;
  ++list.count;
}

#else

void* allocate_frame_slow(std::size_t size) {
  void* const memory = ::operator new(size);
  ++blocks_acquired;
  return memory;
}
void free_frame_slow(void* memory, std::size_t) noexcept {
  --blocks_acquired;
  ::operator delete(memory);
}

#endif

}  // namespace weft::detail
