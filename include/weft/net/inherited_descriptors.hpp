#pragma once

#include <string>
#include <vector>
#include <weft/net/owned_descriptor.hpp>

namespace weft {

/// A descriptor that this process was started with.
struct inherited_descriptor {
  owned_descriptor descriptor;
  std::string name;  ///< as the one who started it calls it; empty if it does not
};

/// The descriptors that whoever started this process has passed on in systemd's way (sd_listen_fds(3)): sockets that
/// listen, mostly. None if there are none, or they are meant for another process. They are taken: a second call gives
/// none, and processes started from here do not get them.
[[nodiscard]] std::vector<inherited_descriptor> inherited_descriptors();

}  // namespace weft
