#include "postgres/cancel_request.hpp"

#include <array>
#include <thread>
#include <utility>
#include <weft/core/errors.hpp>
#include <weft/core/loop_handle.hpp>

namespace weft::postgres::detail {

namespace {

struct free_cancel {
  void operator()(PGcancel* request) const noexcept { PQfreeCancel(request); }
};

}  // namespace

std::shared_ptr<cancel_request> cancel_request::send(PGconn* connection) {
  auto made = std::make_shared<cancel_request>();
  std::unique_ptr<PGcancel, free_cancel> request{PQgetCancel(connection)};
  std::thread{[loop = this_loop(), told = std::weak_ptr{made}, request = std::move(request)]() mutable noexcept {
    std::array<char, 256> why{};
    (void)PQcancel(request.get(), why.data(), static_cast<int>(why.size()));
    try {
      loop.call_soon_threadsafe([told = std::move(told)] {
        if (const std::shared_ptr<cancel_request> asked = told.lock()) asked->over_.set();
      });
    } catch (...) {  // NOLINT(bugprone-empty-catch): the loop has ended
    }
  }}.detach();
  return made;
}

}  // namespace weft::postgres::detail
