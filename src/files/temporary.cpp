#include <cstdlib>
#include <weft/core/thread_pool.hpp>
#include <weft/files/temporary.hpp>

#include "files/file_state.hpp"

namespace weft {
namespace detail {
namespace {

std::string pattern_in(std::filesystem::path directory, const std::string& prefix) {
  if (directory.empty()) directory = std::filesystem::temp_directory_path();
  return (directory / (prefix + "XXXXXX")).string();
}

/// Removes a directory unless somebody takes it over.
struct made_directory {
  std::filesystem::path path;
  made_directory() noexcept = default;
  made_directory(made_directory&& other) noexcept : path{std::exchange(other.path, {})} {}
  made_directory& operator=(made_directory&&) = delete;
  ~made_directory() {
    if (!path.empty()) ::rmdir(path.c_str());
  }
};

task<temporary_directory> make_directory(std::filesystem::path directory, std::string prefix) {
  made_directory made = co_await to_thread([&] {
    std::string path = pattern_in(directory, prefix);
    if (::mkdtemp(path.data()) == nullptr) throw_file_error("make the directory", path);
    made_directory result;
    result.path = path;
    return result;
  });
  co_return temporary_directory{std::exchange(made.path, {})};
}

task<temporary_file> make_file(std::filesystem::path directory, std::string prefix) {
  std::unique_ptr<file_state> state = co_await to_thread([&] {
    std::string path = pattern_in(directory, prefix);
    descriptor made{::mkostemp(path.data(), O_CLOEXEC)};
    if (!made) throw_file_error("make the file", path);
    auto opened = std::make_unique<file_state>(path, std::move(made), false);
    opened->temporary = true;
    return opened;
  });
  co_return temporary_file{std::move(state)};
}

}  // namespace
}  // namespace detail

void temporary_file::keep() noexcept {
  if (has_state()) state().temporary = false;
}

temporary_directory& temporary_directory::operator=(temporary_directory&& other) noexcept {
  temporary_directory before{std::exchange(path_, std::exchange(other.path_, {}))};
  return *this;
}
temporary_directory::~temporary_directory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}
task<> temporary_directory::remove() {
  if (path_.empty()) co_return;
  co_await to_thread([this] { std::filesystem::remove_all(path_); });
  path_.clear();
}

task<temporary_file> make_temporary_file(std::filesystem::path directory, std::string prefix) {
  return detail::make_file(std::move(directory), std::move(prefix));
}
task<temporary_directory> make_temporary_directory(std::filesystem::path directory, std::string prefix) {
  return detail::make_directory(std::move(directory), std::move(prefix));
}

}  // namespace weft
