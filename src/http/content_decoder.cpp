#include <algorithm>
#include <string>
#include <utility>
#include <weft/http/content_decoder.hpp>
#include <weft/net/stream_errors.hpp>

#include "characters.hpp"
#include "coding.hpp"

namespace weft::http {

namespace {

constexpr std::size_t between_stages = 16 * 1024;

}  // namespace

namespace detail {

std::unique_ptr<coding> make_coding(std::string_view name) {
  if (name == "gzip" || name == "x-gzip") return make_gzip_coding();
  if (name == "deflate") return make_deflate_coding();
  if (name == "br") return make_brotli_coding();
  if (name == "zstd") return make_zstd_coding();
  return nullptr;
}

void refuse_content(std::string_view coding, std::string_view why) {
  throw content_error{"bad " + std::string{coding} + " body: " + std::string{why}};
}

}  // namespace detail

struct content_decoder::stage {
  std::unique_ptr<detail::coding> coding;
  std::string name;
  std::unique_ptr<char[]> buffer;  // what the stage before gave; none for the first
  std::string_view input;          // the part of it that is still to be decoded
  std::uint64_t given = 0;
  bool more = false;  // may give more without input
};

content_decoder::content_decoder(std::string_view content_encoding, const content_limits& limits) : limits_{limits} {
  while (!content_encoding.empty()) {
    const std::size_t end = std::min(content_encoding.find(','), content_encoding.size());
    std::string name{detail::trimmed(content_encoding.substr(0, end))};
    content_encoding.remove_prefix(std::min(end + 1, content_encoding.size()));
    std::ranges::transform(name, name.begin(), detail::lower);
    if (name.empty() || name == "identity") continue;

    if (limits_.codings != 0 && stages_.size() >= limits_.codings)
      throw content_error{"more than " + std::to_string(limits_.codings) + " content codings", 415};
    stage next;
    next.coding = detail::make_coding(name);
    if (next.coding == nullptr) throw content_error{"unknown content coding " + detail::quoted(name), 415};
    next.name = std::move(name);
    stages_.push_back(std::move(next));
  }
  std::ranges::reverse(stages_);
  for (std::size_t i = 1; i < stages_.size(); ++i) stages_[i].buffer = std::make_unique<char[]>(between_stages);
}

content_decoder::content_decoder(content_decoder&&) noexcept = default;
content_decoder& content_decoder::operator=(content_decoder&&) noexcept = default;
content_decoder::~content_decoder() = default;

std::size_t content_decoder::decode(std::string_view& input, std::span<char> out) {
  if (out.empty()) return 0;
  if (stages_.empty()) {
    const std::size_t size = std::min(input.size(), out.size());
    std::ranges::copy(input.substr(0, size), out.begin());
    input.remove_prefix(size);
    received_ += size;
    return size;
  }
  return pull(stages_.size() - 1, input, out);
}

/// What a stage gives; it takes its input from the stage before, the first one from `input`.
std::size_t content_decoder::pull(std::size_t index, std::string_view& input, std::span<char> out) {
  stage& at = stages_[index];
  for (;;) {
    if (index > 0 && at.input.empty() && !at.more) {
      const std::size_t size = pull(index - 1, input, {at.buffer.get(), between_stages});
      at.input = {at.buffer.get(), size};
    }
    std::string_view& from = index == 0 ? input : at.input;
    if (from.empty() && !at.more) return 0;

    const std::size_t before = from.size();
    const std::size_t size = at.coding->decode(from, out);
    if (index == 0) received_ += before - from.size();
    at.more = size == out.size();
    at.given += size;
    check_limits(at);
    if (size > 0) return size;
    if (before != 0 && before == from.size()) detail::refuse_content(at.name, "it cannot be decoded");
  }
}

// The stages in between count too: what inflates there costs time, even if nothing of it comes out.
void content_decoder::check_limits(stage& at) const {
  if (limits_.bytes != 0 && at.given > limits_.bytes)
    throw limit_error{"the decoded " + at.name + " body", limits_.bytes};
  if (limits_.ratio != 0 && at.given > limits_.free_bytes && at.given / limits_.ratio > received_)
    throw limit_error{"the decoded " + at.name + " body, " + std::to_string(limits_.ratio) + " times what came of it,",
                      std::max(limits_.free_bytes, limits_.ratio * received_)};
}

void content_decoder::finish() const {
  if (received_ == 0) return;
  for (const stage& each : stages_)
    if (!each.coding->complete()) detail::refuse_content(each.name, "it ends too early");
}

}  // namespace weft::http
