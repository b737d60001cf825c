#include <support/scenario.hpp>

// Asynchronous context managers, as CPython's traces show them.

namespace {

using namespace scenario;
using weft::exit_reason;
using weft::task;

class named_scope {
 public:
  named_scope(std::string name, bool suppress) : name_{std::move(name)}, suppress_{suppress} {}

  task<> enter() {
    log("enter ", name_);
    co_return;
  }
  task<bool> exit(exit_reason how) {
    co_await sleep(10);
    log("exit ", name_, " with ", show(how.error()));
    co_return suppress_;
  }

 private:
  std::string name_;
  bool suppress_;
};

TEST(Manager, s188_acm_order) {
  expect_trace(R"(
0 enter a
0 enter b
10 exit b with ValueError(x)
20 exit a with ValueError(x)
20 suppressed
20 enter c
20 enter d
20 body
30 exit d with none
40 exit c with none
)",
               []() -> task<> {
                 co_await weft::with(named_scope("a", true), named_scope("b", false), []() -> task<> {
                   throw value_error{"x"};
                   co_return;
                 });
                 log("suppressed");
                 // An AsyncExitStack is one manager in the block of another.
                 co_await weft::with(named_scope("c", false), []() -> task<> {
                   co_await weft::with(named_scope("d", false), []() -> task<> {
                     log("body");
                     co_return;
                   });
                 });
               });
}

TEST(Manager, s190_acm_session) {
  const auto session = []() -> weft::manager<const char*> {
    log("open");
    const exit_reason how = co_yield "s";
    if (how.ok()) {
      co_await sleep(1);
      log("commit");
    } else if (how.error()) {
      log("rollback because ", show(how.error()));
    }
    log("close");
  };
  const auto use = [&](std::string kind) -> task<> {
    co_await weft::with(session(), [&]() -> task<> {
      co_await sleep(10);
      if (kind == "error") throw value_error{"x"};
      if (kind == "hang") co_await sleep(1000);
    });
  };
  expect_trace(R"(
0 open
11 commit
11 close
11 open
21 rollback because ValueError(x)
21 close
21 error came out
21 open
71 close
71 cancelled
)",
               [&]() -> task<> {
                 co_await use("ok");
                 try {
                   co_await use("error");
                 } catch (const value_error&) {
                   log("error came out");
                 }
                 const auto t = spawn(use("hang"), "H");
                 co_await sleep(50);
                 t.cancel();
                 co_await weft::wait(handles(t));
                 log(outcome(t));
               });
}

}  // namespace
