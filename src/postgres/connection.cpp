#include <utility>
#include <weft/postgres/connection.hpp>

#include "postgres/link_session.hpp"
#include "postgres/opening.hpp"

namespace weft::postgres {

namespace detail {

namespace {

/// The link goes with it.
class owned_link final : public link_session {
 public:
  using link_session::link_session;
  owned_link(const owned_link&) = delete;
  owned_link& operator=(const owned_link&) = delete;
  ~owned_link() override { where()->fail("the connection was closed"); }
};

}  // namespace

}  // namespace detail

namespace {

task<connection> connect_now(std::string where, connect_options how) {
  std::shared_ptr<detail::link> opened = co_await detail::open_link(std::move(where), how);
  std::shared_ptr<detail::session> on = std::make_shared<detail::owned_link>(std::move(opened));
  co_return connection{std::move(on)};
}

}  // namespace

task<connection> connect(std::string where, connect_options how) {
  return connect_now(detail::checked_uri(where.c_str()), how);
}

connection& connection::operator=(connection&& other) noexcept {
  if (this != &other) {
    close();
    on_ = std::move(other.on_);
  }
  return *this;
}

connection::~connection() { close(); }

bool connection::is_open() const noexcept {
  return on_ && static_cast<const detail::link_session&>(*on_).where()->is_open();
}

void connection::close() noexcept {
  if (!on_) return;
  if (auto* const owned = dynamic_cast<detail::owned_link*>(on_.get()))
    owned->where()->fail("the connection was closed");
  on_.reset();
}

class advisory_lock connection::advisory_lock(std::int64_t key, lock_options how) const { return {where(), key, how}; }

std::string connection::parameter(const std::string& name) const {
  const auto& link = static_cast<const detail::link_session&>(*where()).where();
  const char* const value = link->is_open() ? PQparameterStatus(link->connection(), name.c_str()) : nullptr;
  return value != nullptr ? value : "";
}

int connection::server_process() const {
  const auto& link = static_cast<const detail::link_session&>(*where()).where();
  return link->is_open() ? PQbackendPID(link->connection()) : 0;
}

}  // namespace weft::postgres
