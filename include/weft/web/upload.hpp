#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <weft/core/task.hpp>

namespace weft::web {

namespace detail {
class upload_content;
}

/// A file that a form has brought; see form_file. What is small is in memory, what is larger in a temporary file, which
/// goes with the last copy of this. Copies are the same file. starlette's UploadFile.
class upload {
 public:
  upload() = default;

  /// What the client calls it: any text, perhaps a path, and never to be used as one.
  [[nodiscard]] const std::string& file_name() const noexcept { return file_name_; }
  /// What the client says it is: "image/png"; "text/plain" if it says nothing. RFC 7578, section 4.4.
  [[nodiscard]] const std::string& content_type() const noexcept { return content_type_; }
  /// In bytes.
  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] bool is_in_memory() const noexcept;

  /// All of it. Throws limit_error if that is more than `limit` bytes, std::system_error.
  [[nodiscard]] task<std::string> read(std::size_t limit = std::size_t{64} << 20) const;
  /// `size` bytes from `offset` on, fewer only at the end. Throws std::system_error.
  [[nodiscard]] task<std::string> read_at(std::uint64_t offset, std::size_t size) const;
  /// Makes it the file at a path, in the place of one that is there. What reads it afterwards reads that file. Throws
  /// std::system_error.
  [[nodiscard]] task<> save_as(std::filesystem::path path) const;

  /// For the library's own use.
  upload(std::string file_name, std::string content_type, std::shared_ptr<detail::upload_content> content) noexcept
      : file_name_{std::move(file_name)}, content_type_{std::move(content_type)}, content_{std::move(content)} {}

 private:
  std::string file_name_;
  std::string content_type_;
  std::shared_ptr<detail::upload_content> content_;
};

}  // namespace weft::web
