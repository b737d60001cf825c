#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace weft::detail {

/// Ciphertext on its way to the transport. Holds no memory while there is none: connections that write in turn use the
/// same.
class tls_output {
 public:
  /// How much plaintext is encrypted before it is sent.
  static constexpr std::size_t batch = std::size_t{64} << 10;

  tls_output() = default;
  tls_output(const tls_output&) = delete;
  tls_output& operator=(const tls_output&) = delete;
  ~tls_output() { give_back(); }

  std::string_view view() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  /// Throws std::bad_alloc.
  void append(std::string_view bytes);
  void consume(std::size_t n) noexcept;

 private:
  void grow(std::size_t more);
  void give_back() noexcept;

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace weft::detail
