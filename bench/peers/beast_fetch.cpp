// What `weft fetch` is measured against: the same work as plain Boost.Beast does it. Reads URLs of one server from a
// file, fetches them over a number of keep-alive connections, discards the bodies.
//
//     beast_fetch FILE [CONNECTIONS]

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

/// The list, read line by line as it is needed.
class url_file {
 public:
  explicit url_file(const char* path) : file_{path} {
    if (!file_) throw std::runtime_error{std::string{"cannot read "} + path};
    if (!next()) throw std::runtime_error{"no URLs"};
    const std::string_view rest = std::string_view{line_}.substr(std::string_view{"http://"}.size());
    authority = rest.substr(0, rest.find('/'));
    unread_ = true;
  }

  /// The path of the next URL.
  std::optional<std::string_view> next_path() {
    if (!unread_ && !next()) return std::nullopt;
    unread_ = false;
    return std::string_view{line_}.substr(std::string_view{"http://"}.size() + authority.size());
  }

  std::string authority;

 private:
  bool next() { return static_cast<bool>(std::getline(file_, line_)); }

  std::ifstream file_;
  std::string line_;
  bool unread_ = false;
};

struct totals {
  std::uint64_t answered = 0;
  std::uint64_t bytes = 0;
  std::uint64_t failed = 0;
};

class session : public std::enable_shared_from_this<session> {
 public:
  session(asio::io_context& context, const tcp::endpoint& server, url_file& urls, totals& sum)
      : stream_{context}, server_{server}, urls_{urls}, sum_{sum} {
    request_.method(http::verb::get);
    request_.set(http::field::host, urls.authority);
    request_.set(http::field::user_agent, "beast_fetch");
    request_.set(http::field::accept, "*/*");
  }

  void start() { next(); }

 private:
  void next() {
    const std::optional<std::string_view> path = urls_.next_path();
    if (!path) return;
    request_.target(beast::string_view{path->data(), path->size()});
    connected_ ? send() : connect();
  }

  void connect() {
    stream_.expires_after(std::chrono::seconds{30});
    stream_.async_connect(server_, [self = shared_from_this()](beast::error_code error) {
      if (error) return self->fail();
      self->connected_ = true;
      self->stream_.socket().set_option(tcp::no_delay{true});
      self->send();
    });
  }

  void send() {
    stream_.expires_after(std::chrono::seconds{30});
    http::async_write(stream_, request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) return self->fail();
      self->receive();
    });
  }

  void receive() {
    parser_.emplace();
    parser_->body_limit(boost::none);
    parser_->get().body().data = scrap_.data();
    parser_->get().body().size = scrap_.size();
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (error) return self->fail();
                              self->body();
                            });
  }

  void body() {
    if (parser_->is_done()) return finish();
    parser_->get().body().data = scrap_.data();
    parser_->get().body().size = scrap_.size();
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      self->sum_.bytes += self->scrap_.size() - self->parser_->get().body().size;
      if (error == http::error::need_buffer) error = {};
      if (error) return self->fail();
      self->body();
    });
  }

  void finish() {
    ++sum_.answered;
    if (!parser_->keep_alive()) close();
    next();
  }

  void fail() {
    ++sum_.failed;
    close();
    next();
  }

  void close() {
    beast::error_code ignored;
    (void)stream_.socket().close(ignored);
    connected_ = false;
    buffer_.clear();
  }

  beast::tcp_stream stream_;
  tcp::endpoint server_;
  url_file& urls_;
  totals& sum_;
  http::request<http::empty_body> request_;
  std::optional<http::response_parser<http::buffer_body>> parser_;
  beast::flat_buffer buffer_;
  std::vector<char> scrap_ = std::vector<char>(64 * 1024);
  bool connected_ = false;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: beast_fetch FILE [CONNECTIONS]\n");
    return 2;
  }
  url_file urls{argv[1]};
  const int connections = argc > 2 ? std::atoi(argv[2]) : 64;

  asio::io_context context{1};
  const std::size_t colon = urls.authority.find(':');
  const std::string port = colon == std::string::npos ? "80" : urls.authority.substr(colon + 1);
  const auto found = tcp::resolver{context}.resolve(urls.authority.substr(0, colon), port);

  totals sum;
  for (int i = 0; i < connections; ++i) std::make_shared<session>(context, *found.begin(), urls, sum)->start();
  context.run();
  std::printf("%llu answered, %llu failed, %llu bytes\n", static_cast<unsigned long long>(sum.answered),
              static_cast<unsigned long long>(sum.failed), static_cast<unsigned long long>(sum.bytes));
  return sum.failed == 0 ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "beast_fetch: %s\n", e.what());
  return 2;
}
