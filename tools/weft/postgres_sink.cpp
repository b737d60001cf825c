#include "postgres_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace weft::tool {

namespace {

async_generator<std::string> one_piece(std::string text) { co_yield std::move(text); }

}  // namespace

std::string as_copy_text(std::string_view lines) {
  std::string text;
  text.reserve(lines.size() + lines.size() / 8);
  for (const char c : lines) {
    if (c == '\\') text += c;
    text += c;
  }
  return text;
}

void postgres_sink::write(std::string_view lines) {
  if (!loop_) loop_.emplace();
  const auto count = std::count(lines.begin(), lines.end(), '\n');
  try {
    loop_->run(copy(lines));
  } catch (const std::exception& e) {
    // Whoever reads it must know what is in the table. What comes together is there as a whole, or not at all.
    const bool lost = copying_ && dynamic_cast<const postgres::connection_error*>(&e) != nullptr;
    throw std::runtime_error{fmt::format("{}; {} records are in the table, {} {}", e.what(), written_,
                                         lost ? "and it is not known whether the next are:" : "and none of the next",
                                         count)};
  }
  written_ += count;
}

void postgres_sink::close() {
  if (!loop_) return;
  server_.reset();
  loop_->close();
  loop_.reset();
}

task<> postgres_sink::copy(std::string_view lines) {
  if (!server_) {
    server_ = co_await postgres::connect(where_);
    co_await server_->execute(
        "create table if not exists weft_fetch (id bigint generated always as identity primary key, "
        "at timestamptz not null default now(), record json not null)");
  }
  copying_ = true;
  co_await server_->copy_in_bytes("copy weft_fetch (record) from stdin", one_piece(as_copy_text(lines)));
  copying_ = false;
}

}  // namespace weft::tool
