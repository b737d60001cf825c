#pragma once

#include <cstddef>

namespace weft::detail {

/// What an object in an intrusive list derives from. It is in at most one list of the tag's kind.
template <class Tag>
struct list_hook {
  list_hook* previous = nullptr;
  list_hook* following = nullptr;
};

/// A doubly linked list of objects that live elsewhere: O(1) at both ends and for removal, no allocation. It is one
/// pointer: the first item's `previous` is the last.
template <class T, class Tag = T>
class list {
  using hook = list_hook<Tag>;

 public:
  bool empty() const noexcept { return first_ == nullptr; }
  T* front() const noexcept { return static_cast<T*>(first_); }
  T* back() const noexcept { return first_ == nullptr ? nullptr : static_cast<T*>(first_->previous); }
  static T* after(const T& item) noexcept { return static_cast<T*>(static_cast<const hook&>(item).following); }

  void push_back(T& item) noexcept {
    hook& h = item;
    h.following = nullptr;
    if (first_ == nullptr) {
      h.previous = &h;
      first_ = &h;
    } else {
      h.previous = first_->previous;
      first_->previous->following = &h;
      first_->previous = &h;
    }
  }
  void push_front(T& item) noexcept {
    hook& h = item;
    h.following = first_;
    h.previous = first_ == nullptr ? &h : first_->previous;
    if (first_ != nullptr) first_->previous = &h;
    first_ = &h;
  }
  void remove(T& item) noexcept {
    hook& h = item;
    if (h.following != nullptr) {
      h.following->previous = h.previous;
    } else {
      first_->previous = h.previous;
    }
    if (first_ == &h) {
      first_ = h.following;
    } else {
      h.previous->following = h.following;
    }
    h.previous = h.following = nullptr;
  }
  T& pop_front() noexcept {
    T& item = *front();
    remove(item);
    return item;
  }

 private:
  hook* first_ = nullptr;
};

}  // namespace weft::detail
