#include "process/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <unordered_map>
#include <weft/core/thread_pool.hpp>
#include <weft/core/timeout.hpp>
#include <weft/net/detail/socket_leaf.hpp>

extern char** environ;  // NOLINT(readability-redundant-declaration): unistd.h has it only with _GNU_SOURCE

namespace weft::detail {

namespace {

constexpr auto wait_for_pidfd = static_cast<idtype_t>(3);  // P_PIDFD, which older headers lack

struct both_ends {
  descriptor ours;
  descriptor theirs;
};

/// A descriptor above the standard streams, which the child's are copied onto.
descriptor away_from_standard(int fd) {
  if (fd > STDERR_FILENO) return descriptor{fd};
  const descriptor low{fd};
  descriptor high{::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  if (!high) throw_system_error(errno, "fcntl");
  return high;
}

both_ends make_pipe(bool child_reads) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_system_error(errno, "pipe");
  descriptor first{ends[0]};
  descriptor second{ends[1]};
  first = away_from_standard(first.release());
  second = away_from_standard(second.release());
  both_ends pipe;
  pipe.ours = std::move(child_reads ? second : first);
  pipe.theirs = std::move(child_reads ? first : second);
  if (::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK) != 0) throw_system_error(errno, "fcntl");
  return pipe;
}

/// posix_spawn's two descriptions.
class spawn_plan {
 public:
  spawn_plan() {
    check(::posix_spawn_file_actions_init(&actions_));
    check(::posix_spawnattr_init(&attributes_));
  }
  spawn_plan(const spawn_plan&) = delete;
  spawn_plan& operator=(const spawn_plan&) = delete;
  ~spawn_plan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void connect(int from, int to) { check(::posix_spawn_file_actions_adddup2(&actions_, from, to)); }
  void open_null(int to) { check(::posix_spawn_file_actions_addopen(&actions_, to, "/dev/null", O_RDWR, 0)); }
  void change_directory(const std::filesystem::path& to) {
    check(::posix_spawn_file_actions_addchdir_np(&actions_, to.c_str()));
  }
  /// But for the first `count` behind the standard streams.
  void close_all_others(std::size_t count) {
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1 + static_cast<int>(count)));
  }
  /// A group of its own if `own_group`; and what a library may have ignored is not ignored there.
  void set_attributes(bool own_group) {
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    check(::posix_spawnattr_setsigdefault(&attributes_, &defaults));
    check(::posix_spawnattr_setpgroup(&attributes_, 0));
    const int flags = POSIX_SPAWN_SETSIGDEF | (own_group ? POSIX_SPAWN_SETPGROUP : 0);
    check(::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags)));
  }

  /// Gives the errno value.
  int spawn(pid_t& pid, const std::string& program, char** arguments, char** environment) const {
    return ::posix_spawnp(&pid, program.c_str(), &actions_, &attributes_, arguments, environment);
  }

 private:
  static void check(int error) {
    if (error != 0) throw_system_error(error, "posix_spawn");
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Opens a file for a stream of the child. A FIFO is not waited for.
descriptor open_file_for(const std::filesystem::path& file, int target) {
  const int how = target == STDIN_FILENO ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
  const int fd = ::open(file.c_str(), how | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0666);
  if (fd < 0) throw_system_error(errno, "open " + file.string());
  descriptor opened = away_from_standard(fd);
  if (::fcntl(opened.get(), F_SETFL, 0) != 0) throw_system_error(errno, "fcntl");
  return opened;
}

/// Plans where a standard stream leads, and gives the descriptors that this takes.
both_ends connect(spawn_plan& plan, const command_spec::standard_stream& stream, int target) {
  both_ends ends;
  switch (stream.leads) {
    case command_spec::way::unsaid:
    case command_spec::way::inherited:
      break;
    case command_spec::way::nothing:
      plan.open_null(target);
      break;
    case command_spec::way::with_output:
      plan.connect(STDOUT_FILENO, target);
      break;
    case command_spec::way::file:
      ends.theirs = open_file_for(stream.file, target);
      plan.connect(ends.theirs.get(), target);
      break;
    case command_spec::way::pipe:
    case command_spec::way::text:
      ends = make_pipe(target == STDIN_FILENO);
      plan.connect(ends.theirs.get(), target);
      break;
  }
  return ends;
}

/// Plans that descriptors become the child's first behind the standard streams, and gives copies that do not stand
/// where others are to go.
std::vector<descriptor> pass_descriptors(spawn_plan& plan, const std::vector<int>& passed) {
  constexpr int first = STDERR_FILENO + 1;
  std::vector<descriptor> copies;
  for (const int fd : passed) {
    copies.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, first + static_cast<int>(passed.size())));
    if (!copies.back()) throw_system_error(errno, "pass a descriptor on");
    plan.connect(copies.back().get(), first + static_cast<int>(copies.size()) - 1);
  }
  return copies;
}

/// The program and its arguments.
std::vector<std::string> arguments_of(const command_spec& spec) {
  std::vector<std::string> all;
  // Only the process itself can know its number beforehand.
  if (!spec.passed.empty()) all = {"/bin/sh", "-c", R"(LISTEN_PID=$$ exec "$0" "$@")"};
  all.push_back(spec.program);
  all.insert(all.end(), spec.arguments.begin(), spec.arguments.end());
  return all;
}

std::vector<std::string> environment_of(const command_spec& spec) {
  std::vector<std::string> all;
  if (!spec.empty_environment) {
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
      all.emplace_back(*variable);
  }
  const auto set = [&all](const std::string& name, const std::optional<std::string>& value) {
    std::erase_if(all, [&](const std::string& known) {
      return known.size() > name.size() && known[name.size()] == '=' && known.starts_with(name);
    });
    if (value) all.push_back(name + "=" + *value);
  };
  for (const auto& [name, value] : spec.environment) set(name, value);
  if (!spec.passed.empty()) {
    set("LISTEN_FDS", std::to_string(spec.passed.size()));
    set("LISTEN_PID", "");  // the shell exports what it has got
    set("LISTEN_FDNAMES", std::nullopt);
  }
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void throw_not_started(const command_spec& spec, int error) {
  std::string what = "start " + spec.program;
  std::error_code ignored;
  if (!spec.directory.empty() && !std::filesystem::is_directory(spec.directory, ignored)) {
    what += " in the directory " + spec.directory.string();
  }
  throw_system_error(error, what);
}

/// A descriptor that becomes readable when the process ends; where the kernel has none, one that never does.
int descriptor_of(pid_t pid, bool& works) {
  const long fd = ::syscall(SYS_pidfd_open, pid, 0);
  works = fd >= 0;
  return works ? static_cast<int>(fd) : ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

class end_leaf final : public socket_leaf {
 public:
  explicit end_leaf(child& process) noexcept : socket_leaf{process, direction::read} {}
  void await_resume() const { check("wait for"); }
  const char* describe() const noexcept override { return "process.wait"; }

 private:
  bool attempt() noexcept override {
    auto& process = static_cast<child&>(*socket_);
    error_ = process.try_reap();
    return error_ != 0 || process.reaped();
  }
};

/// Kills and reaps a process that nobody has taken over yet.
void discard(pid_t pid) noexcept {
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

std::unique_ptr<child> child::start(const command_spec& spec, child_pipes& pipes) {
  (void)require_loop("a command");
  spawn_plan plan;
  both_ends in = connect(plan, spec.input, STDIN_FILENO);
  both_ends out = connect(plan, spec.output, STDOUT_FILENO);
  both_ends err = connect(plan, spec.errors, STDERR_FILENO);
  const std::vector<descriptor> passed = pass_descriptors(plan, spec.passed);
  plan.close_all_others(spec.passed.size());
  if (!spec.directory.empty()) plan.change_directory(spec.directory);
  plan.set_attributes(spec.own_group);

  std::vector<std::string> arguments = arguments_of(spec);
  std::vector<std::string> environment = environment_of(spec);
  pid_t pid = 0;
  const int error = plan.spawn(pid, arguments.front(), pointers_to(arguments).data(), pointers_to(environment).data());
  if (error != 0) throw_not_started(spec, error);

  bool works = false;
  const int fd = descriptor_of(pid, works);
  if (fd < 0) {
    const int failed = errno;
    discard(pid);
    throw_system_error(failed, "wait for " + spec.program);
  }
  std::unique_ptr<child> started;
  try {
    started.reset(new child{fd, spec, pid});
  } catch (...) {
    discard(pid);
    throw;
  }
  started->has_descriptor_ = works;
  pipes.input = std::move(in.ours);
  pipes.output = std::move(out.ours);
  pipes.errors = std::move(err.ours);
  return started;
}

child::child(int fd, const command_spec& spec, pid_t pid)
    : socket_core{fd}, name_{spec.program}, grace_{spec.grace}, pid_{pid}, own_group_{spec.own_group} {}

child::~child() {
  if (reaped_) return;
  signal(SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

int child::try_reap() noexcept {
  if (reaped_) return 0;
  siginfo_t info{};
  int status = -1;
  do {
    status = has_descriptor_ ? ::waitid(wait_for_pidfd, static_cast<id_t>(watch.fd), &info, WEXITED | WNOHANG)
                             : ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
  } while (status < 0 && errno == EINTR);
  if (status < 0) {
    reaped_ = errno == ECHILD;  // somebody else has: SIGCHLD is ignored
    return errno;
  }
  if (info.si_pid == 0) return 0;
  reaped_ = true;
  exit_code_ = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
  return 0;
}

void child::signal(int number) noexcept {
  if (!reaped_) ::kill(own_group_ ? -pid_ : pid_, number);
}

task<> child::wait() {
  if (has_descriptor_) {
    co_await end_leaf{*this};
    co_return;
  }
  while (!reaped_) {
    const pid_t pid = pid_;
    co_await to_thread({.abandon_on_stop = true}, [pid] {
      siginfo_t info{};
      while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
      }
    });
    const int error = try_reap();
    if (error != 0) throw_system_error(error, "wait for " + describe());
  }
}

task<> child::end() {
  if (reaped_) co_return;
  if (grace_.count() > 0) {
    signal(SIGTERM);
    signal(SIGCONT);  // one that is stopped does not hear it otherwise
    const bool ended = co_await move_on_after(grace_, wait());
    if (ended) co_return;
  }
  signal(SIGKILL);
  co_await wait();
}

}  // namespace weft::detail
