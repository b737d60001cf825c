#include "tool.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <sstream>

namespace weft_test {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 40s;

int open_or_die(const char* path, int flags) {
  const int fd = ::open(path, flags | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error{std::string{"cannot open "} + path};
  return fd;
}

}  // namespace

tool::tool(std::vector<std::string> arguments, const tool_options& options) {
  const char* const program = std::getenv("WEFT_TOOL");
  if (program == nullptr) throw std::runtime_error{"WEFT_TOOL must name the program to test"};
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const std::string out_path = place_.file("out");
  const std::string err_path = place_.file("err");
  const int in = options.input_descriptor >= 0
                     ? options.input_descriptor
                     : open_or_die(options.input.empty() ? "/dev/null" : options.input.c_str(), O_RDONLY);
  const int out = options.output_descriptor >= 0 ? options.output_descriptor
                                                 : open_or_die(out_path.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  const int err = open_or_die(err_path.c_str(), O_WRONLY | O_CREAT | O_APPEND);

  pid_ = ::fork();
  if (pid_ == 0) {  // threads of the test's may run: only what a signal handler may do
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    if (options.descriptors != 0) {
      const rlimit limit{options.descriptors, options.descriptors};
      ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    ::execv(argv[0], argv.data());
    ::_exit(126);
  }
  if (options.input_descriptor < 0) ::close(in);
  if (options.output_descriptor < 0) ::close(out);
  ::close(err);
  if (pid_ < 0) throw std::runtime_error{"fork"};
  changes_.emplace(out_path, pid_);
}

tool::~tool() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void tool::signal(int number) const { ::kill(pid_, number); }

bool tool::eventually(const std::function<bool()>& condition) const {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    changes_->wait();
  }
  return true;
}

bool tool::has_written(std::string_view text) const {
  return eventually([&] { return output().find(text) != std::string::npos; });
}

int tool::wait() {
  int status = 0;
  const bool ended = eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
  if (!ended) {
    ADD_FAILURE() << "the program has not ended";
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status, 0);
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

finished run_tool(std::vector<std::string> arguments, const tool_options& options) {
  tool process{std::move(arguments), options};
  const int status = process.wait();
  return {status, process.output(), process.errors()};
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> found;
  std::istringstream stream{std::string{text}};
  for (std::string line; std::getline(stream, line);) found.push_back(line);
  return found;
}

std::string field(std::string_view record, std::string_view name) {
  const std::string key = "\"" + std::string{name} + "\":";
  const std::size_t at = record.find(key);
  if (at == std::string_view::npos) return "(none)";
  std::string_view value = record.substr(at + key.size());
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    return std::string{value.substr(0, value.find('"'))};
  }
  return std::string{value.substr(0, value.find_first_of(",}"))};
}

std::string record_of(std::string_view output, std::string_view url) {
  std::string found;
  for (const std::string& line : lines(output)) {
    if (field(line, "url") != url) continue;
    if (!found.empty()) ADD_FAILURE() << "a second record of " << url;
    found = line;
  }
  if (found.empty()) ADD_FAILURE() << "no record of " << url << " in:\n" << output;
  return found;
}

}  // namespace weft_test
