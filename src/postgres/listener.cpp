#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <weft/core/sleep.hpp>
#include <weft/postgres/detail/copy_rows.hpp>
#include <weft/postgres/listener.hpp>
#include <weft/sync/event.hpp>
#include <weft/sync/queue.hpp>

#include "postgres/background.hpp"
#include "postgres/link.hpp"
#include "postgres/opening.hpp"
#include "postgres/operation.hpp"

namespace weft::postgres {

namespace detail {

/// What a listener and the task that looks after its connection share.
class listener_state final : public link_observer {
 public:
  listener_state(std::string where, connect_options how, std::vector<std::string> channels)
      : where_{std::move(where)}, how_{how}, channels_{std::move(channels)} {}
  listener_state(const listener_state&) = delete;
  listener_state& operator=(const listener_state&) = delete;
  ~listener_state() { close(); }

  static task<> open(std::shared_ptr<listener_state> self) {
    std::shared_ptr<link> opened = co_await open_link(self->where_, self->how_);
    struct closing {
      link* of;
      ~closing() {
        if (of != nullptr) of->close();
      }
    } unless_done{opened.get()};
    opened->listens = true;
    opened->observer = self.get();
    // There may be more of them by the next turn.  NOLINTNEXTLINE(modernize-loop-convert)
    for (std::size_t i = 0; i < self->channels_.size(); ++i) co_await listen_on(opened, self->channels_[i]);
    unless_done.of = nullptr;
    if (self->closed_) {
      opened->observer = nullptr;
      opened->close();
    } else {
      self->link_ = std::move(opened);
    }
  }

  static task<> look_after(std::shared_ptr<listener_state> self) {
    constexpr std::chrono::milliseconds shortest{100};
    constexpr std::chrono::milliseconds longest{5000};
    while (!self->closed_) {
      co_await self->lost_.wait();
      self->lost_.clear();
      self->link_.reset();
      for (auto pause = shortest; !self->closed_ && !self->link_; pause = std::min(pause * 2, longest)) {
        bool failed = false;
        try {
          co_await open(self);
        } catch (const std::exception&) {
          failed = true;
        }
        if (failed) co_await sleep(pause);
      }
      if (!self->closed_) {
        self->lost_.clear();
        notification again;
        again.reconnected = true;
        self->heard_.put_nowait(std::move(again));
      }
    }
  }

  static task<> add(std::shared_ptr<listener_state> self, std::string channel) {
    self->channels_.push_back(channel);
    const std::shared_ptr<link> on = self->link_;
    if (on) co_await listen_on(on, channel);
  }

  static task<std::optional<notification>> next(std::shared_ptr<listener_state> self) {
    std::optional<notification> taken = co_await self->heard_.get();
    if (!*taken->channel.c_str() && !taken->reconnected) taken.reset();  // the end
    if (!taken) self->heard_.put_nowait({});
    co_return taken;
  }

  void close() noexcept {
    if (std::exchange(closed_, true)) return;
    if (link_) {
      link_->observer = nullptr;
      link_->close();
    }
    lost_.set();
    heard_.put_nowait({});
  }

  void quiet(link&) noexcept override {}
  void broken(link& which) noexcept override {
    which.observer = nullptr;
    if (&which == link_.get()) lost_.set();
  }
  void notified(link&, const PGnotify& what) override {
    notification heard;
    heard.channel = what.relname;
    heard.payload = what.extra;
    heard.server_process = what.be_pid;
    heard_.put_nowait(std::move(heard));
  }

 private:
  static task<> listen_on(std::shared_ptr<link> on, const std::string& channel) {
    const command what{"listen " + quoted_name(channel)};
    (void)co_await run_on(on, what);
  }

  std::string where_;
  connect_options how_;
  std::vector<std::string> channels_;
  std::shared_ptr<link> link_;
  weft::event lost_;
  weft::queue<notification> heard_;
  bool closed_ = false;
};

}  // namespace detail

namespace {

task<listener> listen_now(std::string where, std::vector<std::string> channels, connect_options how) {
  how.statement_cache = 0;
  auto state = std::make_shared<detail::listener_state>(std::move(where), how, std::move(channels));
  co_await detail::listener_state::open(state);
  detail::start_background(detail::listener_state::look_after(state));
  co_return listener{std::move(state)};
}

}  // namespace

task<listener> listen(std::string where, std::vector<std::string> channels, connect_options how) {
  return listen_now(detail::checked_uri(where.c_str()), std::move(channels), how);
}

listener& listener::operator=(listener&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}

listener::~listener() { close(); }

task<std::optional<notification>> listener::next() const { return detail::listener_state::next(state_); }

task<> listener::listen(std::string channel) const { return detail::listener_state::add(state_, std::move(channel)); }

void listener::close() noexcept {
  if (state_) state_->close();
}

}  // namespace weft::postgres
