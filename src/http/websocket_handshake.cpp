#include "http/websocket_handshake.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>
#include <weft/http/url.hpp>

#include "http/characters.hpp"

namespace weft::http::detail {

namespace {

constexpr std::size_t key_bytes = 16;
constexpr std::size_t key_size = 24;  // in base64

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// Sixteen bytes in base64.
bool is_key(std::string_view value) {
  if (value.size() != key_size || !value.ends_with("==") || value.find('=') != key_size - 2) return false;
  std::array<unsigned char, key_size> bytes{};
  return EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(value.data()), key_size) == key_bytes + 2;
}

std::vector<std::string_view> elements(std::string_view list) {
  std::vector<std::string_view> all;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (const std::string_view one = trimmed(list.substr(0, comma)); !one.empty()) all.push_back(one);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return all;
}

/// All fields of a name, as one list.
std::string joined(const headers& fields, std::string_view name) {
  std::string all;
  for (const std::string_view value : fields.get_all(name)) {
    if (!all.empty()) all += ", ";
    all += value;
  }
  return all;
}

bool lists(const headers& fields, std::string_view name, std::string_view token) {
  const std::string all = joined(fields, name);
  const std::vector<std::string_view> each = elements(all);
  return std::ranges::any_of(each, [&](std::string_view one) { return equal_ignoring_case(one, token); });
}

/// The value of a field that must be there once.
std::optional<std::string_view> single(const headers& fields, std::string_view name) {
  const std::vector<std::string_view> all = fields.get_all(name);
  if (all.size() != 1) return std::nullopt;
  return all.front();
}

/// True if the page that asks may. RFC 6455, section 10.2.
bool may_connect(const headers& asked, std::string_view allowed) {
  const std::optional<std::string_view> origin = asked.get("origin");
  if (!origin || allowed == "*") return true;
  if (!allowed.empty()) {
    const std::vector<std::string_view> each = elements(allowed);
    return std::ranges::any_of(each, [&](std::string_view one) { return equal_ignoring_case(one, *origin); });
  }
  try {
    const url page{*origin};
    return equal_ignoring_case(page.host_header(), asked.get("host").value_or(""));
  } catch (const url_error&) {
    return false;  // "null", as sandboxed pages say
  }
}

websocket_answer refuse(int status, std::string why) {
  websocket_answer answer;
  answer.status = status;
  answer.why = std::move(why);
  if (status == 426) {
    answer.fields.add("upgrade", "websocket");
    answer.fields.add("sec-websocket-version", "13");
  }
  return answer;
}

}  // namespace

std::string new_websocket_key() {
  std::array<unsigned char, key_bytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error{"the system has no random numbers"};
  }
  return base64(bytes.data(), bytes.size());
}

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error{"the system has no SHA-1"};
  }
  return base64(digest.data(), size);
}

websocket_offer::websocket_offer(const websocket_options& options)
    : compression{options.compression},
      wishes{.window_bits = options.compression_window_bits, .keep_context = options.keep_compression_context},
      subprotocols{options.subprotocols},
      origin{options.origin} {
  if (wishes.window_bits < 9 || wishes.window_bits > 15) {
    throw std::invalid_argument{"compression_window_bits must be one of 9 to 15"};
  }
}

void add_websocket_request(headers& to, const websocket_offer& offer, std::string_view key) {
  to.add("upgrade", "websocket");
  to.add("connection", "Upgrade");
  to.add("sec-websocket-key", key);
  to.add("sec-websocket-version", "13");
  if (!offer.subprotocols.empty()) to.add("sec-websocket-protocol", offer.subprotocols);
  if (offer.compression) to.add("sec-websocket-extensions", offer_deflate(offer.wishes));
  if (!offer.origin.empty()) to.add("origin", offer.origin);
}

std::optional<websocket_agreement> read_websocket_answer(const response_head& answer, const websocket_offer& offer,
                                                         std::string_view key, std::string& why) {
  const headers& fields = answer.headers;
  const auto refuse_because = [&](const char* reason) {
    why = reason;
    return std::nullopt;
  };
  const std::optional<std::string_view> upgrade = single(fields, "upgrade");
  if (!upgrade || !equal_ignoring_case(*upgrade, "websocket"))
    return refuse_because("it does not upgrade to websocket");
  if (!lists(fields, "connection", "upgrade")) return refuse_because("its Connection field lacks the upgrade");
  if (single(fields, "sec-websocket-accept") != websocket_accept(key)) {
    return refuse_because("its Sec-WebSocket-Accept does not belong to the key");
  }
  websocket_agreement agreed;
  if (fields.contains("sec-websocket-protocol")) {
    const std::optional<std::string_view> chosen = single(fields, "sec-websocket-protocol");
    const std::vector<std::string_view> offered = elements(offer.subprotocols);
    if (!chosen || std::ranges::find(offered, *chosen) == offered.end()) {
      return refuse_because("it wants a sub-protocol that was not offered");
    }
    agreed.subprotocol = *chosen;
  }
  const auto extensions = parse_websocket_extensions(joined(fields, "sec-websocket-extensions"));
  if (!extensions) return refuse_because("its Sec-WebSocket-Extensions is malformed");
  if (extensions->empty()) return agreed;
  if (offer.compression && extensions->size() == 1) {
    agreed.compression = confirm_deflate(extensions->front(), offer.wishes);
  }
  if (!agreed.compression) return refuse_because("it wants an extension that was not offered so");
  return agreed;
}

websocket_answer answer_websocket_request(std::string_view method, http_version version, const headers& fields,
                                          const websocket_offer& offer) {
  if (!lists(fields, "upgrade", "websocket") || !lists(fields, "connection", "upgrade")) {
    return refuse(426, "This is for WebSocket connections only.");
  }
  if (method != "GET" || version != http_version::http_1_1) {
    return refuse(400, "A WebSocket handshake is a GET of HTTP/1.1.");
  }
  const std::optional<std::string_view> protocol = single(fields, "sec-websocket-version");
  if (!protocol) return refuse(400, "Sec-WebSocket-Version is missing, or there are several.");
  if (*protocol != "13") return refuse(426, "Version 13 of WebSocket is spoken here.");
  const std::optional<std::string_view> key = single(fields, "sec-websocket-key");
  if (!key || !is_key(*key)) return refuse(400, "Sec-WebSocket-Key is missing or malformed.");
  if (!may_connect(fields, offer.origin)) return refuse(403, "This origin may not connect.");
  const auto extensions = parse_websocket_extensions(joined(fields, "sec-websocket-extensions"));
  if (!extensions) return refuse(400, "Sec-WebSocket-Extensions is malformed.");

  websocket_answer answer;
  answer.fields.add("sec-websocket-accept", websocket_accept(*key));
  const std::string offered = joined(fields, "sec-websocket-protocol");
  const std::vector<std::string_view> wanted = elements(offered);
  for (const std::string_view own : elements(offer.subprotocols)) {
    if (std::ranges::find(wanted, own) == wanted.end()) continue;
    answer.agreed.subprotocol = own;
    answer.fields.add("sec-websocket-protocol", own);
    break;
  }
  if (offer.compression) {
    if (const auto accepted = accept_deflate(*extensions, offer.wishes)) {
      answer.agreed.compression = accepted->agreement;
      answer.fields.add("sec-websocket-extensions", accepted->answer);
    }
  }
  return answer;
}

}  // namespace weft::http::detail
