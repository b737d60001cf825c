#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <weft/core/task.hpp>
#include <weft/files/file.hpp>
#include <weft/http/url.hpp>

namespace weft::tool {

/// A file that a body is written to. It gets its name when it is complete; until then it is another one beside it,
/// which goes with this object.
class body_file {
 public:
  /// Makes the directories above it too. Throws std::system_error.
  [[nodiscard]] static task<body_file> open(std::filesystem::path path);

  body_file(body_file&& other) noexcept;
  body_file& operator=(body_file&&) = delete;
  ~body_file();

  /// Takes the next piece of the body.
  [[nodiscard]] task<> write(std::string_view piece);
  /// All of it has come.
  [[nodiscard]] task<> complete();

 private:
  body_file(std::filesystem::path path, std::filesystem::path part) noexcept;

  std::filesystem::path path_;
  std::filesystem::path part_;  // empty once it has its name
  file file_;
  std::string gathered_;  // large writes cost least
  std::uint64_t written_ = 0;
};

/// Where below a directory the body of a URL belongs: `example.org:8080/a/b.txt`, as wget -x does it. A path that ends
/// in a slash gets "index.html", a query follows behind a question mark, and names that are too long for a file are cut
/// and get a number instead. Never leads out of the directory.
std::filesystem::path file_of(const http::url& from);

}  // namespace weft::tool
