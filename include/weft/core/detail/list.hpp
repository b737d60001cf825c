#pragma once

#include <cstddef>

namespace weft::detail {

/// What an object in an intrusive list derives from. It is in at most one list of the tag's kind.
template <class Tag>
struct list_hook {
  list_hook* previous = nullptr;
  list_hook* following = nullptr;
};

/// A doubly linked list of objects that live elsewhere: O(1) at both ends and for removal, no allocation.
template <class T, class Tag = T>
class list {
  using hook = list_hook<Tag>;

 public:
  bool empty() const noexcept { return first_ == nullptr; }
  T* front() const noexcept { return static_cast<T*>(first_); }
  T* back() const noexcept { return static_cast<T*>(last_); }
  static T* after(const T& item) noexcept { return static_cast<T*>(static_cast<const hook&>(item).following); }

  void push_back(T& item) noexcept {
    hook& h = item;
    h.previous = last_;
    h.following = nullptr;
    (last_ != nullptr ? last_->following : first_) = &h;
    last_ = &h;
  }
  void push_front(T& item) noexcept {
    hook& h = item;
    h.following = first_;
    h.previous = nullptr;
    (first_ != nullptr ? first_->previous : last_) = &h;
    first_ = &h;
  }
  void remove(T& item) noexcept {
    hook& h = item;
    (h.previous != nullptr ? h.previous->following : first_) = h.following;
    (h.following != nullptr ? h.following->previous : last_) = h.previous;
    h.previous = h.following = nullptr;
  }
  T& pop_front() noexcept {
    T& item = *front();
    remove(item);
    return item;
  }

 private:
  hook* first_ = nullptr;
  hook* last_ = nullptr;
};

}  // namespace weft::detail
