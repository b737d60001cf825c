#include "http/websocket_deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <string>
#include <utility>
#include <weft/http/websocket_error.hpp>

namespace weft::http::detail {

namespace {

/// What each flush of a deflate stream ends with, and no message: an empty stored block.
constexpr std::string_view flush_mark{"\x00\x00\xff\xff", 4};

Bytef* zlib_bytes(std::string_view text) noexcept {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write there
}

uInt zlib_size(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

// ---- compressing ----------------------------------------------------------------------------------------------------

struct message_deflater::stream {
  explicit stream(int window_bits) {
    constexpr int level = 6;
    constexpr int usual_memory = 8;
    if (deflateInit2(&z, level, Z_DEFLATED, -window_bits, usual_memory, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc{};
    }
  }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() { deflateEnd(&z); }
  z_stream z{};
};

message_deflater::message_deflater(int window_bits, bool keep_context) noexcept
    : window_bits_{window_bits}, keep_context_{keep_context} {}
message_deflater::message_deflater(message_deflater&&) noexcept = default;
message_deflater& message_deflater::operator=(message_deflater&&) noexcept = default;
message_deflater::~message_deflater() = default;

void message_deflater::deflate(std::string_view piece, bool last, pooled_bytes& out) {
  if (!stream_) stream_ = std::make_unique<stream>(window_bits_);
  fresh_ = false;
  z_stream& z = stream_->z;
  const int flush = last ? Z_SYNC_FLUSH : Z_NO_FLUSH;
  const std::size_t before = out.size();
  do {
    constexpr std::size_t least_room = 64;
    const std::size_t wanted = std::max(least_room, std::min<std::size_t>(piece.size(), std::size_t{16} << 10));
    char* const to = out.prepare(wanted);
    const uInt given = zlib_size(piece.size());
    z.next_in = zlib_bytes(piece);
    z.avail_in = given;
    z.next_out = reinterpret_cast<Bytef*>(to);
    const uInt room = zlib_size(out.room().size());
    z.avail_out = room;
    ::deflate(&z, given == piece.size() ? flush : Z_NO_FLUSH);
    out.add(room - z.avail_out);
    piece.remove_prefix(given - z.avail_in);
  } while (!piece.empty() || z.avail_out == 0);
  if (!last) return;
  // A flush that has nothing to say says nothing at all: then the message is one empty block, begun here.
  const bool marked = out.size() - before >= flush_mark.size() && out.view().ends_with(flush_mark);
  if (marked) out.cut(out.size() - flush_mark.size());
  if (out.size() == before) out.append(std::string_view{"\x00", 1});
  if (!keep_context_) forget();
}

void message_deflater::forget() noexcept {
  if (!std::exchange(fresh_, true)) deflateReset(&stream_->z);
}

// ---- decompressing --------------------------------------------------------------------------------------------------

struct message_inflater::stream {
  explicit stream(int window_bits) {
    if (inflateInit2(&z, -window_bits) != Z_OK) throw std::bad_alloc{};
  }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  ~stream() { inflateEnd(&z); }
  z_stream z{};
};

message_inflater::message_inflater(int window_bits, bool keep_context) noexcept
    : window_bits_{window_bits}, keep_context_{keep_context} {}
message_inflater::message_inflater(message_inflater&&) noexcept = default;
message_inflater& message_inflater::operator=(message_inflater&&) noexcept = default;
message_inflater::~message_inflater() = default;

void message_inflater::inflate(std::string_view piece, bool last, pooled_bytes& out, std::size_t limit) {
  if (!stream_) stream_ = std::make_unique<stream>(window_bits_);
  run(piece, out, limit);
  if (!last) return;
  run(flush_mark, out, limit);
  if (!keep_context_) inflateReset(&stream_->z);
}

void message_inflater::run(std::string_view piece, pooled_bytes& out, std::size_t limit) {
  z_stream& z = stream_->z;
  while (!piece.empty() || z.avail_out == 0) {
    constexpr std::size_t least_room = 256;
    const std::size_t left = limit - out.size();
    const std::size_t wanted = std::clamp(piece.size() * 2, least_room, std::size_t{16} << 10);
    char* const to = out.prepare(std::min(wanted, left + 1));  // one more than allowed shows that there is more
    const uInt given = zlib_size(piece.size());
    z.next_in = zlib_bytes(piece);
    z.avail_in = given;
    z.next_out = reinterpret_cast<Bytef*>(to);
    const uInt room = zlib_size(std::min(out.room().size(), left + 1));
    z.avail_out = room;
    const int status = ::inflate(&z, Z_SYNC_FLUSH);
    out.add(room - z.avail_out);
    piece.remove_prefix(given - z.avail_in);
    if (out.size() > limit) {
      throw websocket_error{websocket_code::message_too_big,
                            "a message inflates to more than " + std::to_string(limit) + " bytes"};
    }
    if (status == Z_MEM_ERROR) throw std::bad_alloc{};
    if (status == Z_STREAM_END) {
      inflateResetKeep(&z);  // RFC 7692, section 7.2.3.4: what follows a final block may refer to what was before it
    } else if (status == Z_BUF_ERROR && piece.empty()) {
      break;
    } else if (status != Z_OK) {
      throw websocket_error{websocket_code::invalid_data,
                            "a message cannot be decompressed: " + std::string{z.msg != nullptr ? z.msg : "bad data"}};
    }
  }
  z.avail_out = 1;  // for the next piece: nothing is held back
}

}  // namespace weft::http::detail
