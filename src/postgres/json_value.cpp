#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <weft/postgres/json_value.hpp>

namespace weft::postgres {

void codec<boost::json::value>::write_text(std::string& to, const boost::json::value& value) {
  to += boost::json::serialize(value);
}

void codec<boost::json::value>::write(std::string& to, const boost::json::value& value, oid::number as) {
  detail::write_text_as(to, boost::json::serialize(value), as);
}

void codec<boost::json::value>::read(std::string_view from, oid::number is, boost::json::value& value) {
  boost::json::error_code problem;
  const std::string_view text = detail::json_in(from, is);
  value = boost::json::parse({text.data(), text.size()}, problem);
  if (problem) throw data_error{"JSON that cannot be read: " + problem.message()};
}

}  // namespace weft::postgres
