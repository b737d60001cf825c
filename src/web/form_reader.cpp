#include "web/form_reader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <weft/http/http_error.hpp>
#include <weft/http/multipart_parser.hpp>

#include "web/upload_content.hpp"

namespace weft::web::detail {

namespace {

/// What the fields that are no files may have together.
constexpr std::size_t most_text = std::size_t{1} << 20;

class multipart_reader {
 public:
  multipart_reader(request_context& in, std::size_t in_memory, std::size_t max_parts)
      : in_{in},
        parser_{http::multipart_boundary(in.request().header("content-type")), {.parts = max_parts}},
        memory_left_{in_memory} {}

  static task<> read(multipart_reader& self, std::size_t max_body) {
    std::size_t size = 0;
    for (;;) {
      std::optional<std::string_view> piece = co_await self.in_.request().next();
      if (!piece) break;
      size += piece->size();
      if (size > max_body) throw http::http_error{413};
      while (std::optional<http::multipart_event> event = self.parser_.next(*piece)) {
        if (event->kind == http::multipart_event_kind::data && self.file_) {
          co_await self.append_to_file(event->bytes);
        } else if (event->kind == http::multipart_event_kind::end_of_part && self.file_) {
          co_await upload_content::finish(*self.file_);
          self.end_file();
        } else {
          self.take(*event);
        }
      }
    }
    self.parser_.finish();
  }

 private:
  task<> append_to_file(std::string_view bytes) {
    const bool stays = file_->in_memory() && bytes.size() <= memory_left_;
    if (stays) {
      memory_left_ -= bytes.size();
    } else if (file_->in_memory()) {
      memory_left_ += static_cast<std::size_t>(file_->size());
    }
    return upload_content::append(*file_, bytes, stays ? bytes.size() : 0);
  }

  void take(const http::multipart_event& event) {
    switch (event.kind) {
      case http::multipart_event_kind::part:
        if (parser_.file_name()) {
          file_ = std::make_shared<upload_content>();
        } else {
          in_.form.emplace_back(parser_.name(), std::string{});
          text_ += parser_.name().size();
        }
        break;
      case http::multipart_event_kind::data:
        text_ += event.bytes.size();
        in_.form.back().second += event.bytes;
        break;
      default:
        break;
    }
    if (text_ > most_text) throw http::http_error{413, "The fields of the form are too large."};
  }

  /// Where no file was chosen, browsers send one without a name and without content.
  void end_file() {
    if (!parser_.file_name()->empty() || file_->size() != 0) {
      const std::string_view type = parser_.headers().get("content-type").value_or("text/plain");
      in_.uploads.emplace_back(parser_.name(), upload{*parser_.file_name(), std::string{type}, std::move(file_)});
    }
    file_.reset();
  }

  request_context& in_;
  http::multipart_parser parser_;
  std::shared_ptr<upload_content> file_;  ///< that is coming
  std::size_t memory_left_;
  std::size_t text_ = 0;
};

}  // namespace

task<> read_multipart(request_context& in, std::size_t max_body, std::size_t in_memory, std::size_t max_parts) {
  try {
    multipart_reader reader{in, in_memory, max_parts};
    co_await multipart_reader::read(reader, max_body);
  } catch (const http::protocol_error& e) {
    throw http::http_error{e.status(), e.what()};
  }
}

}  // namespace weft::web::detail
