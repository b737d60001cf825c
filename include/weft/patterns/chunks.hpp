#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/core/generator.hpp>
#include <weft/core/iterate.hpp>

namespace weft {

namespace detail {

inline void check_chunk_size(std::ptrdiff_t size) {
  if (size < 1) throw std::invalid_argument{"chunks: the size must be at least 1"};
}

/// A range as pieces of up to `size` elements, each a std::span or subrange of it.
template <std::ranges::view V>
  requires std::ranges::forward_range<V>
class chunk_range {
  using inner = std::ranges::iterator_t<V>;
  using sentinel = std::ranges::sentinel_t<V>;

 public:
  class iterator;

  chunk_range(V range, std::ptrdiff_t size) : range_{std::move(range)}, size_{size} { check_chunk_size(size); }
  iterator begin() { return iterator{std::ranges::begin(range_), std::ranges::end(range_), size_}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  V range_;
  std::ptrdiff_t size_;
};

template <std::ranges::view V>
  requires std::ranges::forward_range<V>
class chunk_range<V>::iterator {
 public:
  using iterator_concept = std::forward_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = std::conditional_t<std::contiguous_iterator<inner>,
                                        std::span<std::remove_reference_t<std::iter_reference_t<inner>>>,
                                        std::ranges::subrange<inner, inner, std::ranges::subrange_kind::sized>>;

  iterator() = default;
  iterator(inner first, sentinel end, std::ptrdiff_t size)
      : first_{std::move(first)}, last_{first_}, end_{std::move(end)}, size_{size} {
    find_last();
  }

  value_type operator*() const {
    if constexpr (std::contiguous_iterator<inner>) {
      return value_type{first_, static_cast<std::size_t>(count_)};
    } else {
      return value_type{first_, last_, static_cast<std::make_unsigned_t<std::iter_difference_t<inner>>>(count_)};
    }
  }
  iterator& operator++() {
    first_ = last_;
    find_last();
    return *this;
  }
  iterator operator++(int) {
    iterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const iterator& a, const iterator& b) { return a.first_ == b.first_; }
  friend bool operator==(const iterator& a, std::default_sentinel_t) { return a.count_ == 0; }

 private:
  void find_last() { count_ = size_ - std::ranges::advance(last_, size_, end_); }

  inner first_{};
  inner last_{};
  sentinel end_{};
  std::ptrdiff_t size_ = 0;
  std::ptrdiff_t count_ = 0;
};

template <class S>
async_generator<std::vector<item_value_t<S>>> chunk_items(S source, std::size_t size) {
  if constexpr (owned_and_closable<S>) co_await on_close([&source] { return source.close(); });
  std::exception_ptr error;
  for (bool more = true; more;) {
    std::vector<item_value_t<S>> chunk;
    try {
      while (chunk.size() < size) {
        auto item = co_await source.next();
        more = static_cast<bool>(item);
        if (!more) break;
        chunk.push_back(*std::move(item));
      }
    } catch (...) {
      error = std::current_exception();
      more = false;
    }
    if (!chunk.empty()) co_yield std::move(chunk);
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace detail

/// A range in pieces of `size` elements, the last perhaps smaller, for a plain loop:
/// `for (auto chunk : chunks(rows, 100)) insert(chunk);`. Pieces are views of the range, which is referred to if it is
/// an lvalue and owned otherwise: a std::span where elements lie in a row, else a sized std::ranges::subrange. Throws
/// std::invalid_argument for a size below 1. itertools.batched, std::views::chunk.
template <class R>
  requires std::ranges::forward_range<R> && (!async_iterable<R>)
[[nodiscard]] auto chunks(R&& range, std::ptrdiff_t size) {
  return detail::chunk_range<std::views::all_t<R>>{std::views::all(std::forward<R>(range)), size};
}

/// A generator of vectors of `size` items, the last perhaps smaller, of what an asynchronous source (a generator, a
/// queue) gives. An error of the source comes out behind the items before it. Closing it closes a source that it owns.
/// Throws std::invalid_argument for a size below 1.
template <async_iterable S>
[[nodiscard]] async_generator<std::vector<detail::item_value_t<S>>> chunks(S&& source, std::ptrdiff_t size) {
  detail::check_chunk_size(size);
  return detail::chunk_items<S>(std::forward<S>(source), static_cast<std::size_t>(size));
}

}  // namespace weft
