#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/http/server_response.hpp>

#include "http/set_cookie.hpp"

namespace weft::http {

void server_response::make_extras() { extras_.reset(new extras); }
void server_response::extras_deleter::operator()(extras* made) const noexcept { delete made; }

const http::headers& server_response::no_headers() noexcept {
  static const http::headers none;
  return none;
}

server_response server_response::static_bytes(std::string_view body, literal type) {
  server_response made;
  made.fixed_ = body;
  made.type_ = type.view();
  made.kind_ = kind::fixed;
  return made;
}

server_response server_response::shared_bytes(std::shared_ptr<const std::string> body, literal type) {
  server_response made = static_bytes(*body, type);
  made.more().shared = std::move(body);
  return made;
}

namespace {

/// A piece of a file as a body.
class file_source final : public detail::body_source {
 public:
  file_source(std::shared_ptr<const owned_descriptor> opened, std::uint64_t offset, std::uint64_t size) noexcept
      : opened_{std::move(opened)}, offset_{offset}, size_{size} {}
  task<> send(response_writer& to) override { return to.write_file(opened_->get(), offset_, size_); }

 private:
  std::shared_ptr<const owned_descriptor> opened_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

}  // namespace

server_response server_response::file(std::shared_ptr<const owned_descriptor> opened, std::uint64_t offset,
                                      std::uint64_t size, literal type) {
  return streamed(std::make_unique<file_source>(std::move(opened), offset, size), type, size);
}

server_response server_response::file(owned_descriptor opened, literal type) {
  struct ::stat about{};
  if (::fstat(opened.get(), &about) != 0) throw std::system_error{errno, std::generic_category(), "send a file"};
  if (!S_ISREG(about.st_mode))
    throw std::system_error{std::make_error_code(std::errc::invalid_argument), "send what is no regular file"};
  return file(std::make_shared<const owned_descriptor>(std::move(opened)), 0, static_cast<std::uint64_t>(about.st_size),
              type);
}

server_response server_response::redirect(std::string_view location, int status) {
  server_response made{status};
  made.header("location", location);
  return made;
}

server_response& server_response::cookie(std::string_view name, std::string_view value,
                                         const cookie_options& options) & {
  return header("set-cookie", detail::write_set_cookie(name, value, options));
}

server_response server_response::streamed(std::unique_ptr<detail::body_source> source, literal type,
                                          std::optional<std::uint64_t> length) {
  server_response made;
  made.type_ = type.view();
  extras& more = made.more();
  more.source = std::move(source);
  more.length = length;
  made.kind_ = kind::stream;
  return made;
}

server_response server_response::upgrade(std::string_view protocol, std::unique_ptr<detail::successor> next) {
  server_response made;
  if (!protocol.empty()) {
    made.status_ = 101;
    made.more().headers.add("upgrade", protocol);
  }
  made.more().successor = std::move(next);
  made.kind_ = kind::upgrade;
  return made;
}

namespace {

class filtered_source final : public detail::body_source {
 public:
  filtered_source(std::unique_ptr<detail::body_source> source, std::unique_ptr<detail::body_filter> filter) noexcept
      : source_{std::move(source)}, filter_{std::move(filter)} {}
  task<> send(response_writer& to) override { return send(*this, to); }

 private:
  static task<> send(filtered_source& self, response_writer& to) {
    response_writer filtering{to, *self.filter_};
    co_await self.source_->send(filtering);
    std::string rest;
    self.filter_->pass({}, true, rest);
    co_await to.write(std::string_view{rest});
  }

  std::unique_ptr<detail::body_source> source_;
  std::unique_ptr<detail::body_filter> filter_;
};

}  // namespace

void server_response::filter_body(std::unique_ptr<detail::body_filter> with) {
  if (kind_ == kind::stream) {
    extras_->source = std::make_unique<filtered_source>(std::move(extras_->source), std::move(with));
    extras_->length.reset();
  } else if (kind_ == kind::owned || kind_ == kind::fixed) {
    std::string made;
    with->pass(body(), true, made);
    owned_ = std::move(made);
    kind_ = kind::owned;
    fixed_ = {};
    if (extras_) extras_->shared.reset();
  }
}

server_response& server_response::status(int status) & {
  if (status < 200 || status > 599)
    throw std::invalid_argument{"a response's status must be one of 200 to 599, not " + std::to_string(status)};
  status_ = status;
  return *this;
}

server_response& server_response::keep(std::shared_ptr<void> what) & {
  more().kept.push_back(std::move(what));
  return *this;
}

server_response& server_response::header(std::string_view name, std::string_view value) & {
  more().headers.add(name, value);
  return *this;
}

}  // namespace weft::http
