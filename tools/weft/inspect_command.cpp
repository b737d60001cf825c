#include "inspect_command.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/inspect_path.hpp"
#include "descriptor.hpp"

namespace weft::tool {

namespace {

/// What the process answers; throws std::system_error or weft::error.
std::string ask(pid_t process, std::string_view question) {
  struct stat of_process{};
  if (::stat(fmt::format("/proc/{}", process).c_str(), &of_process) != 0) {
    throw error{fmt::format("there is no process {}", process)};
  }
  const std::string directory = detail::inspect_directory(of_process.st_uid);
  const std::string path = directory + detail::inspect_socket_name(process);
  struct stat socket{};
  if (::stat(path.c_str(), &socket) != 0) {
    throw error{
        fmt::format("process {} has no socket {}: it must be a weft program, started with WEFT_INSPECT=1 in its "
                    "environment, in which a loop runs",
                    process, path)};
  }
  detail::check_inspect_directory(directory, of_process.st_uid);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw error{"the path is too long for a socket: " + path};
  std::memcpy(&address.sun_path[0], path.c_str(), path.size() + 1);
  const descriptor peer{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(peer.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) {
    throw std::system_error{errno, std::system_category(), path};
  }
  std::string answer;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t size = ::recv(peer.get(), part.data(), part.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw std::system_error{errno, std::system_category(), path};
    if (size == 0) break;
    answer.append(part.data(), static_cast<std::size_t>(size));
  }
  if (answer.empty()) throw error{fmt::format("process {} did not answer: it belongs to another user", process)};
  return answer;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(at); end != std::string_view::npos; end = text.find(at)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (!text.empty() || at == '\t') parts.push_back(text);
  return parts;
}

void print_table(const std::string& answer) {
  std::vector<std::vector<std::string_view>> rows{{"ID", "NAME", "WAITS FOR", "SINCE", "AT", "AWAITED BY"}};
  for (std::string_view line : split(answer, '\n')) rows.push_back(split(line, '\t'));
  std::array<std::size_t, 6> widths{};
  for (const auto& row : rows) {
    if (row.size() != widths.size()) continue;
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t width = row.size() == widths.size() && i + 1 < row.size() ? widths[i] : 0;
      fmt::format_to(std::back_inserter(line), "{}{:<{}}", i == 0 ? "" : "  ", row[i], width);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

}  // namespace

void add_inspect_commands(CLI::App& program, inspect_request& request) {
  const auto add = [&](const char* name, const char* what, bool tree) {
    CLI::App* command = program.add_subcommand(name, what);
    command->add_option("PID", request.process, "A running weft program, started with WEFT_INSPECT=1")
        ->required()
        ->check(CLI::PositiveNumber);
    command->callback([&request, tree] { request.tree = tree; });
  };
  add("ps", "List the tasks of a process: what each waits for, where, and who awaits it", false);
  add("pstree", "Show the tasks of a process as a tree of who awaits whom", true);
}

int inspect(const inspect_request& request) {
  try {
    const std::string answer = ask(request.process, request.tree ? "pstree\n" : "ps\n");
    if (request.tree) {
      fmt::print("{}", answer);
    } else {
      print_table(answer);
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "weft: {}\n", e.what());
    return 1;
  }
}

}  // namespace weft::tool
