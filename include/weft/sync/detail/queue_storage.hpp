#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weft::detail {

/// First in, first out: a ring buffer that grows.
template <class T>
class fifo_storage {
 public:
  fifo_storage() noexcept = default;
  fifo_storage(const fifo_storage&) = delete;
  fifo_storage& operator=(const fifo_storage&) = delete;
  ~fifo_storage() {
    while (count_ != 0) drop();
    if (items_ != nullptr) std::allocator<T>{}.deallocate(items_, capacity_);
  }

  std::size_t size() const noexcept { return count_; }
  void push(T&& item) {
    if (count_ == capacity_) grow();
    std::construct_at(items_ + ((first_ + count_) & (capacity_ - 1)), std::move(item));
    ++count_;
  }
  T pop() {
    const dropper oldest{*this};
    return std::move(items_[first_]);
  }

 private:
  struct dropper {
    fifo_storage& from;
    ~dropper() { from.drop(); }
  };
  void drop() noexcept {
    std::destroy_at(items_ + first_);
    first_ = (first_ + 1) & (capacity_ - 1);
    --count_;
  }
  void grow() {
    const std::size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
    fifo_storage larger;
    larger.items_ = std::allocator<T>{}.allocate(capacity);
    larger.capacity_ = capacity;
    for (std::size_t i = 0; i < count_; ++i) {
      std::construct_at(larger.items_ + i, std::move(items_[(first_ + i) & (capacity_ - 1)]));
      ++larger.count_;
    }
    std::swap(items_, larger.items_);
    std::swap(capacity_, larger.capacity_);
    larger.first_ = std::exchange(first_, 0);
  }

  T* items_ = nullptr;
  std::size_t capacity_ = 0;  // a power of two
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

/// Last in, first out.
template <class T>
class lifo_storage {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void push(T&& item) { items_.push_back(std::move(item)); }
  T pop() {
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }

 private:
  std::vector<T> items_;
};

/// Smallest first, equal ones as they came. A heap in its usual array, since <algorithm>'s is long to compile.
template <class T, class Compare>
class priority_storage {
 public:
  std::size_t size() const noexcept { return entries_.size(); }
  void push(T&& item) {
    entries_.push_back(entry{std::move(item), next_number_++});
    std::size_t at = entries_.size() - 1;
    for (std::size_t above = 0; at != 0; at = above) {
      above = (at - 1) / 2;
      if (!before(entries_[at], entries_[above])) break;
      std::swap(entries_[at], entries_[above]);
    }
  }
  T pop() {
    T item = std::move(entries_.front().item);
    entry last = std::move(entries_.back());
    entries_.pop_back();
    if (entries_.empty()) return item;
    std::size_t hole = 0;
    for (std::size_t below = 1; below < entries_.size(); below = 2 * hole + 1) {
      if (below + 1 < entries_.size() && before(entries_[below + 1], entries_[below])) ++below;
      if (!before(entries_[below], last)) break;
      entries_[hole] = std::move(entries_[below]);
      hole = below;
    }
    entries_[hole] = std::move(last);
    return item;
  }

 private:
  struct entry {
    T item;
    std::uint64_t number;
  };
  static bool before(const entry& a, const entry& b) {
    if (Compare{}(a.item, b.item)) return true;
    if (Compare{}(b.item, a.item)) return false;
    return a.number < b.number;
  }

  std::vector<entry> entries_;
  std::uint64_t next_number_ = 0;
};

}  // namespace weft::detail
