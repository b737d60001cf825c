#pragma once

#include <string>
#include <utility>
#include <weft/http/headers.hpp>

namespace weft::http::detail {

/// What a server has answered, as values.
class plain_answer {
 public:
  plain_answer(int status, http::headers headers, std::string body)
      : headers_{std::move(headers)}, body_{std::move(body)}, status_{status} {}

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const http::headers& headers() const noexcept { return headers_; }
  /// All of it, or as much as was read.
  [[nodiscard]] const std::string& body() const noexcept { return body_; }

 protected:
  ~plain_answer() = default;
  plain_answer(const plain_answer&) = default;
  plain_answer(plain_answer&&) = default;
  plain_answer& operator=(const plain_answer&) = default;
  plain_answer& operator=(plain_answer&&) = default;

  http::headers headers_;

 private:
  std::string body_;
  int status_;
};

}  // namespace weft::http::detail
