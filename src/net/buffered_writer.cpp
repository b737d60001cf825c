#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <weft/core/background_group.hpp>
#include <weft/core/timeout.hpp>
#include <weft/net/buffered_writer.hpp>
#include <weft/sync/event.hpp>

namespace weft {

namespace detail {

class writer_state {
 public:
  writer_state(byte_stream& to, const write_marks& how) : stream{&to}, marks{how} {}

  std::size_t size() const noexcept { return waiting.size() + under_way; }
  void check() const {
    if (error) std::rethrow_exception(error);
  }
  void note_progress() noexcept {
    if (error || size() <= marks.low) lowered.set();
    if (error || size() == 0) emptied.set();
  }

  byte_stream* stream;
  write_marks marks;
  std::string waiting;
  std::size_t under_way = 0;
  std::exception_ptr error;
  event lowered;
  event emptied;
  background_group writers;  // one task at most
};

namespace {

task<> write_all(writer_state& state) {
  try {
    // In pieces, so that whoever waits for the low mark hears of it in time.
    const std::size_t largest = std::clamp<std::size_t>(state.marks.low, 1, std::size_t{64} << 10);
    std::string text;
    while (!state.waiting.empty()) {
      text.clear();
      text.swap(state.waiting);
      state.under_way = text.size();
      for (std::string_view rest = text; !rest.empty();) {
        const std::string_view piece = rest.substr(0, largest);
        co_await state.stream->write(piece);
        rest.remove_prefix(piece.size());
        state.under_way = rest.size();
        state.note_progress();
      }
    }
  } catch (...) {
    state.error = std::current_exception();
    state.note_progress();
  }
}

}  // namespace
}  // namespace detail

buffered_writer::buffered_writer(byte_stream& stream, write_marks marks)
    : state_{std::make_unique<detail::writer_state>(stream, marks)} {
  if (marks.low > marks.high) throw std::invalid_argument{"buffered_writer: the low mark is above the high one"};
}
buffered_writer::buffered_writer(buffered_writer&& other) noexcept = default;
buffered_writer::~buffered_writer() = default;

std::size_t buffered_writer::buffered() const noexcept { return state_->size(); }

void buffered_writer::write(std::string_view text) {
  detail::writer_state& state = *state_;
  state.check();
  if (text.empty()) return;
  state.waiting += text;
  if (state.size() > state.marks.high) state.lowered.clear();
  state.emptied.clear();
  if (state.writers.empty()) state.writers.create_task(detail::write_all(state), {.name = "buffered_writer"});
}

task<> buffered_writer::drain() {
  detail::writer_state& state = *state_;
  if (!state.error && state.size() > state.marks.high) co_await state.lowered.wait();
  state.check();
}

task<> buffered_writer::flush() {
  detail::writer_state& state = *state_;
  if (!state.error && state.size() != 0) co_await state.emptied.wait();
  state.check();
}

task<> buffered_writer::exit(const exit_reason& reason) {
  detail::writer_state& state = *state_;
  std::exception_ptr late;
  if (reason.ok()) {
    try {
      if (state.marks.exit_limit > std::chrono::nanoseconds{0}) {
        co_await wait_for(flush(), state.marks.exit_limit);
      } else {
        co_await flush();
      }
    } catch (const timeout_error&) {
      late = std::make_exception_ptr(timeout_error{std::to_string(state.size()) + " bytes to " +
                                                   state.stream->peer_name() + " were not taken in time"});
    } catch (...) {
      late = std::current_exception();
    }
  }
  co_await state.writers.shutdown();
  if (late) std::rethrow_exception(late);
}

}  // namespace weft
