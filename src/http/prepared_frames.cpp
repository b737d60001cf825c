#include "http/prepared_frames.hpp"

#include <optional>

#include "http/websocket_deflate.hpp"
#include "http/websocket_frame.hpp"

namespace weft::http::detail {

namespace {

prepared_frames::frame make_frame(message_kind kind, bool compressed, std::string_view payload) {
  const websocket_opcode opcode = kind == message_kind::text ? websocket_opcode::text : websocket_opcode::binary;
  std::array<char, most_frame_header> header;
  const std::size_t size =
      write_frame_header(header.data(), {.opcode = opcode, .compressed = compressed}, payload.size());
  prepared_frames::frame made{.bytes = {}, .header = size, .compressed = compressed};
  made.bytes.reserve(size + payload.size());
  made.bytes.append(header.data(), size).append(payload);
  return made;
}

/// The thread's own, for messages that stand alone: its memory is large, and takes long to be had.
message_deflater& deflater_for(int window_bits) {
  struct one {
    int window_bits;
    message_deflater deflater;
  };
  thread_local std::optional<one> last;
  if (!last || last->window_bits != window_bits) last.emplace(one{window_bits, message_deflater{window_bits, false}});
  return last->deflater;
}

}  // namespace

prepared_frames::prepared_frames(message_kind kind, std::string_view payload)
    : kind_{kind}, plain_{make_frame(kind, false, payload)} {}

const prepared_frames::frame& prepared_frames::compressed(int window_bits) const {
  const std::lock_guard held{mutex_};
  auto& made = compressed_.at(static_cast<std::size_t>(window_bits - least_bits));
  if (!made) {
    pooled_bytes small;
    deflater_for(window_bits).deflate(payload(), true, small);
    made = std::make_unique<const frame>(make_frame(kind_, true, small.view()));
  }
  return made->bytes.size() < plain_.bytes.size() ? *made : plain_;
}

}  // namespace weft::http::detail
