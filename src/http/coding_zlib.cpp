#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <weft/http/gzip.hpp>

#include "coding.hpp"

namespace weft::http {

namespace {

constexpr int window_bits = 15;
constexpr int gzip_wrapper = 16;

Bytef* zlib_bytes(std::string_view text) noexcept {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write there
}

uInt zlib_size(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

class inflater {
 public:
  explicit inflater(int bits) {
    if (inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc{};
  }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;
  ~inflater() { inflateEnd(&stream_); }

  std::size_t decode(std::string_view& input, std::span<char> out, std::string_view name) {
    stream_.next_in = zlib_bytes(input);
    stream_.avail_in = zlib_size(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = zlib_size(out.size());
    const uInt given = stream_.avail_in;
    const uInt room = stream_.avail_out;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(given - stream_.avail_in);
    if (status == Z_STREAM_END)
      ended_ = true;
    else if (status == Z_MEM_ERROR)
      throw std::bad_alloc{};
    else if (status == Z_NEED_DICT)
      detail::refuse_content(name, "it needs a dictionary");
    else if (status != Z_OK && status != Z_BUF_ERROR)
      detail::refuse_content(name, stream_.msg != nullptr ? stream_.msg : "it cannot be decoded");
    return room - stream_.avail_out;
  }

  [[nodiscard]] bool ended() const noexcept { return ended_; }

  void begin_again() {
    inflateReset(&stream_);
    ended_ = false;
  }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

/// RFC 1952: any number of members, one behind the other.
class gzip_coding final : public detail::coding {
 public:
  std::size_t decode(std::string_view& input, std::span<char> out) override {
    if (inflater_.ended() && !input.empty()) {
      if (input.front() != '\x1f') detail::refuse_content("gzip", "bytes after its end");
      inflater_.begin_again();
    }
    return inflater_.decode(input, out, "gzip");
  }
  [[nodiscard]] bool complete() const noexcept override { return inflater_.ended(); }

 private:
  inflater inflater_{window_bits + gzip_wrapper};
};

/// RFC 9110, section 8.4.1.2, means deflate in zlib's wrapper (RFC 1950); some servers send it bare.
class deflate_coding final : public detail::coding {
 public:
  std::size_t decode(std::string_view& input, std::span<char> out) override {
    if (!inflater_) {
      if (input.empty()) return 0;
      const bool wrapped = is_zlib_begin(input.front());
      inflater_.emplace(wrapped ? window_bits : -window_bits);
    }
    if (inflater_->ended() && !input.empty()) detail::refuse_content("deflate", "bytes after its end");
    return inflater_->decode(input, out, "deflate");
  }
  [[nodiscard]] bool complete() const noexcept override { return inflater_ && inflater_->ended(); }

 private:
  /// Method 8 and a window of at most 32 KiB. Bare deflate that begins so would be a stored block with bits set that no
  /// encoder sets.
  static bool is_zlib_begin(char c) noexcept { return (c & 0x0f) == 8 && (c & 0x80) == 0; }

  std::optional<inflater> inflater_;
};

}  // namespace

std::unique_ptr<detail::coding> detail::make_gzip_coding() { return std::make_unique<gzip_coding>(); }
std::unique_ptr<detail::coding> detail::make_deflate_coding() { return std::make_unique<deflate_coding>(); }

std::string gzip(std::string_view bytes, int level) {
  if (level < 1 || level > 9) throw std::invalid_argument{"gzip's levels are 1 to 9, not " + std::to_string(level)};
  z_stream stream{};
  constexpr int usual_memory = 8;
  if (deflateInit2(&stream, level, Z_DEFLATED, window_bits + gzip_wrapper, usual_memory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc{};
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner{&stream, deflateEnd};

  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  std::size_t written = 0;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    const uInt given = zlib_size(bytes.size());
    const uInt room = zlib_size(out.size() - written);
    stream.next_in = zlib_bytes(bytes);
    stream.avail_in = given;
    stream.avail_out = room;
    status = deflate(&stream, given == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    bytes.remove_prefix(given - stream.avail_in);
    written += room - stream.avail_out;
  }
  out.resize(written);
  return out;
}

}  // namespace weft::http
