#include <unistd.h>
#include <atomic>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <weft/core/task_group.hpp>
#include <weft/core/thread_pool.hpp>
#include <weft/core/with.hpp>
#include <weft/files/file.hpp>

#include "http/send.hpp"

namespace weft::http::detail {

namespace {

/// A name beside `target` that nobody else uses.
std::filesystem::path part_of(const std::filesystem::path& target) {
  static std::atomic<unsigned> number = 0;
  std::filesystem::path part = target;
  part += "." + std::to_string(::getpid()) + "-" + std::to_string(++number) + ".part";
  return part;
}

/// The file that a download goes to until it is complete; goes with this unless it was moved to its place.
class partial_file {
 public:
  explicit partial_file(const std::filesystem::path& target) : target_{target}, path_{part_of(target)} {}
  partial_file(const partial_file&) = delete;
  partial_file& operator=(const partial_file&) = delete;
  ~partial_file() {
    std::error_code gone;
    if (!path_.empty()) std::filesystem::remove(path_, gone);
  }
  const std::filesystem::path& path() const noexcept { return path_; }
  /// Blocks.
  void complete() {
    std::filesystem::rename(path_, target_);
    path_.clear();
  }

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
};

/// Writes a body to a file: while the file takes what has come, more comes.
class file_copy {
 public:
  file_copy(exchange& from, file& to) noexcept : from_{&from}, to_{&to} {}
  file_copy(const file_copy&) = delete;
  file_copy& operator=(const file_copy&) = delete;

  task<> run() {
    co_await with(task_group{}, [this](task_group& group) { return copy(group); });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static constexpr std::size_t piece_size = std::size_t{256} << 10;

  task<> copy(task_group& group) {
    std::optional<task_handle<void>> writing;
    while (!failure_ && !from_->at_end()) {
      try {
        co_await gather_piece();
      } catch (...) {  // out of run(), where it is not one of a group's
        failure_ = std::current_exception();
      }
      if (writing) co_await std::exchange(writing, std::nullopt).value();
      if (!failure_ && !piece_.empty()) writing = group.create_task(write(std::exchange(piece_, {})));
    }
  }

  task<> gather_piece() {
    piece_.reserve(piece_size + byte_stream::default_limit);
    while (piece_.size() < piece_size) {
      const std::string_view more = co_await from_->read();
      if (more.empty()) break;
      piece_ += more;
    }
  }

  task<> write(std::string piece) {
    try {
      co_await to_->write(std::move(piece));
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  exchange* from_;
  file* to_;
  std::string piece_;
  std::exception_ptr failure_;
};

task<> fetch_to_file(exchange& request, const std::filesystem::path& target, std::optional<response>& answer) {
  co_await request.begin();
  response_head head = request.take_head();
  if (head.status >= 400) co_await refuse_with_body(request, std::move(head));
  partial_file part{target};
  using enum open_mode;
  file out = co_await open_file(part.path(), write | create | exclusive);
  file_copy copying{request, out};
  co_await copying.run();
  co_await out.close();
  co_await to_thread([&] { part.complete(); });
  // NOLINTNEXTLINE(bugprone-use-after-move): refuse_with_body() throws
  answer.emplace(std::move(head), std::string{}, request.take_method(), request.take_url(), request.redirects());
}

}  // namespace

task<response> save(std::shared_ptr<client_state> client, request_spec spec, std::filesystem::path file) {
  spec.in_pieces = true;
  exchange request{std::move(client), std::move(spec)};
  std::optional<response> answer;
  co_await in_own_time(request, fetch_to_file(request, file, answer));
  co_return std::move(*answer);
}

}  // namespace weft::http::detail
