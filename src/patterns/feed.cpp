#include <stdexcept>
#include <weft/patterns/detail/feed.hpp>

namespace weft::detail {

void refuse_second_block() { throw std::logic_error{"a stream of results can be used in one with() only"}; }

void refuse_next_outside_block() {
  throw std::logic_error{
      "next() outside of a block: give the stream to with() first, "
      "co_await with(merge(a, b), [](auto& items) -> task<> { while (auto item = co_await items.next()) ... })"};
}

}  // namespace weft::detail
