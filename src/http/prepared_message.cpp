#include <stdexcept>
#include <weft/http/prepared_message.hpp>

#include "http/prepared_frames.hpp"
#include "http/utf8_validator.hpp"

namespace weft::http {

using detail::message_kind;
using detail::prepared_frames;

prepared_message prepared_message::of_text(std::string_view text) {
  if (!detail::is_utf8(text)) throw std::invalid_argument{"a text message must be UTF-8: of_bytes() takes anything"};
  return prepared_message{std::make_shared<const prepared_frames>(message_kind::text, text)};
}
prepared_message prepared_message::of_bytes(std::string_view bytes) {
  return prepared_message{std::make_shared<const prepared_frames>(message_kind::binary, bytes)};
}

bool prepared_message::is_text() const noexcept { return frames_->kind() == message_kind::text; }
std::string_view prepared_message::bytes() const noexcept { return frames_->payload(); }

}  // namespace weft::http
