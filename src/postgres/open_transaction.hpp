#pragma once

#include <memory>
#include <string>
#include <utility>
#include <weft/postgres/detail/session.hpp>

namespace weft::postgres::detail {

/// What a transaction's body works with: the connection, as long as the transaction is open.
class open_transaction final : public session, public std::enable_shared_from_this<open_transaction> {
 public:
  open_transaction(std::shared_ptr<session> alone, int depth) noexcept : alone_{std::move(alone)}, depth_{depth} {}

  task<answer> run(const command& what) override;
  task<std::vector<answer>> run_all(const std::vector<command>& what) override;
  void run_detached(std::string text) override { alone_->run_detached(std::move(text)); }
  task<> run_script(const std::string& text) override;
  task<std::unique_ptr<row_source>> stream(const command& what) override;
  task<std::unique_ptr<copy_sink>> copy_in(const std::string& statement) override;
  task<std::unique_ptr<copy_source>> copy_out(const std::string& statement) override;
  task<std::shared_ptr<session>> alone() override;

  int depth() const noexcept { return depth_; }
  void end() noexcept { open_ = false; }

 private:
  void check_open() const;
  std::shared_ptr<session> alone_;
  int depth_;
  bool open_ = true;
};

}  // namespace weft::postgres::detail
