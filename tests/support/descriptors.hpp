#pragma once

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace weft::testing {

/// The process's descriptors, and what each stands for: a path, or "socket:[number]".
using descriptors = std::map<int, std::string>;

inline descriptors open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> all{::opendir("/proc/self/fd"), &::closedir};
  descriptors found;
  if (!all) return found;
  while (const dirent* const entry = ::readdir(all.get())) {
    if (entry->d_name[0] == '.') continue;
    const int fd = std::atoi(&entry->d_name[0]);
    if (fd == ::dirfd(all.get())) continue;
    std::array<char, 256> target{};
    const ssize_t size = ::readlinkat(::dirfd(all.get()), &entry->d_name[0], target.data(), target.size());
    found[fd] = std::string{target.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
  }
  return found;
}

/// What was opened and what was closed between two looks, a line each.
inline std::string difference(const descriptors& before, const descriptors& after) {
  std::string text;
  const auto add = [&](const char* what, const descriptors& here, const descriptors& there) {
    for (const auto& [fd, target] : here) {
      const auto other = there.find(fd);
      if (other != there.end() && other->second == target) continue;
      text.append(what).append(std::to_string(fd)).append(", ").append(target).append("\n");
    }
  };
  add("closed: ", before, after);
  add("left open: ", after, before);
  return text;
}

}  // namespace weft::testing
