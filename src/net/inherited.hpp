#pragma once

namespace weft::detail {

/// Makes a socket that listens non-blocking. Throws std::system_error if it is none that listens for streams, or if
/// `family` is AF_UNIX and it is of another (and the other way round).
void check_listening(int fd, int family);

}  // namespace weft::detail
