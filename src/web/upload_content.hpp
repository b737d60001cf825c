#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/files/temporary.hpp>

namespace weft::web::detail {

/// What was uploaded: bytes, or a file.
class upload_content {
 public:
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] bool in_memory() const noexcept { return !file_; }

  /// Adds what comes next. @param room how much more may be in memory.
  static task<> append(upload_content& self, std::string_view bytes, std::size_t room);
  /// All has come.
  static task<> finish(upload_content& self);

  static task<std::string> read_at(upload_content& self, std::uint64_t offset, std::size_t size);
  static task<> save_as(upload_content& self, std::filesystem::path path);

 private:
  std::string bytes_;
  std::optional<temporary_file> file_;
  std::filesystem::path saved_;  ///< where it is by now, if it was saved
  std::uint64_t size_ = 0;
};

}  // namespace weft::web::detail
