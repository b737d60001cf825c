#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <weft/core/task.hpp>

#include "files/file_state.hpp"

// What is done to files without holding the loop up: by io_uring if the loop's back end has it, else on a thread. All
// throw std::system_error. What they are given must live until they end. A stop waits for the kernel or the thread, and
// what that has done by then is known to the file_state.

namespace weft::detail {

/// Gets about `wanted` bytes more into the file's buffer, after writing what is unwritten.
task<> fill(file_state& file, std::size_t wanted);
task<> write_what_is_buffered(file_state& file);
task<std::string> read_at(file_state& file, std::uint64_t offset, std::size_t size);
task<> write_at(file_state& file, std::uint64_t offset, std::string_view text);
/// fsync(2), after writing what is unwritten.
task<> synchronize(file_state& file);

task<descriptor> open_descriptor(const std::filesystem::path& path, int flags, unsigned permissions);
/// What read(2) gives; on io_uring only.
task<std::size_t> read_next(const descriptor& from, const std::filesystem::path& path, std::span<char> into);

}  // namespace weft::detail
