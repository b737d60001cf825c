#pragma once

#include <cstddef>

namespace weft::detail {

template <class T>
class list;

/// What a T in an intrusive list derives from: `class thing : public list_hook<thing>`. It is in at most one list.
template <class T>
class list_hook {
  friend T;
  friend list<T>;
  list_hook() = default;

  list_hook* previous_ = nullptr;
  list_hook* following_ = nullptr;
};

/// A doubly linked list of objects that live elsewhere: O(1) at both ends and for removal, no allocation. It is one
/// pointer: the first item's `previous_` is the last.
template <class T>
class list {
  using hook = list_hook<T>;

 public:
  bool empty() const noexcept { return first_ == nullptr; }
  T* front() const noexcept { return static_cast<T*>(first_); }
  T* back() const noexcept { return first_ == nullptr ? nullptr : static_cast<T*>(first_->previous_); }
  static T* after(const T& item) noexcept { return static_cast<T*>(static_cast<const hook&>(item).following_); }

  void push_back(T& item) noexcept {
    hook& h = item;
    h.following_ = nullptr;
    if (first_ == nullptr) {
      h.previous_ = &h;
      first_ = &h;
    } else {
      h.previous_ = first_->previous_;
      first_->previous_->following_ = &h;
      first_->previous_ = &h;
    }
  }
  void push_front(T& item) noexcept {
    hook& h = item;
    h.following_ = first_;
    h.previous_ = first_ == nullptr ? &h : first_->previous_;
    if (first_ != nullptr) first_->previous_ = &h;
    first_ = &h;
  }
  void remove(T& item) noexcept {
    hook& h = item;
    if (h.following_ != nullptr) {
      h.following_->previous_ = h.previous_;
    } else {
      first_->previous_ = h.previous_;
    }
    if (first_ == &h) {
      first_ = h.following_;
    } else {
      h.previous_->following_ = h.following_;
    }
  }
  T& pop_front() noexcept {
    hook& h = *first_;
    first_ = h.following_;
    if (first_ != nullptr) first_->previous_ = h.previous_;
    return static_cast<T&>(h);
  }

 private:
  hook* first_ = nullptr;
};

}  // namespace weft::detail
