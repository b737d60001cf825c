#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <weft/http/netrc.hpp>

#include "characters.hpp"

namespace weft::http {

namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class reader {
 public:
  explicit reader(std::string_view text) noexcept : rest_{text} {}

  /// The next keyword; nullopt at the end. Comments are skipped.
  std::optional<std::string> keyword() {
    skip_space();
    while (rest_.starts_with('#')) {
      skip_line();
      skip_space();
    }
    if (rest_.empty()) return std::nullopt;
    return take();
  }

  std::string word_of(const std::string& keyword) {
    skip_space();
    if (rest_.empty()) fail("nothing behind \"" + keyword + "\"");
    return take();
  }

  /// A macro ends at the first line that is empty.
  void skip_macro() {
    skip_line();
    while (!rest_.empty() && !rest_.starts_with('\n') && !rest_.starts_with("\r\n")) skip_line();
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw std::invalid_argument{"netrc line " + std::to_string(line_) + ": " + why};
  }

 private:
  void advance(std::size_t count) noexcept {
    line_ += static_cast<int>(std::ranges::count(rest_.substr(0, count), '\n'));
    rest_.remove_prefix(count);
  }

  void skip_space() noexcept {
    advance(static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_space) - rest_.begin()));
  }

  void skip_line() noexcept { advance(std::min(rest_.find('\n'), rest_.size() - 1) + 1); }

  std::string take() {
    if (rest_.starts_with('"')) return take_quoted();
    const auto end = std::ranges::find_if(rest_, is_space);
    std::string word{rest_.begin(), end};
    advance(word.size());
    return word;
  }

  std::string take_quoted() {
    std::string word;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '"') {
        advance(i + 1);
        return word;
      }
      if (c == '\n') break;
      if (c == '\\' && i + 1 < rest_.size()) {
        const char escaped = rest_[++i];
        word += escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped == 't' ? '\t' : escaped;
      } else {
        word += c;
      }
    }
    fail("a quote is not closed");
  }

  std::string_view rest_;
  int line_ = 1;
};

struct file_closer {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

/// nullopt if there is no such file.
std::optional<std::string> read_file(const std::string& path) {
  const auto fail = [&] { throw std::system_error{errno, std::generic_category(), "cannot read " + path}; };
  const std::unique_ptr<std::FILE, file_closer> file{std::fopen(path.c_str(), "rbe")};
  if (file == nullptr) {
    if (errno != ENOENT && errno != ENOTDIR) fail();
    return std::nullopt;
  }
  std::string out;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, file.get())) out.append(buffer, size);
  if (std::ferror(file.get()) != 0) fail();
  return out;
}

std::string path_from_environment() {
  if (const char* const path = std::getenv("NETRC"); path != nullptr && *path != '\0')
    return path;                                 // NOLINT(concurrency-mt-unsafe)
  const char* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  return home == nullptr || *home == '\0' ? std::string{} : std::string{home} + "/.netrc";
}

}  // namespace

netrc::netrc(std::string_view text) {
  reader words{text};
  while (const std::optional<std::string> keyword = words.keyword()) {
    if (*keyword == "machine") {
      entries_.push_back({.machine = words.word_of(*keyword)});
      if (entries_.back().machine.empty()) words.fail("a machine without a name");
    } else if (*keyword == "default") {
      entries_.emplace_back();
    } else if (*keyword == "macdef") {
      words.skip_macro();
    } else if (*keyword == "login" || *keyword == "password" || *keyword == "account") {
      std::string word = words.word_of(*keyword);
      if (entries_.empty()) words.fail("\"" + *keyword + "\" before any machine");
      if (*keyword == "login")
        entries_.back().login = std::move(word);
      else if (*keyword == "password")
        entries_.back().password = std::move(word);
    } else {
      words.fail("a word that is none of machine, default, login, password, account and macdef");
    }
  }
}

netrc netrc::from_environment() {
  const std::string path = path_from_environment();
  const std::optional<std::string> text = path.empty() ? std::nullopt : read_file(path);
  return text ? netrc{*text} : netrc{};
}

const netrc::entry* netrc::find(std::string_view host, std::string_view login) const noexcept {
  const auto found = std::ranges::find_if(entries_, [&](const entry& each) {
    return (each.machine.empty() || detail::equal_ignoring_case(each.machine, host)) &&
           (login.empty() || each.login == login);
  });
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace weft::http
