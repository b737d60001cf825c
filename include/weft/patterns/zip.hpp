#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <weft/core/gather.hpp>
#include <weft/core/generator.hpp>
#include <weft/core/iterate.hpp>

namespace weft {

namespace detail {

/// What keeps an item: a value, or a pointer for a reference.
template <class S>
using item_pointer_or_value =
    std::conditional_t<std::is_reference_v<item_of_t<S>>, std::remove_reference_t<item_of_t<S>>*, item_of_t<S>>;

template <class S>
item_of_t<S>&& item_kept_as(item_pointer_or_value<S>& kept) noexcept {
  if constexpr (std::is_reference_v<item_of_t<S>>) {
    return *kept;
  } else {
    return std::move(kept);
  }
}

/// Thrown when a source has ended: stops the others.
struct zip_end {};

template <class S>
task<item_pointer_or_value<S>> next_item(S& source) {
  auto item = co_await source.next();
  if (!item) throw zip_end{};
  if constexpr (std::is_reference_v<item_of_t<S>>) {
    co_return std::addressof(*item);
  } else {
    co_return *std::move(item);
  }
}

template <class S>
class closer_at_end {
 public:
  explicit closer_at_end(std::remove_reference_t<S>& source) noexcept : source_{&source} {}
  task<> operator()() const {
    if constexpr (owned_and_closable<S>) (void)co_await source_->close();
    co_return;
  }

 private:
  std::remove_reference_t<S>* source_;
};

template <class... S>
async_generator<std::tuple<item_of_t<S>...>> zip_items(S... sources) {
  (co_await on_close(closer_at_end<S>{sources}), ...);
  for (;;) {
    std::optional<std::tuple<item_pointer_or_value<S>...>> items;
    try {
      items.emplace(co_await gather_all(next_item(sources)...));
    } catch (const zip_end&) {
      break;
    }
    auto row = std::apply([](auto&... kept) { return std::tuple<item_of_t<S>...>{item_kept_as<S>(kept)...}; }, *items);
    co_yield std::move(row);
  }
}

}  // namespace detail

/// A generator of tuples: the first items of all sources, then the second ones, up to the end of the shortest. The
/// sources are asked at the same time; when one has ended or fails, the others are stopped, which ends them if they are
/// generators, and what they gave in this round is dropped. Sources given as rvalues are owned and closed with it,
/// lvalues are referred to. zip, for asynchronous iteration.
template <async_iterable... S>
  requires(sizeof...(S) > 0)
[[nodiscard]] async_generator<std::tuple<item_of_t<S>...>> zip(S&&... sources) {
  return detail::zip_items<S...>(std::forward<S>(sources)...);
}

}  // namespace weft
