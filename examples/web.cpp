#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weft/http.hpp>
#include <weft/web.hpp>
#include <weft/weft.hpp>

namespace web = weft::web;
using weft::task;

struct new_todo {
  std::string title;
  int priority = 3;
};
WEFT_DESCRIBE(new_todo, (title, min_length(1), max_length(100)), (priority, defaulted, ge(1), le(5)))

struct todo {
  int id;
  std::string title;
  int priority;
  bool done;
};
WEFT_DESCRIBE(todo, id, title, priority, done)

/// What the handlers share.
struct store {
  std::map<int, todo> todos;
  int last_id = 0;
  std::vector<std::string> sent;

  todo& at(int id) {
    const auto found = todos.find(id);
    if (found == todos.end()) throw web::http_error{404, "there is no to-do " + std::to_string(id)};
    return found->second;
  }
};

task<> send_mail(std::string title, std::vector<std::string>& sent) {
  co_await weft::sleep(std::chrono::milliseconds{1});
  sent.push_back(std::move(title));
}

void add_routes(web::app& app) {
  app.post("/todos",
           [](web::body<new_todo> made, web::use<store> all, web::background_tasks& background) {
             const int id = ++all->last_id;
             background.add(send_mail, made->title, std::ref(all->sent));
             return all->todos[id] = {id, made->title, made->priority, false};
           })
      .status(201)
      .summary("Adds a to-do");

  app.get("/todos", [](web::query<"done", std::optional<bool>> done, web::use<store> all) {
    std::vector<todo> found;
    for (const auto& [id, each] : all->todos)
      if (each.done == done->value_or(each.done)) found.push_back(each);
    return found;
  });

  app.put("/todos/{id}/done", [](web::path<"id", int> id, web::use<store> all, web::bearer_token token) {
    if (!web::same_secret(*token, "secret")) throw web::http_error{403, "not yours"};
    all->at(*id).done = true;
  });
}

task<> use_todo_service(web::server& server) {
  weft::http::client client{{.base_url = server.url()}};
  const auto show = [](const weft::http::response& r) {
    std::printf("%d %s\n", r.status(), r.text().empty() ? "(nothing)" : r.text().c_str());
  };

  show(co_await client.post("/todos").json_text(R"({"title": "write a page"})"));
  show(co_await client.post("/todos").json_text(R"({"title": "", "priority": 9})"));
  show(co_await client.put("/todos/1/done"));
  show(co_await client.put("/todos/1/done").header("authorization", "Bearer secret"));
  show(co_await client.put("/todos/7/done").header("authorization", "Bearer secret"));
  show(co_await client.get("/todos?done=true"));
}

task<> run_todo_service() {
  web::app app{{.title = "to-do", .version = "1.0"}};
  store all;
  app.provide(all);
  add_routes(app);
  co_await weft::with(app.server(), use_todo_service);
  std::printf("mails: %zu\n", all.sent.size());
}

int main() { weft::run(run_todo_service()); }
