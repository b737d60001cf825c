// A job runner with live progress: `jobs 8080` serves it at http://127.0.0.1:8080/docs; without a port, a client uses
// it.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>
#include <weft/http.hpp>
#include <weft/web.hpp>
#include <weft/weft.hpp>

namespace web = weft::web;
using namespace std::chrono_literals;
using weft::task;

enum class job_state { queued, running, done };
WEFT_DESCRIBE_ENUM(job_state, queued, running, done)

struct new_job {
  int steps;
};
WEFT_DESCRIBE(new_job, (steps, ge(1), le(100), doc("How many steps it takes.")))

struct job_status {
  int id;
  int steps;
  int step = 0;
  job_state state = job_state::queued;
};
WEFT_DESCRIBE(job_status, id, steps, step, state)

/// The jobs, two of which run at a time.
class job_board {
 public:
  const job_status& add(int steps) {
    const int id = static_cast<int>(jobs_.size()) + 1;
    return jobs_.emplace(id, job_status{id, steps}).first->second;
  }
  const job_status& at(int id) const {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) throw web::http_error{404, "there is no job " + std::to_string(id)};
    return found->second;
  }
  std::vector<job_status> all() const {
    std::vector<job_status> list;
    list.reserve(jobs_.size());
    for (const auto& [id, each] : jobs_) list.push_back(each);
    return list;
  }

  task<> run(int id) {
    auto place = co_await places_.acquire();
    job_status& mine = jobs_.at(id);
    mine.state = job_state::running;
    while (mine.step < mine.steps) {
      co_await weft::sleep(10ms);  // the work
      ++mine.step;
      changed_.set();
    }
    mine.state = job_state::done;
    changed_.set();
  }

  /// Sends a job's state whenever it has changed, until it is done.
  task<> tell(int id, web::event_writer& to) {
    int told = -1;
    for (;;) {
      const job_status now = at(id);
      if (now.step != told || now.state == job_state::done) co_await to.send_json(now, {.type = "progress"});
      if (now.state == job_state::done) break;
      told = now.step;
      while (at(id).step == told && at(id).state != job_state::done) {
        changed_.clear();
        co_await changed_.wait();
      }
    }
  }

 private:
  std::map<int, job_status> jobs_;
  weft::semaphore places_{2};
  weft::event changed_;
};

void add_jobs(web::app& app, job_board& jobs) {
  app.provide(jobs);
  app.post("/jobs",
           [](web::body<new_job> made, web::use<job_board> board, web::background_tasks& background) {
             job_status started = board->add(made->steps);
             background.add_named("job", [&all = *board, id = started.id] { return all.run(id); });
             return started;
           })
      .status(202)
      .summary("Starts a job");
  app.get("/jobs", [](web::use<job_board> board) { return board->all(); });
  app.get("/jobs/{id}", [](web::path<"id", int> id, web::use<job_board> board) { return board->at(*id); });
  app.get("/jobs/{id}/progress", [](web::path<"id", int> id, web::use<job_board> board) {
    board->at(*id);  // 404 before the stream begins
    return web::events([&all = *board, id = *id](web::event_writer& to) { return all.tell(id, to); });
  });
  app.serve_metrics();
}

task<> use_jobs(web::server& server) {
  weft::http::client client{{.base_url = server.url()}};
  std::printf("%s\n", (co_await client.post("/jobs").json_text(R"({"steps": 3})").text()).c_str());
  const std::string events = co_await client.get("/jobs/1/progress").text();  // until the job is done
  std::printf("%s", events.c_str() + events.rfind("event:"));
  std::printf("%s\n", (co_await client.get("/jobs/1").text()).c_str());
  std::printf("%d\n", (co_await client.get("/jobs/2/progress")).status());
  std::printf("%s\n", (co_await client.post("/jobs").json_text(R"({"steps": 1000})")).text().c_str());
}

task<> run_jobs() {
  web::app app;
  job_board jobs;
  add_jobs(app, jobs);
  co_await weft::with(app.server(), use_jobs);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    weft::run(run_jobs());
    return 0;
  }
  web::app app{{.title = "jobs", .version = "1.0"}};
  job_board jobs;
  add_jobs(app, jobs);
  app.serve({.port = static_cast<std::uint16_t>(std::atoi(argv[1]))});
}
