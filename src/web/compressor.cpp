#include "web/compressor.hpp"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>

namespace weft::web::detail {

namespace {

constexpr std::size_t room_at_once = 16 << 10;

/// Gives a library room at the end of a text, and cuts off what it has not used.
class output {
 public:
  explicit output(std::string& to) : to_{to}, used_{to.size()} { to_.resize(used_ + room_at_once); }
  output(const output&) = delete;
  output& operator=(const output&) = delete;
  ~output() { to_.resize(used_); }

  template <class Byte>
  [[nodiscard]] Byte* room() noexcept {
    return reinterpret_cast<Byte*>(to_.data() + used_);
  }
  void add(std::size_t count) noexcept { used_ += count; }

 private:
  std::string& to_;
  std::size_t used_;
};

class gzip_compressor final : public http::detail::body_filter {
 public:
  gzip_compressor() {
    constexpr int level = 6;
    constexpr int window_bits = 15;
    constexpr int gzip_wrapper = 16;
    constexpr int usual_memory = 8;
    if (deflateInit2(&stream_, level, Z_DEFLATED, window_bits + gzip_wrapper, usual_memory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc{};
  }
  gzip_compressor(const gzip_compressor&) = delete;
  gzip_compressor& operator=(const gzip_compressor&) = delete;
  ~gzip_compressor() override { deflateEnd(&stream_); }

  void pass(std::string_view piece, bool last, std::string& out) override {
    do {
      const std::size_t given = std::min<std::size_t>(piece.size(), std::numeric_limits<uInt>::max());
      const bool all = given == piece.size();
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): zlib does not write there
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream_.avail_in = static_cast<uInt>(given);
      do {
        output to{out};
        stream_.next_out = to.room<Bytef>();
        stream_.avail_out = room_at_once;
        deflate(&stream_, !all ? Z_NO_FLUSH : last ? Z_FINISH : Z_SYNC_FLUSH);
        to.add(room_at_once - stream_.avail_out);
      } while (stream_.avail_out == 0);
      piece.remove_prefix(given);
    } while (!piece.empty());
  }

 private:
  z_stream stream_{};
};

class brotli_compressor final : public http::detail::body_filter {
 public:
  brotli_compressor() : state_{BrotliEncoderCreateInstance(nullptr, nullptr, nullptr), &BrotliEncoderDestroyInstance} {
    constexpr std::uint32_t quality = 4;  // about as fast as gzip's 6
    if (!state_ || BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY, quality) == BROTLI_FALSE)
      throw std::bad_alloc{};
  }

  void pass(std::string_view piece, bool last, std::string& out) override {
    const auto* next = reinterpret_cast<const std::uint8_t*>(piece.data());
    std::size_t left = piece.size();
    do {
      output to{out};
      auto* room = to.room<std::uint8_t>();
      std::size_t room_left = room_at_once;
      if (BrotliEncoderCompressStream(state_.get(), last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH, &left,
                                      &next, &room_left, &room, nullptr) == BROTLI_FALSE)
        throw std::runtime_error{"brotli could not compress"};
      to.add(room_at_once - room_left);
    } while (left != 0 || BrotliEncoderHasMoreOutput(state_.get()) == BROTLI_TRUE);
  }

 private:
  std::unique_ptr<BrotliEncoderState, void (*)(BrotliEncoderState*)> state_;
};

class zstd_compressor final : public http::detail::body_filter {
 public:
  zstd_compressor() : context_{ZSTD_createCCtx(), &ZSTD_freeCCtx} {
    if (!context_) throw std::bad_alloc{};
  }

  void pass(std::string_view piece, bool last, std::string& out) override {
    ZSTD_inBuffer in{.src = piece.data(), .size = piece.size(), .pos = 0};
    std::size_t left = 0;
    do {
      output to{out};
      ZSTD_outBuffer room{.dst = to.room<char>(), .size = room_at_once, .pos = 0};
      left = ZSTD_compressStream2(context_.get(), &room, &in, last ? ZSTD_e_end : ZSTD_e_flush);
      if (ZSTD_isError(left) != 0) throw std::runtime_error{ZSTD_getErrorName(left)};
      to.add(room.pos);
    } while (left != 0);
  }

 private:
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context_;
};

}  // namespace

std::unique_ptr<http::detail::body_filter> make_compressor(std::string_view coding) {
  if (coding == "zstd") return std::make_unique<zstd_compressor>();
  if (coding == "br") return std::make_unique<brotli_compressor>();
  if (coding == "gzip") return std::make_unique<gzip_compressor>();
  return nullptr;
}

}  // namespace weft::web::detail
