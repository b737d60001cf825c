#include "files/file_steps.hpp"

#include <algorithm>
#include <weft/core/thread_pool.hpp>

#include "core/ring_call.hpp"

namespace weft::detail {

namespace {

/// One operation of the kernel moves no more.
unsigned in_range(std::size_t size) noexcept { return static_cast<unsigned>(std::min(size, std::size_t{1} << 30)); }

}  // namespace

task<> write_what_is_buffered(file_state& file) {
  kernel_ring* const ring = ring_of_this_loop();
  if (ring == nullptr) {
    co_await to_thread([&] { file.drain(); });
    co_return;
  }
  while (file.has_unwritten()) {
    const file_state::transfer next = file.next_write();
    const int n = co_await ring_call{*ring, "file.write",
                                     [&](io_uring_sqe& entry) {
                                       io_uring_prep_write(&entry, file.fd(), next.data, in_range(next.size),
                                                           static_cast<std::uint64_t>(next.offset));
                                     },
                                     [&](int result) { file.end_write(result); }};
    if (n < 0 && !next.may_try_again(n)) throw_file_error("write", file.path(), -n);
  }
}

task<> fill(file_state& file, std::size_t wanted) {
  kernel_ring* const ring = ring_of_this_loop();
  if (ring == nullptr) {
    co_await to_thread([&] { file.fill(wanted); });
    co_return;
  }
  if (file.has_unwritten()) co_await write_what_is_buffered(file);
  for (;;) {
    const file_state::transfer next = file.begin_fill(wanted);
    const int n = co_await ring_call{*ring, "file.read",
                                     [&](io_uring_sqe& entry) {
                                       io_uring_prep_read(&entry, file.fd(), next.data, in_range(next.size),
                                                          static_cast<std::uint64_t>(next.offset));
                                     },
                                     [&](int result) { file.end_fill(result); }};
    if (n >= 0) co_return;
    if (!next.may_try_again(n)) throw_file_error("read", file.path(), -n);
  }
}

task<std::string> read_at(file_state& file, std::uint64_t offset, std::size_t size) {
  kernel_ring* const ring = ring_of_this_loop();
  if (ring == nullptr) co_return co_await to_thread([&] { return file.read_at(offset, size); });
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const int n = co_await ring_call{*ring, "file.read_at",
                                     [&](io_uring_sqe& entry) {
                                       io_uring_prep_read(&entry, file.fd(), text.data() + got, in_range(size - got),
                                                          offset + got);
                                     },
                                     [](int) {}};
    if (n == 0) break;
    if (n > 0) got += static_cast<std::size_t>(n);
    if (n < 0 && n != -EINTR) throw_file_error("read", file.path(), -n);
  }
  text.resize(got);
  co_return text;
}

task<> write_at(file_state& file, std::uint64_t offset, std::string_view text) {
  kernel_ring* const ring = ring_of_this_loop();
  if (ring == nullptr) {
    co_await to_thread([&] { file.write_at(offset, text); });
    co_return;
  }
  while (!text.empty()) {
    const int n =
        co_await ring_call{*ring, "file.write_at",
                           [&](io_uring_sqe& entry) {
                             io_uring_prep_write(&entry, file.fd(), text.data(), in_range(text.size()), offset);
                           },
                           [](int) {}};
    if (n < 0 && n != -EINTR) throw_file_error("write", file.path(), -n);
    if (n <= 0) continue;
    offset += static_cast<std::uint64_t>(n);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

task<> synchronize(file_state& file) {
  kernel_ring* const ring = ring_of_this_loop();
  if (ring == nullptr) {
    co_await to_thread([&] { file.sync(); });
    co_return;
  }
  co_await write_what_is_buffered(file);
  const int status = co_await ring_call{
      *ring, "file.sync", [&](io_uring_sqe& entry) { io_uring_prep_fsync(&entry, file.fd(), 0); }, [](int) {}};
  if (status < 0) throw_file_error("fsync", file.path(), -status);
}

task<descriptor> open_descriptor(const std::filesystem::path& path, int flags, unsigned permissions) {
  descriptor opened;
  kernel_ring* const ring = ring_of_this_loop();
  int error = 0;
  if (ring == nullptr) {
    co_await to_thread([&] {
      opened = descriptor{without_interrupts([&] { return ::open(path.c_str(), flags, permissions); })};
      if (!opened) error = errno;
    });
  } else {
    do {
      error = -co_await ring_call{
          *ring, "open_file",
          [&](io_uring_sqe& entry) { io_uring_prep_openat(&entry, AT_FDCWD, path.c_str(), flags, permissions); },
          [&](int fd) { opened = descriptor{fd}; }};
    } while (error == EINTR);
  }
  if (!opened) throw_file_error("open", path, error);
  co_return opened;
}

task<std::size_t> read_next(const descriptor& from, const std::filesystem::path& path, std::span<char> into) {
  constexpr auto where_it_stands = static_cast<std::uint64_t>(-1);
  int n = 0;
  do {
    n = co_await ring_call{*ring_of_this_loop(), "read_file",
                           [&](io_uring_sqe& entry) {
                             io_uring_prep_read(&entry, from.get(), into.data(), in_range(into.size()),
                                                where_it_stands);
                           },
                           [](int) {}};
  } while (n == -EINTR);
  if (n < 0) throw_file_error("read", path, -n);
  co_return static_cast<std::size_t>(n);
}

}  // namespace weft::detail
