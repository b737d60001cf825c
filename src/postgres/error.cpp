#include <utility>
#include <weft/postgres/error.hpp>

namespace weft::postgres {

namespace {

std::string text_of(const diagnostics& said) {
  std::string text;
  if (said.statement != 0) text = "statement " + std::to_string(said.statement) + ": ";
  text += said.message;
  if (!said.detail.empty()) text += " (" + said.detail + ")";
  if (!said.context.empty()) text += " (" + said.context.substr(0, said.context.find('\n')) + ")";
  if (!said.sqlstate.empty()) text += " [" + said.sqlstate + "]";
  return text;
}

const std::shared_ptr<const diagnostics>& nothing_said() {
  static const std::shared_ptr<const diagnostics> nothing = std::make_shared<const diagnostics>();
  return nothing;
}

}  // namespace

error::error(const std::string& what) : weft::error{what}, said_{nothing_said()} {}

error::error(diagnostics said)
    : weft::error{text_of(said)}, said_{std::make_shared<const diagnostics>(std::move(said))} {}

bool error::worth_retrying() const noexcept { return sqlstate() == "40001" || sqlstate() == "40P01"; }

}  // namespace weft::postgres
