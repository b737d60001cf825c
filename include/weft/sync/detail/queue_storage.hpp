#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <queue>
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

/// Smallest first, equal ones as they came.
template <class T, class Compare>
class priority_storage {
 public:
  std::size_t size() const noexcept { return entries_.size(); }
  void push(T&& item) { entries_.push(entry{std::move(item), next_number_++}); }
  T pop() {
    T item = std::move(entries_.top().item);
    entries_.pop();
    return item;
  }

 private:
  struct entry {
    mutable T item;  // the first can be taken out
    std::uint64_t number;
  };
  struct later {
    bool operator()(const entry& a, const entry& b) const {
      if (Compare{}(b.item, a.item)) return true;
      if (Compare{}(a.item, b.item)) return false;
      return a.number > b.number;
    }
  };

  std::priority_queue<entry, std::vector<entry>, later> entries_;
  std::uint64_t next_number_ = 0;
};

}  // namespace weft::detail
