#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <weft/testing/detail/trial.hpp>
#include <weft/testing/for_each_seed.hpp>
#include <weft/testing/for_each_stop.hpp>

#include "testing/random.hpp"

namespace weft::testing::detail {

namespace {

/// A number from the environment; nothing if there is none.
std::optional<std::uint64_t> from_environment(const char* variable) {
  const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr || *text == '\0') return std::nullopt;
  const std::string_view digits{text};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    throw failure{std::string{variable} + " is not a number: " + text};
  }
  return number;
}

/// How a run has ended.
struct outcome {
  std::uint64_t places = 0;
  bool stopped = false;      ///< a stop came before its end
  std::exception_ptr error;  ///< null if it returned
  bool by_the_stop = false;  ///< the error is a cancelled_error after a stop
};

/// Runs programs, and reports how to repeat a run that has failed.
class repeater {
 public:
  repeater(function_ref<task<>(std::uint64_t)> tested, const options& how)
      : tested_{tested}, asks_{how.failed && !how.failed()} {}

  outcome run(const options& how) const {
    outcome end;
    trial once{how, true};
    try {
      once.run([this, &how]() -> task<> { return tested_(how.seed); });
    } catch (const failure&) {
      give_up(how, std::current_exception());
    } catch (const deadlock_error&) {
      give_up(how, std::current_exception());
    } catch (const cancelled_error&) {
      end.error = std::current_exception();
      end.by_the_stop = once.stopped();
    } catch (...) {
      end.error = std::current_exception();
    }
    end.stopped = once.stopped();
    end.places = once.places();
    const bool forgiven = end.by_the_stop || (end.stopped && how.may_fail_when_stopped);
    if (end.error && !forgiven) give_up(how, end.error);
    try {
      once.finish();
    } catch (const failure&) {
      give_up(how, std::current_exception());
    }
    if (asks_ && how.failed()) give_up(how, "a check has failed");
    return end;
  }

 private:
  [[noreturn]] static void give_up(const options& how, const std::exception_ptr& error) {
    give_up(how, what(error), error);
  }
  [[noreturn]] static void give_up(const options& how, const std::string& why, std::exception_ptr error = nullptr) {
    std::string text;
    std::string again;
    std::string variables;
    const auto add = [](std::string& list, const char* between, const std::string& item) {
      list.append(list.empty() ? "" : between).append(item);
    };
    if (how.stop_at != 0) {
      const std::string place = std::to_string(how.stop_at);
      const bool any = how.stop == stops::any_task;
      add(text, " ", (any ? "one of its tasks stopped at place " : "stopped at place ") + place);
      add(again, ", ", ".stop_at = " + place);
      if (any) add(again, ", ", ".stop = weft::testing::stops::any_task");
    }
    if (how.seed != 0) {
      const std::string seed = std::to_string(how.seed);
      add(text, " ", "with seed " + seed);
      add(again, ", ", ".seed = " + seed);
      add(variables, " ", "WEFT_TEST_SEED=" + seed);
    } else if (how.stop_at != 0) {
      add(variables, " ", "WEFT_TEST_STOP=" + std::to_string(how.stop_at));
    }
    text.append(text.empty() ? "" : ": ").append(why);
    text.append("\n  to repeat it: weft::testing::run(program, {").append(again).append("})");
    if (!variables.empty()) text.append("; or in the environment: ").append(variables);
    throw failure{text, std::move(error)};
  }

  function_ref<task<>(std::uint64_t)> tested_;
  bool asks_;
};

}  // namespace

void for_each_seed(std::uint64_t count, function_ref<task<>(std::uint64_t)> tested, options how) {
  std::uint64_t seed = std::max<std::uint64_t>(how.seed, 1);
  if (const auto number = from_environment("WEFT_TEST_SEEDS")) count = *number;
  if (const auto number = from_environment("WEFT_TEST_SEED")) {
    seed = *number;
    count = 1;
  }
  const repeater repeat{tested, how};
  for (; count != 0; --count, ++seed) {
    how.seed = seed;
    how.stop_at = 0;
    const outcome whole = repeat.run(how);
    if (how.stop == stops::none) continue;
    random_source places{~seed};
    how.stop_at = 1 + places.below(std::max<std::uint64_t>(whole.places, 1));
    repeat.run(how);
  }
}

stop_counts for_each_stop(function_ref<task<>()> tested, options how) {
  stop_counts counts;
  how.stop_at = std::max<std::uint64_t>(how.stop_at, 1);
  const auto only = from_environment("WEFT_TEST_STOP");
  if (only) how.stop_at = *only;
  const auto start = [&](std::uint64_t) { return tested(); };
  const repeater repeat{start, how};
  for (;; ++how.stop_at) {
    const outcome end = repeat.run(how);
    if (end.stopped) ++(end.by_the_stop ? counts.stopped : end.error ? counts.failed : counts.returned);
    if (only || end.places < how.stop_at) return counts;
  }
}

}  // namespace weft::testing::detail
