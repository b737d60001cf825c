#pragma once

#include <memory>

namespace weft::detail {

class shared_state;
class step_watch;

/// Answers `weft ps` and `weft pstree` for the loops of this process, from a thread of its own.
///
/// It exists while a loop does, if the environment variable WEFT_INSPECT is set: to the directory for its socket, or to
/// anything else for the default one, `$XDG_RUNTIME_DIR/weft` or `/tmp/weft-UID`. The directory is made for the user
/// alone, and not used if others can enter it.
class inspector {
 public:
  static bool wanted() noexcept;

  /// Makes a loop known while the result exists. Throws std::system_error, or weft::error for an unsafe directory.
  class registration;
  static std::shared_ptr<registration> add(std::shared_ptr<shared_state> loop, const step_watch& watch);
};

}  // namespace weft::detail
