#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <weft/core/task.hpp>
#include <weft/process/detail/command_spec.hpp>

#include "core/descriptor.hpp"
#include "net/socket_core.hpp"

namespace weft::detail {

/// The ends of a child's standard streams that are ours; those that it does not have are empty.
struct child_pipes {
  descriptor input;
  descriptor output;
  descriptor errors;
};

/// A process that was started and has not been reaped.
class child final : public socket_core {
 public:
  /// Starts it; what is unsaid of its streams is inherited. Throws std::system_error. `pipes` gets our ends,
  /// non-blocking.
  static std::unique_ptr<child> start(const command_spec& spec, child_pipes& pipes);
  ~child() override;

  std::string describe() const override { return name_ + " (process " + std::to_string(pid_) + ")"; }
  pid_t pid() const noexcept { return pid_; }
  bool reaped() const noexcept { return reaped_; }
  /// Its exit status, or minus the signal that ended it.
  int exit_code() const noexcept { return exit_code_; }

  /// Reaps it if it has ended, without waiting. Gives an errno value.
  int try_reap() noexcept;
  /// To it, or to its group; nothing once it was reaped.
  void signal(int number) noexcept;
  /// Without a descriptor to wait for (kernels before 5.3), a thread waits.
  bool has_descriptor() const noexcept { return has_descriptor_; }

  /// Waits until it has ended. A stop leaves it as it is.
  task<> wait();
  /// Ends it: by asking, then by force. Waits until it has ended.
  task<> end();

 private:
  child(int fd, const command_spec& spec, pid_t pid);

  std::string name_;
  std::chrono::nanoseconds grace_;
  pid_t pid_;
  bool own_group_;
  bool has_descriptor_;
  bool reaped_ = false;
  int exit_code_ = 0;
};

}  // namespace weft::detail
