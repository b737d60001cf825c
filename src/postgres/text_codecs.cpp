#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <weft/postgres/value_codecs.hpp>

namespace weft::postgres::detail {

std::string_view json_in(std::string_view from, oid::number is) {
  if (is == oid::jsonb) {
    if (from.empty() || from[0] != '\1') throw data_error{"jsonb of an unknown version"};
    return from.substr(1);
  }
  if (is != oid::json && is != oid::text && is != oid::varchar) throw_no_fit(is, "JSON");
  return from;
}

std::string read_text(std::string_view from, oid::number is) {
  switch (is) {
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::name:
    case oid::single_char:
    case oid::unknown_text:
    case oid::json:
    case 142:  // xml
      return std::string{from};
    case oid::jsonb:
      return std::string{json_in(from, is)};
    case oid::numeric:
      return numeric_text(from);
    case oid::inet:
    case oid::cidr:
      return inet_text(from);
    case oid::uuid: {
      uuid value;
      codec<uuid>::read(from, is, value);
      return value.str();
    }
    default:
      if (is < oid::first_of_users) throw_no_fit(is, "text");
      return std::string{from};  // an enumeration, a type like citext
  }
}

void write_text_as(std::string& to, std::string_view text, oid::number as) {
  switch (as) {
    case oid::jsonb:
      to += '\1';
      to += text;
      return;
    case oid::numeric:
      return write_numeric(to, text);
    case oid::uuid: {
      const std::optional<uuid> value = uuid::parse(text);
      if (!value) throw data_error{"\"" + std::string{text} + "\" is no UUID"};
      return codec<uuid>::write(to, *value, as);
    }
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::name:
    case oid::json:
    case oid::unknown_text:
    case oid::unknown:
      to += text;
      return;
    default:
      if (as < oid::first_of_users) throw_no_fit(as, "text");
      to += text;
  }
}

void write_inet(std::string& to, const std::string& text, oid::number as) {
  if (as != oid::inet && as != oid::cidr) throw_no_fit(as, "inet");
  constexpr std::uint8_t v4 = 2;  // the server's own numbers, not the system's
  constexpr std::uint8_t v6 = 3;
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  std::array<char, sizeof(in6_addr)> bytes{};
  const bool is_v6 = address.find(':') != std::string::npos;
  const std::size_t size = is_v6 ? sizeof(in6_addr) : sizeof(in_addr);
  int bits = static_cast<int>(size) * 8;
  bool good = ::inet_pton(is_v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) == 1;
  if (slash != std::string::npos) {
    const int most = bits;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + slash + 1, end, bits);
    good = good && parsed.ec == std::errc{} && parsed.ptr == end && bits >= 0 && bits <= most;
  }
  if (!good) throw data_error{"\"" + text + "\" is no address"};
  put(to, is_v6 ? v6 : v4);
  put(to, static_cast<std::uint8_t>(bits));
  put(to, static_cast<std::uint8_t>(as == oid::cidr ? 1 : 0));
  put(to, static_cast<std::uint8_t>(size));
  to.append(bytes.data(), size);
}

std::string inet_text(std::string_view from) {
  wire_reader reader{from};
  const auto family = reader.number<std::uint8_t>();
  const auto bits = reader.number<std::uint8_t>();
  const bool is_cidr = reader.number<std::uint8_t>() != 0;
  const auto length = reader.number<std::uint8_t>();
  const std::string_view address = reader.bytes(length);
  const bool v4 = family == 2;
  if (address.size() != (v4 ? 4U : 16U)) throw data_error{"an address of an unknown kind"};
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(v4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
  const bool whole_address = bits == (v4 ? 32 : 128);
  return whole_address && !is_cidr ? text.data() : text.data() + ("/" + std::to_string(bits));
}

}  // namespace weft::postgres::detail
