#pragma once

#include <memory>
#include <string>
#include <utility>
#include <weft/postgres/detail/session.hpp>

#include "postgres/link.hpp"
#include "postgres/operation.hpp"

namespace weft::postgres::detail {

/// Runs statements on one link.
class link_session : public session, public std::enable_shared_from_this<link_session> {
 public:
  explicit link_session(std::shared_ptr<link> on) noexcept : link_{std::move(on)} {}

  task<answer> run(const command& what) override;
  task<std::vector<answer>> run_all(const std::vector<command>& what) override;
  void run_detached(std::string text) override { link_->run_detached(std::move(text)); }
  task<> run_script(const std::string& text) override;
  task<std::unique_ptr<row_source>> stream(const command& what) override;
  task<std::unique_ptr<copy_sink>> copy_in(const std::string& statement) override;
  task<std::unique_ptr<copy_source>> copy_out(const std::string& statement) override;
  task<std::shared_ptr<session>> alone() override;

  const std::shared_ptr<link>& where() const noexcept { return link_; }

 private:
  std::shared_ptr<link> link_;
};

}  // namespace weft::postgres::detail
