#include "web/upload_content.hpp"

#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/core/thread_pool.hpp>
#include <weft/files/whole_file.hpp>
#include <weft/net/stream_errors.hpp>
#include <weft/web/upload.hpp>

namespace weft::web {

namespace detail {

task<> upload_content::append(upload_content& self, std::string_view bytes, std::size_t room) {
  self.size_ += bytes.size();
  if (!self.file_ && bytes.size() <= room) {
    self.bytes_ += bytes;
    co_return;
  }
  if (!self.file_) {
    self.file_ = co_await make_temporary_file();
    co_await self.file_->write(std::exchange(self.bytes_, {}));
  }
  co_await self.file_->write(std::string{bytes});
}

task<> upload_content::finish(upload_content& self) {
  if (self.file_) co_await self.file_->flush();
}

task<std::string> upload_content::read_at(upload_content& self, std::uint64_t offset, std::size_t size) {
  if (self.file_) co_return co_await self.file_->read_at(offset, size);
  if (offset >= self.bytes_.size()) co_return std::string{};
  co_return self.bytes_.substr(static_cast<std::size_t>(offset), size);
}

namespace {

/// Also from one file system to another. Blocks.
void move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code elsewhere;
  std::filesystem::rename(from, to, elsewhere);
  if (!elsewhere) return;
  if (elsewhere != std::errc::cross_device_link) throw std::filesystem::filesystem_error{"rename", from, to, elsewhere};
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::remove(from);
}

/// Blocks.
void copy_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

}  // namespace

task<> upload_content::save_as(upload_content& self, std::filesystem::path path) {
  if (!self.file_) {
    co_await write_file(path, self.bytes_);
    co_return;
  }
  if (!self.saved_.empty()) {
    co_await to_thread(copy_file, self.saved_, path);
    co_return;
  }
  co_await to_thread(move_file, self.file_->path(), path);
  self.file_->keep();
  self.saved_ = std::move(path);
}

}  // namespace detail

std::uint64_t upload::size() const noexcept { return content_ ? content_->size() : 0; }
bool upload::is_in_memory() const noexcept { return !content_ || content_->in_memory(); }

namespace {

task<std::string> read_part(std::shared_ptr<detail::upload_content> of, std::uint64_t offset, std::size_t size) {
  std::string bytes;
  if (of) bytes = co_await detail::upload_content::read_at(*of, offset, size);
  co_return bytes;
}

task<> save(std::shared_ptr<detail::upload_content> what, std::filesystem::path path) {
  if (!what) throw std::logic_error{"there is no upload to be saved"};
  co_await detail::upload_content::save_as(*what, std::move(path));
}

}  // namespace

task<std::string> upload::read(std::size_t limit) const {
  if (size() > limit) throw limit_error{"an upload of " + std::to_string(size()) + " bytes", limit};
  return read_part(content_, 0, static_cast<std::size_t>(size()));
}
task<std::string> upload::read_at(std::uint64_t offset, std::size_t size) const {
  return read_part(content_, offset, size);
}
task<> upload::save_as(std::filesystem::path path) const { return save(content_, std::move(path)); }

}  // namespace weft::web
