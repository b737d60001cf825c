#include "web/request_scope.hpp"

#include <stdexcept>
#include <weft/core/detail/boundary.hpp>

#include "web/server_core.hpp"

namespace weft::web::detail {

namespace {

task<> run_deferred(std::unique_ptr<deferred_work> work) { co_await work->run(); }

}  // namespace

task<> let_go(std::vector<std::pair<const void*, std::unique_ptr<provided>>> made, exit_reason how) {
  while (!made.empty()) {
    std::exception_ptr error;
    try {
      co_await weft::detail::masked{made.back().second->leave(how)};
    } catch (...) {
      error = std::current_exception();
    }
    if (error && error != how.error())
      weft::detail::require_loop("web").report("What was provided to a handler could not be let go", error);
    made.pop_back();
  }
}

request_scope::~request_scope() {
  try {
    if (!made.empty())
      server_.background.create_task(let_go(std::move(made), answered ? exit_reason{} : exit_reason::stop()));
    if (!answered) return;
    for (std::unique_ptr<deferred_work>& each : background.take()) {
      const std::string name = std::move(each->name);
      server_.background.create_task(run_deferred(std::move(each)), {.name = name});
    }
  } catch (...) {
    weft::detail::require_loop("web").report("Background tasks could not be started", std::current_exception());
  }
}

task<> request_scope::fail(request_scope& self, std::exception_ptr error) {
  co_await let_go(std::exchange(self.made, {}), exit_reason{std::move(error)});
}

background_tasks& background_of(request_context& in) { return in.scope().background; }

namespace {

void* find(const std::vector<std::pair<const void*, std::unique_ptr<provided>>>& among, const void* key) noexcept {
  for (const auto& [other, object] : among)
    if (other == key) return object->object();
  return nullptr;
}

}  // namespace

task<void*> supply_dependency(request_context& in, const void* key) {
  if (void* shared = find(in.server.made, key)) co_return shared;
  if (in.has_scope())
    if (void* own = find(in.scope().made, key)) co_return own;
  for (const provision& each : in.server.app.provisions) {
    if (each.key != key || !each.per_request) continue;
    if (!in.has_request()) throw std::logic_error{"what is made for each request is used where there is none"};
    std::unique_ptr<provided> made = co_await each.makes->make(in);
    if (made == nullptr) throw request_refused{};
    void* const object = made->object();
    in.scope().made.emplace_back(key, std::move(made));
    co_return object;
  }
  throw std::logic_error{"a factory uses what was not provided before it"};
}

}  // namespace weft::web::detail
