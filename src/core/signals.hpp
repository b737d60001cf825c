#pragma once

namespace weft::detail {

class backend;

/// While it lives, the first SIGINT or SIGTERM of the process is noted for a loop, and a second one ends the process as
/// if there were no handler. Installed by the process's main thread only; elsewhere it does nothing.
class stop_signals {
 public:
  /// @param quit_too SIGQUIT is noted as well.
  stop_signals(backend& wakes, bool wanted, bool quit_too);
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;
  ~stop_signals();

  /// The signal that has come since it was last asked, or 0.
  static int take() noexcept;
  /// True if SIGQUIT has come since.
  static bool take_quit() noexcept;

 private:
  bool installed_ = false;
  bool quit_installed_ = false;
};

}  // namespace weft::detail
