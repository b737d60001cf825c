#include <stdexcept>
#include <weft/web/events.hpp>

namespace weft::web {

namespace {

std::string_view one_line(std::string_view text) {
  if (text.find_first_of(std::string_view{"\r\n\0", 3}) != text.npos)
    throw std::invalid_argument{"the type and the id of an event have no line breaks"};
  return text;
}

}  // namespace

std::string event_writer::text_of(std::string_view data, const event_options& options) {
  std::string text;
  if (!options.type.empty()) text.append("event: ").append(one_line(options.type)).append("\n");
  if (!options.id.empty()) text.append("id: ").append(one_line(options.id)).append("\n");
  if (options.retry.count() > 0) text.append("retry: ").append(std::to_string(options.retry.count())).append("\n");
  // A line break of any kind begins a new line of data.
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    text.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.npos) break;
    data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  text += '\n';
  return text;
}

task<> event_writer::send_text(http::response_writer& to, std::string text) {
  co_await to.write(std::string_view{text});
}

}  // namespace weft::web
