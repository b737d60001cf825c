#include <stdexcept>
#include <string>
#include <weft/web/route.hpp>

#include "web/route_entry.hpp"

namespace weft::web {

route& route::summary(std::string_view text) {
  entry_->summary = text;
  return *this;
}
route& route::description(std::string_view text) {
  entry_->long_description = text;
  return *this;
}
route& route::tag(std::string_view name) {
  entry_->tags.emplace_back(name);
  return *this;
}
route& route::status(int status) {
  if (status < 200 || status > 299)
    throw std::invalid_argument{"what a handler gives has a status of 200 to 299, not " + std::to_string(status)};
  entry_->status = status;
  return *this;
}
route& route::hidden() {
  entry_->hidden = true;
  return *this;
}
route& route::timeout(std::chrono::nanoseconds limit) {
  entry_->timeout = limit;
  return *this;
}
route& route::max_body(std::size_t bytes) {
  entry_->max_body = bytes;
  return *this;
}
route& route::max_concurrent(std::size_t requests) {
  entry_->max_concurrent = requests;
  return *this;
}
route& route::limit_rate(const rate_limit& limit) {
  static_cast<void>(rate_limiter{limit});  // throws for what is none
  entry_->rate = limit;
  return *this;
}

}  // namespace weft::web
