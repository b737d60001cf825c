#include "http/upload.hpp"

#include <system_error>
#include <weft/core/with.hpp>

#include "http/time_limit.hpp"
#include "http/upload_source.hpp"
#include "http/wire_body_writer.hpp"

namespace weft::http::detail {

namespace {

// Servers that do not know about 100 (Continue) wait for the body; what others need to decide. curl waits as long.
constexpr std::chrono::seconds patience_with_expect{1};

task<> wait_for_event(event& what) { co_await what.wait(); }

}  // namespace

task<> upload::run() {
  co_await with(task_group{}, [this](task_group& group) { return talk(group); });
  const bool heard = heard_.is_set() && !not_heard_;
  if (heard) co_return;
  if (not_sent_) std::rethrow_exception(not_sent_);
  if (not_heard_) std::rethrow_exception(not_heard_);
  throw timeout_error{"no answer came in " + seconds_text(time_.read)};
}

task<> upload::talk(task_group& group) {
  task_handle<void> listening = group.create_task(listen());
  co_await with(cancel_scope{}, [this](cancel_scope& scope) { return send(scope); });
  // A server that has closed its end may have said why.
  co_await in_time(wait_for_event(heard_), time_.read);
  listening.cancel();
}

task<> upload::send(cancel_scope& scope) {
  sending_ = &scope;
  try {
    co_await send_all();
  } catch (const std::system_error&) {
    not_sent_ = std::current_exception();
  } catch (...) {  // the body's own: nothing else is to be waited for
    not_sent_ = std::current_exception();
    not_heard_ = not_sent_;
    heard_.set();
  }
  sending_ = nullptr;
}

task<> upload::send_all() {
  const bool written = co_await in_time(connection_->write(spec_->method, head_), time_.write);
  if (!written) throw timeout_error{"the request was not taken in " + seconds_text(time_.write)};
  if (spec_->expects_continue) co_await in_time(wait_for_event(may_go_on_), patience_with_expect);
  wire_body_writer body{connection_->stream(), length_, time_.write};
  if (spec_->source) {
    co_await spec_->source->send(body);
  } else {
    co_await body.write(spec_->body);
  }
  co_await body.finish();
  complete_ = true;
}

task<> upload::listen() {
  try {
    for (;;) {
      const bool final_one = co_await connection_->read_any_head();
      const int status = connection_->head().status;
      if (status == 100) may_go_on_.set();
      if (status >= 300 && sending_ != nullptr) sending_->cancel();  // it does not want the rest
      if (final_one) break;
    }
  } catch (...) {
    not_heard_ = std::current_exception();
    if (sending_ != nullptr) sending_->cancel();
  }
  may_go_on_.set();
  heard_.set();
}

}  // namespace weft::http::detail
