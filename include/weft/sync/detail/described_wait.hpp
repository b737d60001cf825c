#pragma once

namespace weft::detail {

/// What acquire(), wait() and their like give: a description, so that it can be passed on before it is awaited.
/// `Leaf` is made when it is, of the object that it waits for.
template <class Leaf, class Source>
class [[nodiscard("this does nothing until it is awaited")]] described_wait {
 public:
  explicit described_wait(Source& source) noexcept : source_{&source} {}
  Leaf operator co_await() const noexcept { return Leaf{*source_}; }

 private:
  Source* source_;
};

}  // namespace weft::detail
