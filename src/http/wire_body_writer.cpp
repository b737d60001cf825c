#include "http/wire_body_writer.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <weft/http/writer.hpp>

#include "http/time_limit.hpp"

namespace weft::http::detail {

namespace {

// What a peer must take within its time, so that a slow one shows that it takes something.
constexpr std::size_t piece_size = std::size_t{256} << 10;

task<> write_parts(byte_stream& to, std::string_view before, std::string_view bytes, std::string_view after) {
  const std::array<std::string_view, 3> parts{before, bytes, after};
  co_await to.write(parts);
}

}  // namespace

task<> wire_body_writer::write(std::string_view bytes) {
  if (left_ && bytes.size() > *left_) {
    throw std::logic_error{"a body of more bytes than were announced: " + std::to_string(bytes.size() - *left_) +
                           " too many"};
  }
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_size);
    if (left_) {
      co_await write_in_time({}, piece, {});
      *left_ -= piece.size();
    } else {
      frame_.clear();
      write_chunk_begin(frame_, piece.size());
      co_await write_in_time(frame_, piece, "\r\n");
    }
    bytes.remove_prefix(piece.size());
  }
}

task<> wire_body_writer::write_in_time(std::string_view before, std::string_view bytes, std::string_view after) {
  const bool taken = co_await in_time(write_parts(*stream_, before, bytes, after), time_);
  if (!taken) throw timeout_error{"nothing more was taken in " + seconds_text(time_)};
}

void wire_body_writer::trailer(std::string_view name, std::string_view value) {
  if (left_) throw std::logic_error{"a body of an announced length has no trailers"};
  trailers_.add(name, value);
}

task<> wire_body_writer::finish() {
  if (left_) {
    if (*left_ != 0) {
      throw std::logic_error{"a body of fewer bytes than were announced: " + std::to_string(*left_) + " are missing"};
    }
    co_return;
  }
  frame_.clear();
  write_last_chunk(frame_, trailers_);
  co_await write_in_time(frame_, {}, {});
}

}  // namespace weft::http::detail
