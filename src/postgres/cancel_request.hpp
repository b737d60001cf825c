#pragma once

#include <libpq-fe.h>

#include <memory>
#include <weft/sync/event.hpp>

namespace weft::postgres::detail {

/// A request to the server to end what it does for a connection.
class cancel_request {
 public:
  /// Sends it. libpq only has a call for it that blocks for as long as the network lets it wait: a thread of its own
  /// makes it, which nobody ever waits for. A connection has at most one at a time.
  static std::shared_ptr<cancel_request> send(PGconn* connection);

  /// The server has closed the connection that the request came on, which it does when it has sent itself the signal;
  /// or it could not be reached.
  auto over() { return over_.wait(); }

 private:
  weft::event over_;
};

}  // namespace weft::postgres::detail
