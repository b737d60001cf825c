#include "http/upload_source.hpp"

#include <utility>
#include <weft/files/file.hpp>

namespace weft::http::detail {

namespace {

constexpr std::size_t piece_size = std::size_t{64} << 10;

task<std::uint64_t> size_of(const std::filesystem::path& path) {
  file from = co_await open_file(path);
  const std::uint64_t size = co_await from.size();
  co_await from.close();
  co_return size;
}

task<> send_file(const std::filesystem::path& path, body_writer& to) {
  file from = co_await open_file(path);
  for (;;) {
    const std::string piece = co_await from.read(piece_size);
    if (piece.empty()) break;
    co_await to.write(piece);
  }
  co_await from.close();
}

class file_source final : public upload_source {
 public:
  explicit file_source(std::filesystem::path file) : file_{std::move(file)} {}
  task<std::optional<std::uint64_t>> length() const override { co_return co_await size_of(file_); }
  task<> send(body_writer& to) const override { return send_file(file_, to); }

 private:
  std::filesystem::path file_;
};

class multipart_source final : public upload_source {
 public:
  explicit multipart_source(multipart_form form) : form_{std::move(form)} {}

  task<std::optional<std::uint64_t>> length() const override {
    std::uint64_t all = form_.end().size();
    for (const multipart_form::part& part : form_.parts()) {
      all += part.head.size() + part.bytes.size() + 2;
      if (!part.file.empty()) all += co_await size_of(part.file);
    }
    co_return all;
  }

  task<> send(body_writer& to) const override {
    std::string gathered;  // what is small goes out together
    for (const multipart_form::part& part : form_.parts()) {
      gathered += part.head;
      if (part.file.empty() && part.bytes.size() < piece_size) {
        gathered += part.bytes;
      } else {
        co_await to.write(std::exchange(gathered, {}));
        if (part.file.empty()) {
          co_await to.write(part.bytes);
        } else {
          co_await send_file(part.file, to);
        }
      }
      gathered += "\r\n";
    }
    gathered += form_.end();
    co_await to.write(gathered);
  }

 private:
  multipart_form form_;
};

class made_source final : public upload_source {
 public:
  made_source(std::function<task<>(body_writer&)> make, std::optional<std::uint64_t> length)
      : make_{std::move(make)}, length_{length} {}
  task<std::optional<std::uint64_t>> length() const override { co_return length_; }
  task<> send(body_writer& to) const override { return make_(to); }

 private:
  std::function<task<>(body_writer&)> make_;
  std::optional<std::uint64_t> length_;
};

}  // namespace

std::shared_ptr<const upload_source> file_body(std::filesystem::path file) {
  return std::make_shared<file_source>(std::move(file));
}
std::shared_ptr<const upload_source> multipart_body(multipart_form form) {
  return std::make_shared<multipart_source>(std::move(form));
}
std::shared_ptr<const upload_source> made_body(std::function<task<>(body_writer&)> make,
                                               std::optional<std::uint64_t> length) {
  return std::make_shared<made_source>(std::move(make), length);
}

}  // namespace weft::http::detail
