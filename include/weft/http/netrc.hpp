#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::http {

/// Users and passwords for hosts, from a file that curl, ftp and git also read.
///
///     machine example.org login ada password "two words"
///     default login anonymous password guest
///
/// Words with spaces around them; one in double quotes may hold spaces, and `\"`, `\\`, `\n`, `\r` and `\t`. `#` begins
/// a comment where a keyword could stand. Macros (`macdef`) are skipped. A value.
class netrc {
 public:
  /// What is known of a machine. Parts that are not given are empty.
  struct entry {
    std::string machine{};  ///< empty for the default, which is for all that are not named before it
    std::string login{};
    std::string password{};

    friend bool operator==(const entry&, const entry&) = default;
  };

  /// No entries.
  netrc() noexcept = default;

  /// Reads the text of such a file.
  /// @throws std::invalid_argument that names the line (but shows nothing of it) for a word that is no keyword, or a
  /// keyword whose word is missing.
  explicit netrc(std::string_view text);

  /// Reads the file that the environment variable NETRC names, or `.netrc` in the directory of HOME. No entries if
  /// there is none. Blocks while it reads.
  /// @throws std::invalid_argument as above; std::system_error if there is one that cannot be read.
  [[nodiscard]] static netrc from_environment();

  /// The first entry for a host, case apart. With `login`, the first for that user. nullptr if there is none. Valid
  /// until this is changed or destroyed.
  [[nodiscard]] const entry* find(std::string_view host, std::string_view login = {}) const noexcept;

  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }

 private:
  std::vector<entry> entries_;
};

}  // namespace weft::http
