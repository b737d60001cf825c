#include <zstd.h>

#include <new>

#include "coding.hpp"

namespace weft::http::detail {

namespace {

constexpr int largest_window = 23;  // 8 MiB: what RFC 9659 lets a content coding use

/// RFC 8878: any number of frames, one behind the other.
class zstd_coding final : public coding {
 public:
  zstd_coding() : state_{ZSTD_createDCtx(), ZSTD_freeDCtx} {
    if (state_ == nullptr) throw std::bad_alloc{};
    ZSTD_DCtx_setParameter(state_.get(), ZSTD_d_windowLogMax, largest_window);
  }

  std::size_t decode(std::string_view& input, std::span<char> out) override {
    if (complete_ && input.empty()) return 0;  // would count as the begin of another frame
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t status = ZSTD_decompressStream(state_.get(), &to, &in);
    if (ZSTD_isError(status) != 0) refuse_content("zstd", ZSTD_getErrorName(status));
    input.remove_prefix(in.pos);
    complete_ = status == 0;
    return to.pos;
  }

  [[nodiscard]] bool complete() const noexcept override { return complete_; }

 private:
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> state_;
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<coding> make_zstd_coding() { return std::make_unique<zstd_coding>(); }

}  // namespace weft::http::detail
