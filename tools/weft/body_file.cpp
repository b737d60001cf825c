#include "body_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>
#include <weft/core/thread_pool.hpp>

namespace weft::tool {

namespace {

constexpr std::size_t longest_name = 200;  // of the 255 bytes that systems allow, some are for the part's ending

constexpr std::size_t worth_writing = std::size_t{256} << 10;

/// The same for the same text in every run: FNV-1a.
std::uint64_t fingerprint(std::string_view text) noexcept {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

/// As the name of a file or directory.
std::string fitting(std::string name) {
  if (name == "." || name == "..") return "_" + name;  // a host may be called so
  if (name.size() <= longest_name) return name;
  const std::uint64_t number = fingerprint(name);
  name.resize(longest_name - 17);
  return name + fmt::format("-{:016x}", number);
}

}  // namespace

body_file::body_file(std::filesystem::path path, std::filesystem::path part) noexcept
    : path_{std::move(path)}, part_{std::move(part)} {}

body_file::body_file(body_file&& other) noexcept
    : path_{std::move(other.path_)},
      part_{std::exchange(other.part_, {})},
      file_{std::move(other.file_)},
      gathered_{std::move(other.gathered_)},
      written_{other.written_} {}

body_file::~body_file() {
  std::error_code gone;
  if (!part_.empty()) std::filesystem::remove(part_, gone);
}

task<body_file> body_file::open(std::filesystem::path path) {
  static std::uint64_t number = 0;  // the same URL may be fetched twice at the same time
  std::filesystem::path part = path;
  part += fmt::format(".{}.{}.part", ::getpid(), ++number);
  body_file made{std::move(path), std::move(part)};
  constexpr open_mode mode = open_mode::write | open_mode::create | open_mode::truncate;
  try {
    made.file_ = co_await open_file(made.part_, mode);
    co_return made;
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::no_such_file_or_directory) throw;
  }
  co_await to_thread([&] { std::filesystem::create_directories(made.path_.parent_path()); });
  made.file_ = co_await open_file(made.part_, mode);
  co_return made;
}

task<> body_file::write(std::string_view piece) {
  gathered_ += piece;
  if (gathered_.size() < worth_writing) co_return;
  const std::uint64_t at = std::exchange(written_, written_ + gathered_.size());
  co_await file_.write_at(at, std::move(gathered_));
  gathered_.clear();
  gathered_.reserve(worth_writing + piece.size());
}

task<> body_file::complete() {
  if (!gathered_.empty()) co_await file_.write_at(written_, std::move(gathered_));
  co_await file_.close();
  co_await to_thread([this] { std::filesystem::rename(part_, path_); });
  part_.clear();
}

std::filesystem::path file_of(const http::url& from) {
  std::filesystem::path place = fitting(std::string{from.host_header()});
  std::string_view rest = from.path();  // without "..": a URL's path is resolved
  for (std::size_t slash = 0; slash != std::string_view::npos;) {
    rest.remove_prefix(1);
    slash = rest.find('/');
    std::string name{rest.substr(0, slash)};
    rest.remove_prefix(std::min(slash, rest.size()));
    if (slash != std::string_view::npos) {
      if (!name.empty()) place /= fitting(std::move(name));
      continue;
    }
    if (name.empty()) name = "index.html";
    if (from.has_query()) {
      name += '?';
      for (const char c : from.query()) c == '/' ? name.append("%2F") : name.append(1, c);
    }
    place /= fitting(std::move(name));
  }
  return place;
}

}  // namespace weft::tool
