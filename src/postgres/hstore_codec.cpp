#include <string>
#include <utility>
#include <weft/postgres/codecs.hpp>

namespace weft::postgres {

namespace {

using hstore = std::map<std::string, std::optional<std::string>>;

}  // namespace

void codec<hstore>::write_text(std::string& to, const hstore& value) {
  const char* separator = "";
  for (const auto& [key, one] : value) {
    to += separator;
    detail::append_element(to, &key);
    to += "=>";
    detail::append_element(to, one ? &*one : nullptr);
    separator = ", ";
  }
}

void codec<hstore>::write(std::string& to, const hstore& value, oid::number) {
  detail::put(to, static_cast<std::int32_t>(value.size()));
  for (const auto& [key, one] : value) {
    detail::write_sized(to, key, oid::text);
    detail::write_sized(to, one, oid::text);
  }
}

void codec<hstore>::read(std::string_view from, oid::number is, hstore& value) {
  if (is < oid::first_of_users) detail::throw_no_fit(is, "hstore");
  detail::wire_reader reader{from};
  value.clear();
  for (auto left = reader.number<std::int32_t>(); left > 0; --left) {
    std::string key{detail::read_sized(reader)};
    const std::string_view bytes = detail::read_sized(reader);
    std::optional<std::string> one;
    if (bytes.data() != nullptr) one.emplace(bytes);
    value.insert_or_assign(std::move(key), std::move(one));
  }
}

}  // namespace weft::postgres
