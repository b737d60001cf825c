#include "http/typed_heads.hpp"

#include <algorithm>

namespace weft::http::detail {

std::string_view typed_heads::make(std::string_view begin, std::string_view type) {
  head& made = heads_[next_];
  made.type = {};
  made.text.assign(begin).append("content-type: ").append(type).append("\r\ncontent-length: ");
  made.type = type;
  next_ = (next_ + 1) % heads_.size();
  used_ = std::max(used_, next_ == 0 ? heads_.size() : next_);
  return made.text;
}

}  // namespace weft::http::detail
