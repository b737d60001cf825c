#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;
using weft::exit_reason;
using weft::with;

namespace {

template <class F>
auto run_simulated(F body) {
  return weft::run(std::move(body), {.clock = weft::clock_mode::simulated});
}

/// "ok", "stopped" or the text of the error.
std::string text(const exit_reason& how) {
  return how.ok() ? "ok" : how.stopped() ? std::string{"stopped"} : weft::what(how.error());
}

/// Writes down what happens to it.
class noting {
 public:
  noting(std::string& trace, std::string name) : trace_{&trace}, name_{std::move(name)} {}
  weft::task<std::string> enter() {
    co_await weft::sleep(1ms);
    *trace_ += "+" + name_ + " ";
    co_return name_;
  }
  weft::task<> exit(exit_reason how) {
    co_await weft::sleep(1ms);
    *trace_ += "-" + name_ + "(" + text(how) + ") ";
  }

 private:
  std::string* trace_;
  std::string name_;
};

/// Its functions are no coroutines, and it gives a reference.
class plain {
 public:
  explicit plain(std::string& trace) : trace_{&trace} {}
  std::string& enter() { return *trace_; }
  void exit() { *trace_ += "exit "; }

 private:
  std::string* trace_;
};

/// Only an exit, which may swallow errors.
template <class Reply>
class swallowing {
 public:
  explicit swallowing(bool swallow) : swallow_{swallow} {}
  Reply exit(exit_reason how);

  std::string seen;

 private:
  bool swallow_;
};
template <>
bool swallowing<bool>::exit(exit_reason how) {
  seen = text(how);
  return swallow_;
}
template <>
weft::task<bool> swallowing<weft::task<bool>>::exit(exit_reason how) {
  co_await weft::checkpoint();
  seen = text(how);
  co_return swallow_;
}

class failing {
 public:
  failing(bool enter, bool exit) : enter_{enter}, exit_{exit} {}
  weft::task<> enter() {
    co_await weft::checkpoint();
    if (enter_) throw std::runtime_error{"enter"};
  }
  weft::task<> exit() {
    ++exits;
    co_await weft::checkpoint();
    if (exit_) throw std::runtime_error{"exit"};
  }
  int exits = 0;

 private:
  bool enter_;
  bool exit_;
};

/// The text of what a task throws.
template <class T>
weft::task<std::string> error_of(weft::task<T> work) {
  std::string caught = "nothing";
  try {
    co_await std::move(work);
  } catch (const std::exception& e) {
    caught = e.what();
  }
  co_return caught;
}

}  // namespace

TEST(With, EntersInOrderAndLeavesInReverse) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    const int value = co_await with(noting{trace, "a"}, noting{trace, "b"}, noting{trace, "c"},
                                    [&](std::string& a, std::string& b, std::string& c) -> weft::task<int> {
                                      trace += a + b + c + " ";
                                      co_return 7;
                                    });
    EXPECT_EQ(value, 7);
  });
  EXPECT_EQ(trace, "+a +b +c abc -c(ok) -b(ok) -a(ok) ");
}

TEST(With, GivesTheBodyAsMuchAsItTakes) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    co_await with(noting{trace, "a"}, noting{trace, "b"}, [&](std::string& last) -> weft::task<> {
      trace += last + " ";
      co_return;
    });
    co_await with(noting{trace, "c"}, []() -> weft::task<> { co_return; });
  });
  EXPECT_EQ(trace, "+a +b b -b(ok) -a(ok) +c -c(ok) ");
}

TEST(With, RefersToLvalueManagersAndKeepsReferencesThatTheyGive) {
  run_simulated([]() -> weft::task<> {
    std::string trace;
    plain manager{trace};
    const std::string* const seen =
        co_await with(manager, [](std::string& given) -> weft::task<const std::string*> { co_return &given; });
    EXPECT_EQ(seen, &trace);
    EXPECT_EQ(trace, "exit ");

    failing counted{false, false};
    co_await with(counted, []() -> weft::task<> { co_return; });
    co_await with(counted, []() -> weft::task<> { co_return; });
    EXPECT_EQ(counted.exits, 2);
  });
}

TEST(With, OwnsRvalueManagersAndTheBodyUntilTheEnd) {
  run_simulated([]() -> weft::task<> {
    class owning {
     public:
      explicit owning(std::shared_ptr<int> n) : n_{std::move(n)} {}
      weft::task<> exit() {
        co_await weft::sleep(1ms);
        EXPECT_EQ(*n_, 5);
      }

     private:
      std::shared_ptr<int> n_;
    };
    auto number = std::make_shared<int>(5);
    std::weak_ptr<int> left = number;
    auto make = [&] {
      auto body = [number]() -> weft::task<int> {
        co_await weft::sleep(1ms);
        co_return *number;
      };
      return with(owning{number}, body);
    };
    auto work = make();
    number.reset();
    EXPECT_FALSE(left.expired());
    const int value = co_await std::move(work);
    EXPECT_EQ(value, 5);
    EXPECT_TRUE(left.expired());
  });
}

TEST(With, GivesAManagerWithoutEnterItself) {
  run_simulated([]() -> weft::task<> {
    swallowing<bool> manager{false};
    co_await with(manager, [&](swallowing<bool>& given) -> weft::task<> {
      EXPECT_EQ(&given, &manager);
      co_return;
    });
    EXPECT_EQ(manager.seen, "ok");
  });
}

TEST(With, MoveOnlyAndReferenceResults) {
  run_simulated([]() -> weft::task<> {
    std::string trace;
    const std::unique_ptr<int> owned = co_await with(
        noting{trace, "a"}, []() -> weft::task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); });
    EXPECT_EQ(*owned, 3);
    int there = 1;
    int& same = co_await with(noting{trace, "b"}, [&]() -> weft::task<int&> { co_return there; });
    EXPECT_EQ(&same, &there);
  });
}

TEST(With, TellsExitOfErrorsAndPassesThemOn) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    const std::string caught = co_await error_of(with(noting{trace, "a"}, noting{trace, "b"}, []() -> weft::task<> {
      co_await weft::sleep(1ms);
      throw std::runtime_error{"body"};
    }));
    EXPECT_EQ(caught, "body");
  });
  EXPECT_EQ(trace, "+a +b -b(body) -a(body) ");
}

TEST(With, ABodyThatThrowsBeforeItIsACoroutineStillReachesExit) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    auto body = [](std::string& name) -> weft::task<> {
      if (name == "a") throw std::runtime_error{"plain"};
      return weft::task<>{};
    };
    const std::string caught = co_await error_of(with(noting{trace, "a"}, body));
    EXPECT_EQ(caught, "plain");
  });
  EXPECT_EQ(trace, "+a -a(plain) ");
}

TEST(With, TellsExitOfAStopAndPassesItOn) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    auto work = weft::create_task([&]() -> weft::task<> {
      co_await with(noting{trace, "a"}, noting{trace, "b"}, []() -> weft::task<> { co_await weft::sleep(1h); });
      trace += "unreachable";
    });
    co_await weft::sleep(10ms);
    work.cancel();
    co_await weft::sleep(0ms);
    work.cancel();  // the exits are out of reach
    co_await weft::sleep(10ms);
    EXPECT_TRUE(work.cancelled());
  });
  EXPECT_EQ(trace, "+a +b -b(stopped) -a(stopped) ");
}

TEST(With, AStopWhileEnteringLeavesOnlyWhatWasEntered) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    auto work = weft::create_task([&]() -> weft::task<> {
      co_await with(noting{trace, "a"}, noting{trace, "b"}, []() -> weft::task<> { co_return; });
    });
    co_await weft::sleep(1500us);
    work.cancel();
    co_await weft::sleep(10ms);
    EXPECT_TRUE(work.cancelled());
  });
  EXPECT_EQ(trace, "+a -a(stopped) ");
}

TEST(With, ExitMaySwallowAnError) {
  run_simulated([]() -> weft::task<> {
    auto fail = []() -> weft::task<> {
      co_await weft::checkpoint();
      throw std::runtime_error{"body"};
    };
    swallowing<bool> plainly{true};
    co_await with(plainly, fail);
    EXPECT_EQ(plainly.seen, "body");

    swallowing<weft::task<bool>> waiting{true};
    co_await with(waiting, fail);
    EXPECT_EQ(waiting.seen, "body");

    const std::string caught = co_await error_of(with(swallowing<weft::task<bool>>{false}, fail));
    EXPECT_EQ(caught, "body");
  });
}

TEST(With, ExitCannotSwallowAStop) {
  swallowing<weft::task<bool>> manager{true};
  run_simulated([&]() -> weft::task<> {
    auto work = weft::create_task([&]() -> weft::task<> {
      co_await with(manager, []() -> weft::task<> { co_await weft::sleep(1h); });
      ADD_FAILURE() << "went on after a stop";
    });
    co_await weft::checkpoint();
    work.cancel();
    co_await weft::sleep(1ms);
    EXPECT_TRUE(work.cancelled());
  });
  EXPECT_EQ(manager.seen, "stopped");
}

TEST(With, ASwallowedErrorLeavesNoValue) {
  run_simulated([]() -> weft::task<> {
    bool cancelled = false;
    try {
      const int value = co_await with(swallowing<bool>{true}, []() -> weft::task<int> {
        co_await weft::checkpoint();
        throw std::runtime_error{"body"};
      });
      ADD_FAILURE() << value;
    } catch (const weft::cancelled_error&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
  });
}

TEST(With, NoExitWhereEnterFails) {
  run_simulated([]() -> weft::task<> {
    failing manager{true, false};
    const std::string caught = co_await error_of(with(manager, []() -> weft::task<> {
      ADD_FAILURE() << "the body ran";
      co_return;
    }));
    EXPECT_EQ(caught, "enter");
    EXPECT_EQ(manager.exits, 0);
  });
}

TEST(With, AnErrorOfExitWinsAndTheEarlierOneIsReported) {
  std::vector<std::string> reported;
  run_simulated([&]() -> weft::task<> {
    weft::this_loop().set_exception_handler(
        [&](const weft::exception_context& context) { reported.push_back(weft::what(context.exception)); });
    const std::string alone = co_await error_of(with(failing{false, true}, []() -> weft::task<> { co_return; }));
    EXPECT_EQ(alone, "exit");
    EXPECT_TRUE(reported.empty());
    const std::string both = co_await error_of(with(failing{false, true}, []() -> weft::task<> {
      co_await weft::checkpoint();
      throw std::runtime_error{"body"};
    }));
    EXPECT_EQ(both, "exit");
    EXPECT_EQ(reported, std::vector<std::string>{"body"});
  });
}

TEST(With, AnErrorOfExitWinsOverAStop) {
  run_simulated([]() -> weft::task<> {
    auto work = weft::create_task([]() -> weft::task<> {
      co_await with(failing{false, true}, []() -> weft::task<> { co_await weft::sleep(1h); });
    });
    co_await weft::sleep(1ms);
    work.cancel();
    const std::string caught = co_await error_of([](weft::task_handle<void> h) -> weft::task<> { co_await h; }(work));
    EXPECT_EQ(caught, "exit");
    EXPECT_FALSE(work.cancelled());
  });
}

TEST(With, AManagerMayBeAnObjectThatTwoBlocksUse) {
  std::string trace;
  run_simulated([&]() -> weft::task<> {
    noting shared{trace, "s"};
    co_await weft::gather(with(shared, []() -> weft::task<> { co_return; }),
                          with(shared, []() -> weft::task<> { co_return; }));
  });
  EXPECT_EQ(trace, "+s +s -s(ok) -s(ok) ");
}
