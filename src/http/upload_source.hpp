#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <weft/http/body_writer.hpp>
#include <weft/http/multipart_form.hpp>

namespace weft::http::detail {

/// A request's body that is fetched or made while it is sent; more than once, if the request is sent more than once.
class upload_source {
 public:
  upload_source(const upload_source&) = delete;
  upload_source& operator=(const upload_source&) = delete;
  virtual ~upload_source() = default;

  /// How many bytes there will be; nothing if nobody knows. Throws what send() would.
  virtual task<std::optional<std::uint64_t>> length() const = 0;
  /// Sends all of it.
  virtual task<> send(body_writer& to) const = 0;

 protected:
  upload_source() = default;
};

std::shared_ptr<const upload_source> file_body(std::filesystem::path file);
std::shared_ptr<const upload_source> multipart_body(multipart_form form);
std::shared_ptr<const upload_source> made_body(std::function<task<>(body_writer&)> make,
                                               std::optional<std::uint64_t> length);

}  // namespace weft::http::detail
