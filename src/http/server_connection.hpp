#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <weft/core/task_handle.hpp>
#include <weft/http/server_request.hpp>
#include <weft/http/server_response.hpp>
#include <weft/net/byte_stream.hpp>

#include "http/answer_head.hpp"
#include "http/handler_call.hpp"
#include "http/moving_deadline.hpp"
#include "http/sending_progress.hpp"
#include "http/server_state.hpp"

namespace weft::http::detail {

/// Counts as a reference.
class connection_reference {
 public:
  explicit connection_reference(server_connection& adopted) noexcept : to_{&adopted} {}
  connection_reference(connection_reference&& other) noexcept : to_{std::exchange(other.to_, nullptr)} {}
  connection_reference& operator=(connection_reference&&) = delete;
  inline ~connection_reference();
  server_connection& operator*() const noexcept { return *to_; }

 private:
  server_connection* to_;
};

/// A flag that is true for a while.
class raised {
 public:
  explicit raised(bool& flag) noexcept : flag_{flag} { flag_ = true; }
  raised(const raised&) = delete;
  raised& operator=(const raised&) = delete;
  ~raised() { flag_ = false; }

 private:
  bool& flag_;
};

/// What parse_head has found.
struct parsed_head {
  bool complete;
  std::size_t taken;  ///< of the input
};
/// Goes on with the head of a request, and passes over the end of one without a body. Throws protocol_error.
parsed_head parse_head(request_parser& parser, std::string_view input);

class helper_mark;
struct request_ahead;
struct requests_ahead;

/// A connection of a server: reads requests, has them handled, and sends the responses, one after the other. It lives
/// for as long as its own task, its helpers (which send and listen while a handler runs) or the loop refer to it.
///
/// Output is collected. It goes out when there is nothing more to do but to wait for the client; if a handler waits for
/// something else, a helper sends what is there.
class server_connection final : public weft::detail::node,
                                private moving_deadline,
                                public weft::detail::list_hook<server_connection>,
                                public weft::detail::pooled {
 public:
  enum class choice : std::uint8_t { by_method, stops, runs_on };  ///< of a handler, for when the client goes

  server_connection(server_state& server, byte_stream stream, const endpoint& peer);
  ~server_connection();

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  /// Its whole life.
  static task<> serve(connection_reference keep);

  // ---- for requests ----

  const request_parser& parser() const noexcept { return work_->parser; }
  const server_state& server() const noexcept { return server_; }
  byte_stream& stream() noexcept { return stream_; }
  const endpoint& peer() const noexcept { return peer_; }
  bool gone() const noexcept { return gone_; }
  void stop_when_gone(bool stops) noexcept;
  void stop_when_gone(request_ahead& ahead, bool stops) noexcept;
  /// As server_request::next.
  task<std::optional<std::string_view>> next_piece() { return next_piece(*this); }
  /// All of the body, if it is here, has an announced length of at most `limit` bytes, and nothing of it was asked for.
  /// It is to be given back before anything is waited for.
  static std::optional<std::string_view> body_at_hand(server_request& of, std::size_t limit) {
    return of.ahead_ == nullptr ? of.connection_->body_at_hand(limit) : std::nullopt;
  }
  static void give_body_back(server_request& of) { of.connection_->give_back_taken(); }
  void send_early_hints(const http::headers& fields);
  void send_early_hints(request_ahead& ahead, const http::headers& fields);

  // ---- for response_writer ----

  task<> write_body(std::string_view bytes) { return write_body(*this, bytes); }
  task<> flush();
  task<> write_file(int file, std::uint64_t offset, std::uint64_t size) {
    return write_file(*this, file, offset, size);
  }
  void add_trailer(std::string_view name, std::string_view value);

  // ---- for the loop and the server ----

  /// A turn has passed since a handler was called or wrote something.
  void* run() noexcept override;
  /// No further request, but for one that may be on its way.
  void begin_to_drain() noexcept;
  /// Reading was broken off: too late.
  bool interrupted() const noexcept { return expired_; }

 private:
  friend class helper_mark;
  friend class output_turn;
  friend class output_write;
  friend struct request_ahead;

  /// Leaves when its task does.
  class leaving {
   public:
    explicit leaving(server_connection& self) noexcept : self_{self} {}
    leaving(const leaving&) = delete;
    leaving& operator=(const leaving&) = delete;
    ~leaving() { self_.leave(); }

   private:
    server_connection& self_;
  };
  static constexpr std::size_t most_waiting = std::size_t{64} << 10;  // of output, before its writer has to wait

  enum class phase : std::uint8_t { idle, head, busy };
  enum class found : std::uint8_t { head, nothing, refusal };

  struct streaming {
    std::optional<std::uint64_t> left;  // of the announced length
    bool chunked = false;
    http::headers trailers;
  };

  static task<> serve_http(server_connection& self, std::unique_ptr<successor>& next);
  static task<> serve_requests(server_connection& self, std::unique_ptr<successor>& next);
  static task<> read_proxy(server_connection& self);
  static task<> begin_tls(server_connection& self);
  static task<> turn_away(server_connection& self);
  static task<> send_streamed(server_connection& self, server_response& response);
  static task<> send_large(server_connection& self, server_response& response);
  static task<> linger(server_connection& self);
  static task<> send_in_background(server_connection& self, helper_mark mark);
  static task<> watch_client(server_connection& self, helper_mark mark);
  static task<> end_helpers(server_connection& self);
  static task<> pass_over_body(server_connection& self);
  static task<> flush_output(server_connection& self);
  static task<> write_body(server_connection& self, std::string_view bytes);
  static task<> write_file(server_connection& self, int file, std::uint64_t offset, std::uint64_t size);
  static task<std::size_t> send_from_file(server_connection& self, int file, std::uint64_t offset, std::size_t size);
  static task<> wait_for_room(server_connection& self);
  /// Takes a piece of a streamed body; true if there is room for more.
  bool write_piece(std::string_view bytes);
  void count_body(std::uint64_t size);
  bool has_room() const noexcept;
  static task<> fill_body(server_connection& self);
  static task<std::optional<std::string_view>> next_piece(server_connection& self);

  static task<> handle_ahead(connection_reference keep, std::shared_ptr<request_ahead> ahead);

  std::optional<std::string_view> body_at_hand(std::size_t limit);
  found read_head();
  bool may_look_ahead() const noexcept;
  void look_ahead();
  found take_from_ahead();
  task<server_response> handle();
  void end_current() noexcept;
  void stop_ahead() noexcept;
  void begin_handling(weft::detail::scope& in) noexcept;
  /// Writes the response, or what of it can be written at once; true if there is more to it.
  bool respond(server_response& response);
  /// The same where nothing is to be considered, as it mostly is; otherwise does nothing, and gives false.
  bool respond_plainly(const server_response& response);
  void respond_to_error(const std::exception_ptr& error);
  void refuse(int status, std::string_view why);
  void write_error(int status, std::string_view why);
  static std::optional<std::uint64_t> announced_length(const server_response& response);
  void write_head(const server_response& response, std::optional<std::uint64_t> length, bool chunked,
                  std::string_view body = {});
  void write_status(const server_response& response, const managed_fields& managed);
  bool request_read() const noexcept { return work_->parser.done(); }
  void end_request() noexcept;
  void begin_waiting() noexcept;
  void release_work() noexcept;
  void connection_lost() noexcept;

  void count_address();
  /// A deadline has come.
  void passed() noexcept override;
  void begin_sending() noexcept;
  void end_sending() noexcept;
  void look_at_sending() noexcept;
  void cut_off() noexcept;
  void reset() noexcept;
  bool hung_up() noexcept;
  void helper_ended() noexcept;
  void schedule() noexcept;
  void wake_output() noexcept;
  /// What runs is stopped if the client goes.
  bool stops() const noexcept;
  void give_back_taken();
  void leave() noexcept;

  server_state& server_;
  byte_stream stream_;
  workspace* work_ = nullptr;
  endpoint peer_;
  server_request request_{*this};
  weft::detail::scope* handling_in_ = nullptr;  // of the handler, while it runs
  std::unique_ptr<requests_ahead> ahead_;
  streaming* streaming_ = nullptr;
  weft::detail::leaf* waiting_for_output_ = nullptr;
  any_task_handle sender_;
  any_task_handle watcher_;
  std::int64_t body_deadline_ = weft::detail::never;  // while more of the body is awaited
  std::int64_t idle_since_ = 0;
  std::int64_t waited_ = 0;  // for the body, in all
  std::uint64_t body_received_ = 0;
  std::optional<sending_progress> sent_before_;
  std::size_t head_bytes_ = 0;  // of the request, as far as they came
  std::size_t taken_ = 0;       // of what is buffered, by the last piece of the body
  std::size_t requests_ = 0;
  std::uint32_t references_ = 1;
  phase phase_ = phase::idle;
  choice choice_ = choice::by_method;
  bool counted_ = false;  // among those of its address
  bool refused_ = false;  // there are too many
  bool queued_ = false;   // in the ready queue
  bool expired_ = false;
  bool closing_ = false;  // no further request
  bool lost_ = false;     // nothing can be sent any more
  bool gone_ = false;
  bool writing_ = false;  // in its own task
  bool sending_in_background_ = false;
  bool watching_ = false;
  bool continued_ = false;  // 100 was sent, or is not needed any more
  bool body_lost_ = false;  // what is left of the body cannot be read
  bool ended_ = false;      // the client has sent its last byte
  bool left_ = false;       // its task has ended
};

inline connection_reference::~connection_reference() {
  if (to_ != nullptr) to_->release();
}

}  // namespace weft::http::detail
