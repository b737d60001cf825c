#pragma once

#include <concepts>
#include <type_traits>
#include <utility>
#include <weft/core/task.hpp>

namespace weft::detail {

/// What a server does with its connections.
template <class Stream>
class connection_handler {
 public:
  virtual ~connection_handler() = default;
  virtual task<> serve(Stream connection) = 0;
};

template <class Stream, class F>
class connection_handler_of final : public connection_handler<Stream> {
 public:
  explicit connection_handler_of(F function) : function_(std::move(function)) {}
  task<> serve(Stream connection) override { return function_(std::move(connection)); }

 private:
  F function_;
};

/// A function that a server can serve such connections with.
template <class F, class Stream>
concept serves = std::same_as<std::invoke_result_t<std::decay_t<F>&, Stream>, task<>>;

}  // namespace weft::detail
