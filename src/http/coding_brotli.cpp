#include <brotli/decode.h>

#include <new>

#include "coding.hpp"

namespace weft::http::detail {

namespace {

/// RFC 7932. Windows of more than 16 MiB are an extension that stays off.
class brotli_coding final : public coding {
 public:
  brotli_coding() : state_{BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance} {
    if (state_ == nullptr) throw std::bad_alloc{};
  }

  std::size_t decode(std::string_view& input, std::span<char> out) override {
    if (complete()) {
      if (!input.empty()) refuse_content("br", "bytes after its end");
      return 0;
    }
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    auto* next_out = reinterpret_cast<std::uint8_t*>(out.data());
    std::size_t left = input.size();
    std::size_t room = out.size();
    const auto status = BrotliDecoderDecompressStream(state_.get(), &left, &next_in, &room, &next_out, nullptr);
    input.remove_prefix(input.size() - left);
    if (status == BROTLI_DECODER_RESULT_ERROR)
      refuse_content("br", BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state_.get())));
    return out.size() - room;
  }

  [[nodiscard]] bool complete() const noexcept override { return BrotliDecoderIsFinished(state_.get()) != 0; }

 private:
  std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state_;
};

}  // namespace

std::unique_ptr<coding> make_brotli_coding() { return std::make_unique<brotli_coding>(); }

}  // namespace weft::http::detail
