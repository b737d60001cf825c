#include "url_parser.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <weft/http/url.hpp>

#include "characters.hpp"
#include "url_host.hpp"

namespace weft::http::detail {

namespace {

constexpr std::array special_schemes = {scheme_info{"http", 80}, scheme_info{"https", 443}, scheme_info{"file", 0},
                                        scheme_info{"ws", 80},   scheme_info{"wss", 443},   scheme_info{"ftp", 21}};

/// Cuts off what follows the first `mark`, without the mark; nullopt if there is none.
std::optional<std::string_view> cut_behind(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

/// True if the first segment of `text` is a drive letter.
bool starts_with_drive_letter(std::string_view text) noexcept {
  return is_drive_letter(text.substr(0, 2)) && (text.size() == 2 || is_slash(text[2]));
}

/// One parse. Each function takes `rest_`, what has not been read yet, from where its name says.
class parser {
 public:
  parser(std::string_view text, const url* base) : base_{base}, rest_{text} {}

  url_parts parse();

 private:
  void after_scheme();
  void relative();
  void file();
  void authority();
  void path_or_nothing();
  void take_host_from_base();
  void take_path_from_base();
  bool begins_with_two_slashes() const noexcept {
    return rest_.size() >= 2 && is_separator(rest_[0]) && is_separator(rest_[1]);
  }
  bool is_separator(char c) const noexcept { return c == '/' || (special_ && c == '\\'); }

  const url* base_;
  std::string_view rest_;
  bool special_ = false;
  url_parts parts_;
};

url_parts parser::parse() {
  const std::string_view whole = rest_;
  const std::optional<std::string_view> scheme = scheme_of(rest_);
  if (scheme) rest_.remove_prefix(scheme->size() + 1);
  parts_.fragment = cut_behind(rest_, '#');
  parts_.query = cut_behind(rest_, '?');

  if (scheme) {
    parts_.scheme = *scheme;
    after_scheme();
  } else if (base_ == nullptr) {
    throw url_error{"no scheme in the URL " + quoted(whole, 80) + ", such as https:"};
  } else if (base_->has_opaque_path()) {
    if (!rest_.empty() || parts_.query || !parts_.fragment)
      throw url_error{"nothing is relative to the URL " + quoted(base_->str(), 80) + ", not even " + quoted(whole, 80)};
    parts_.scheme = base_->scheme();
    parts_.opaque_path = true;
    take_path_from_base();
  } else {
    parts_.scheme = base_->scheme();
    special_ = base_->is_special();
    parts_.scheme == "file" ? file() : relative();
  }
  return std::move(parts_);
}

void parser::after_scheme() {
  std::string name;
  std::ranges::transform(parts_.scheme, std::back_inserter(name), lower);
  special_ = special_scheme(name) != nullptr;
  const bool as_base = base_ != nullptr && base_->scheme() == name;

  if (name == "file") {
    if (!as_base) base_ = nullptr;
    file();
  } else if (special_) {
    // `http:page` is relative to a base of the same scheme; otherwise the slashes are taken for forgotten.
    if (as_base && !rest_.starts_with("//")) return relative();
    authority();
  } else if (rest_.starts_with("//")) {
    authority();
  } else if (rest_.starts_with('/')) {
    parts_.new_path = rest_.substr(1);
  } else {
    parts_.opaque_path = true;
    parts_.new_path = rest_;
  }
}

void parser::relative() {
  if (begins_with_two_slashes()) return authority();
  take_host_from_base();
  if (rest_.empty()) {
    take_path_from_base();
  } else if (is_separator(rest_.front())) {
    parts_.new_path = rest_.substr(1);
  } else {
    parts_.kept_path = without_last_segment(base_->path(), false);
    parts_.new_path = rest_;
  }
}

void parser::file() {
  parts_.has_host = true;
  if (begins_with_two_slashes()) {
    rest_.remove_prefix(2);
    const std::string_view host{rest_.begin(), std::ranges::find_if(rest_, is_slash)};
    if (is_drive_letter(host)) {
      parts_.new_path = rest_;
      return;
    }
    if (!host.empty()) parts_.host = parse_file_host(host);
    rest_.remove_prefix(host.size());
    path_or_nothing();
    return;
  }

  const bool rooted = !rest_.empty() && is_slash(rest_.front());
  if (rooted) rest_.remove_prefix(1);
  if (base_ != nullptr) {
    parts_.host = base_->host();
    const bool drive = starts_with_drive_letter(rest_);
    if (!rooted && rest_.empty()) return take_path_from_base();
    if (rooted && !drive && base_->path().size() >= 3 && starts_with_drive_letter(base_->path().substr(1))) {
      parts_.kept_path = base_->path().substr(0, 3);  // "/C:"
    } else if (!rooted && !drive) {
      parts_.kept_path = without_last_segment(base_->path(), true);
    }
  }
  parts_.new_path = rest_;
}

/// `user:password@host:port`, and the path behind it.
void parser::authority() {
  if (special_) {
    while (!rest_.empty() && is_slash(rest_.front())) rest_.remove_prefix(1);
  } else {
    rest_.remove_prefix(2);
  }
  std::string_view text{rest_.begin(), std::ranges::find_if(rest_, [this](char c) { return is_separator(c); })};
  rest_.remove_prefix(text.size());

  parts_.has_host = true;
  bool host_needed = special_;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    parts_.username = text.substr(0, at);
    parts_.password = cut_behind(parts_.username, ':').value_or("");
    text.remove_prefix(at + 1);
    host_needed = true;
  }
  const auto [host, port] = split_port(text);
  if (host.empty() && (host_needed || port)) throw url_error{"empty host in the URL"};
  if (!host.empty()) parts_.host = parse_host(host, special_);
  if (port) parts_.port = parse_port(*port);
  path_or_nothing();
}

/// Special URLs have at least `/`.
void parser::path_or_nothing() {
  if (!rest_.empty())
    rest_.remove_prefix(1);
  else if (!special_)
    return;
  parts_.new_path = rest_;
}

void parser::take_host_from_base() {
  parts_.has_host = base_->has_host();
  parts_.username = base_->username();
  parts_.password = base_->password();
  parts_.host = base_->host();
  parts_.port = base_->explicit_port();
}

void parser::take_path_from_base() {
  parts_.kept_path = base_->path();
  if (!parts_.query && base_->has_query()) parts_.query = base_->query();
}

}  // namespace

const scheme_info* special_scheme(std::string_view scheme) noexcept {
  const auto* const found = std::ranges::find(special_schemes, scheme, &scheme_info::name);
  return found == special_schemes.end() ? nullptr : found;
}

std::string_view without_line_breaks(std::string_view text, std::string& memory) {
  const auto dropped = [](char c) { return c == '\t' || c == '\n' || c == '\r'; };
  if (std::ranges::none_of(text, dropped)) return text;
  memory.assign(text);
  std::erase_if(memory, dropped);
  return memory;
}

url_parts parse_url(std::string_view text, const url* base, std::string& memory) {
  const auto is_padding = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && is_padding(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_padding(text.back())) text.remove_suffix(1);
  return parser{without_line_breaks(text, memory), base}.parse();
}

std::optional<std::string_view> scheme_of(std::string_view text) noexcept {
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
  const auto end = std::ranges::find_if_not(text, fits);
  if (end == text.end() || *end != ':' || !is_letter(text[0])) return std::nullopt;
  return std::string_view{text.begin(), end};
}

host_and_port split_port(std::string_view text) noexcept {
  // A colon within brackets belongs to the IPv6 address.
  const std::size_t colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
  if (colon == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) throw url_error{"bad port " + quoted(text) + " in the URL: it must be a number"};
    port = port * 10 + static_cast<unsigned>(c - '0');
    if (port > std::numeric_limits<std::uint16_t>::max())
      throw url_error{"bad port " + quoted(text) + " in the URL: it must not be above 65535"};
  }
  return static_cast<std::uint16_t>(port);
}

std::string parse_file_host(std::string_view text) {
  std::string host = parse_host(text, true);
  if (host == "localhost") host.clear();
  return host;
}

bool is_drive_letter(std::string_view text) noexcept {
  return text.size() == 2 && is_letter(text[0]) && (text[1] == ':' || text[1] == '|');
}

std::string_view without_last_segment(std::string_view path, bool file) noexcept {
  if (file && path.size() == 3 && is_drive_letter(path.substr(1)) && path[2] == ':') return path;
  return path.substr(0, std::min(path.size(), path.rfind('/')));
}

}  // namespace weft::http::detail
