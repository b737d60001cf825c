#include "http/websocket_extension.hpp"

#include <algorithm>

#include "http/characters.hpp"

namespace weft::http::detail {

namespace {

constexpr std::string_view deflate_name = "permessage-deflate";
constexpr std::string_view server_bits = "server_max_window_bits";
constexpr std::string_view client_bits = "client_max_window_bits";
constexpr std::string_view server_no_context = "server_no_context_takeover";
constexpr std::string_view client_no_context = "client_no_context_takeover";
constexpr int most_bits = 15;

/// Reads the field from its front.
class field_reader {
 public:
  explicit field_reader(std::string_view text) noexcept : rest_{text} {}

  bool at_end() noexcept {
    rest_ = trimmed(rest_);
    return rest_.empty();
  }
  bool take(char wanted) noexcept {
    rest_ = trimmed(rest_);
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// In lower case; empty if there is none.
  std::string token() {
    rest_ = trimmed(rest_);
    std::string found;
    while (!rest_.empty() && is_token_byte(rest_.front())) {
      found += lower(rest_.front());
      rest_.remove_prefix(1);
    }
    return found;
  }
  /// A token, or one in quotes.
  std::string value() {
    const bool quoted = take('"');
    std::string found = token();
    if (quoted && !rest_.starts_with('"')) return {};
    if (quoted) rest_.remove_prefix(1);
    return found;
  }

 private:
  std::string_view rest_;
};

bool read_extension(field_reader& from, websocket_extension& into) {
  into.name = from.token();
  if (into.name.empty()) return false;
  while (from.take(';')) {
    auto& [name, value] = into.parameters.emplace_back(from.token(), std::nullopt);
    if (name.empty()) return false;
    if (!from.take('=')) continue;
    value = from.value();
    if (value->empty()) return false;
  }
  return true;
}

/// The parameters of permessage-deflate, whoever says them.
struct deflate_parameters {
  std::optional<int> server_window;
  std::optional<int> client_window;
  bool client_window_named = false;  // with a value or without
  bool server_no_context = false;
  bool client_no_context = false;
};

/// 8 to 15, without leading zeros; nullopt for anything else.
std::optional<int> parse_bits(const std::optional<std::string>& value) {
  for (int bits = 8; value && bits <= most_bits; ++bits) {
    if (*value == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

/// nullopt if a parameter is not known, comes twice, or has a value that it must not have.
std::optional<deflate_parameters> read_parameters(const websocket_extension& from) {
  deflate_parameters found;
  for (const auto& [name, value] : from.parameters) {
    if (name == server_no_context && !value && !found.server_no_context) {
      found.server_no_context = true;
    } else if (name == client_no_context && !value && !found.client_no_context) {
      found.client_no_context = true;
    } else if (name == server_bits && !found.server_window) {
      found.server_window = parse_bits(value);
      if (!found.server_window) return std::nullopt;
    } else if (name == client_bits && !found.client_window_named) {
      found.client_window_named = true;
      found.client_window = parse_bits(value);
      if (value && !found.client_window) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return found;
}

void add(std::string& text, std::string_view parameter) { text.append("; ").append(parameter); }
void add(std::string& text, std::string_view parameter, int value) {
  add(text, parameter);
  text.append("=").append(std::to_string(value));
}

}  // namespace

std::optional<std::vector<websocket_extension>> parse_websocket_extensions(std::string_view value) {
  std::vector<websocket_extension> found;
  field_reader reader{value};
  while (!reader.at_end()) {
    if (reader.take(',')) continue;
    if (!read_extension(reader, found.emplace_back())) return std::nullopt;
    if (!reader.at_end() && !reader.take(',')) return std::nullopt;
  }
  return found;
}

std::string offer_deflate(const deflate_wishes& wishes) {
  std::string offer{deflate_name};
  if (!wishes.keep_context) {
    add(offer, server_no_context);
    add(offer, client_no_context);
  }
  if (wishes.window_bits < most_bits) {
    add(offer, server_bits, wishes.window_bits);
    add(offer, client_bits, wishes.window_bits);
  } else {
    add(offer, client_bits);
  }
  return offer;
}

std::optional<accepted_deflate> accept_deflate(const std::vector<websocket_extension>& offers,
                                               const deflate_wishes& wishes) {
  for (const websocket_extension& offer : offers) {
    if (offer.name != deflate_name) continue;
    const std::optional<deflate_parameters> asked = read_parameters(offer);
    if (!asked) continue;
    accepted_deflate accepted;
    accepted.answer = deflate_name;
    deflate_agreement& agreed = accepted.agreement;
    agreed.server_keeps_context = wishes.keep_context && !asked->server_no_context;
    agreed.client_keeps_context = wishes.keep_context && !asked->client_no_context;
    agreed.server_window_bits = std::min(wishes.window_bits, asked->server_window.value_or(most_bits));
    // A client that does not name its window cannot be asked for a smaller one.
    if (asked->client_window_named) {
      agreed.client_window_bits = std::min(wishes.window_bits, asked->client_window.value_or(most_bits));
    }
    if (!agreed.server_keeps_context) add(accepted.answer, server_no_context);
    if (!agreed.client_keeps_context) add(accepted.answer, client_no_context);
    if (agreed.server_window_bits < most_bits || asked->server_window) {
      add(accepted.answer, server_bits, agreed.server_window_bits);
    }
    if (agreed.client_window_bits < most_bits) add(accepted.answer, client_bits, agreed.client_window_bits);
    return accepted;
  }
  return std::nullopt;
}

std::optional<deflate_agreement> confirm_deflate(const websocket_extension& answer, const deflate_wishes& wishes) {
  if (answer.name != deflate_name) return std::nullopt;
  const std::optional<deflate_parameters> said = read_parameters(answer);
  if (!said || (said->client_window_named && !said->client_window)) return std::nullopt;
  const int server_window = said->server_window.value_or(most_bits);
  if (server_window > wishes.window_bits) return std::nullopt;  // it was asked for no more
  if (!wishes.keep_context && !said->server_no_context) return std::nullopt;
  deflate_agreement agreed;
  agreed.server_window_bits = server_window;
  agreed.client_window_bits = std::min(wishes.window_bits, said->client_window.value_or(most_bits));
  agreed.server_keeps_context = !said->server_no_context;
  agreed.client_keeps_context = wishes.keep_context && !said->client_no_context;
  return agreed;
}

}  // namespace weft::http::detail
