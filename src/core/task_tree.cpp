#include "core/task_tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>
#include <weft/core/debug.hpp>

namespace weft::detail {

namespace {

using siblings = list<running_task>;

bool is_library(const std::source_location& where) noexcept {
  static const std::string sources = [] {
    const std::string_view here = std::source_location::current().file_name();
    return std::string{here.substr(0, here.rfind("core/"))};
  }();
  const std::string_view file = where.file_name();
  return file.starts_with(sources) || file.find("/include/weft/") != std::string_view::npos;
}

/// Frames from the innermost one of a task outwards, across the scopes in between.
std::vector<std::source_location> stack_of(const leaf& innermost) {
  std::vector<std::source_location> stack;
  void* frame = innermost.frame();
  scope* in = promise_of(frame).in_scope;
  for (;;) {
    const promise_base& promise = promise_of(frame);
    stack.push_back(promise.at);
    frame = unmarked(promise.continuation);
    if (frame != static_cast<void*>(in)) continue;
    scope* const outer = scope_around(*in);
    if (outer == nullptr || outer->waiting_on == nullptr) break;
    frame = outer->waiting_on->frame();
    in = outer;
  }
  return stack;
}

leaf* innermost_leaf(running_task& task) noexcept {
  leaf* waits = task.waiting_on;
  if (waits == nullptr) return nullptr;
  for (scope* inner = waits->scope_inside(); inner != nullptr && inner->waiting_on != nullptr;
       inner = waits->scope_inside()) {
    waits = inner->waiting_on;
  }
  return waits;
}

/// Where the type or "auto" before a function's name ends: the last blank outside angle brackets.
std::string_view last_word(std::string_view text) noexcept {
  int depth = 0;
  for (std::size_t i = text.size(); i > 0; --i) {
    const char c = text[i - 1];
    if (c == '>') ++depth;
    if (c == '<') --depth;
    if (c == ' ' && depth == 0) return text.substr(i);
  }
  return text;
}

/// The compilers' signatures are long and differ; the name of the function is enough.
std::string function_of(const std::source_location& where) {
  std::string text = where.function_name();
  const bool lambda = text.find("(anonymous class)") != std::string::npos || text.find("<lambda(") != std::string::npos;
  constexpr std::array<std::string_view, 2> unnamed{"(anonymous namespace)::", "{anonymous}::"};
  for (std::string_view noise : unnamed) {
    for (std::size_t at = text.find(noise); at != std::string::npos; at = text.find(noise))
      text.erase(at, noise.size());
  }
  const std::string name{last_word(std::string_view{text}.substr(0, text.find('(')))};
  return lambda ? "lambda in " + name : name;
}

std::string milliseconds(std::int64_t nanoseconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms", static_cast<double>(nanoseconds) / 1e6);
  return text.data();
}

std::string state_of(const running_task& task, const event_loop& loop, const task_place& place) {
  if (loop.current != nullptr && &task_of(*loop.current) == &task) return "running";
  if (place.waits_for == nullptr) return "not started";
  return place.waits_for;
}

std::string stack_text(const task_place& place, const char* between) {
  std::string text;
  for (const std::source_location& where : place.stack) {
    if (!text.empty()) text.append(between);
    text.append(describe(where));
  }
  return text;
}

/// Who awaits whom, as it is now.
struct snapshot {
  explicit snapshot(event_loop& of) : loop{&of} {
    using owners = list<task_owner>;
    for (task_owner* owner = of.owners.front(); owner != nullptr; owner = owners::after(*owner)) {
      scope* const waiting = owner->awaited_in();
      for (running_task* t = owner->children().front(); t != nullptr; t = siblings::after(*t)) {
        if (t->done()) continue;
        tasks.push_back(t);
        if (waiting != nullptr) add(*t, task_of(*waiting));
        t->for_each_waiter([&](completion_waiter& w) {
          if (leaf* waits = w.waiting_leaf()) add(*t, task_of(waits->in_scope()));
        });
      }
    }
  }
  void add(running_task& awaited, running_task& by) {
    auto& known = awaiters[&awaited];
    if (&awaited == &by || std::find(known.begin(), known.end(), &by) != known.end()) return;
    known.push_back(&by);
    awaits[&by].push_back(&awaited);
  }

  event_loop* loop;
  std::vector<running_task*> tasks;
  std::unordered_map<running_task*, std::vector<running_task*>> awaiters;
  std::unordered_map<running_task*, std::vector<running_task*>> awaits;
};

class tree_printer {
 public:
  explicit tree_printer(event_loop& loop) : all_{loop} {}
  std::string print() {
    for (running_task* task : all_.tasks) {
      if (!all_.awaiters.contains(task)) add(*task, "", "");
    }
    for (running_task* task : all_.tasks) {  // those that await each other in a ring
      if (!shown_.contains(task)) add(*task, "", "");
    }
    return std::move(text_);
  }

 private:
  void add(running_task& task, const std::string& before, const std::string& before_children) {
    text_.append(before).append(task.name());
    if (!shown_.insert(&task).second) {
      text_.append(" (see above)\n");
      return;
    }
    const task_place place = place_of(task);
    text_.append(": ").append(state_of(task, *all_.loop, place));
    if (!place.stack.empty()) text_.append(" at ").append(stack_text(place, " < "));
    if (const task_notes* notes = task.find_notes(); notes != nullptr && notes->stepped_at >= 0) {
      text_.append(", for ").append(milliseconds(all_.loop->now() - notes->stepped_at));
    }
    text_.push_back('\n');
    const auto found = all_.awaits.find(&task);
    if (found == all_.awaits.end()) return;
    for (running_task* child : found->second) {
      const bool last = child == found->second.back();
      add(*child, before_children + (last ? "`- " : "|- "), before_children + (last ? "   " : "|  "));
    }
  }

  snapshot all_;
  std::unordered_set<running_task*> shown_;
  std::string text_;
};

}  // namespace

std::string describe(const std::source_location& where) {
  std::string_view file = where.file_name();
  file.remove_prefix(std::min(file.size(), file.rfind('/') + 1));
  return function_of(where) + " (" + std::string{file} + ":" + std::to_string(where.line()) + ")";
}

task_place place_of(running_task& task) {
  task_place place;
  leaf* const waits = innermost_leaf(task);
  if (waits == nullptr) {
    place.stack.push_back(promise_of(task.root()).at);
    return place;
  }
  place.waits_for = waits->describe();
  std::vector<std::source_location> all = stack_of(*waits);
  std::copy_if(all.begin(), all.end(), std::back_inserter(place.stack), [](const auto& at) { return !is_library(at); });
  if (place.stack.empty()) place.stack = std::move(all);
  return place;
}

std::string format_tree(event_loop& loop) { return tree_printer{loop}.print(); }

std::string format_table(event_loop& loop) {
  const snapshot all{loop};
  std::string text;
  for (running_task* task : all.tasks) {
    const task_place place = place_of(*task);
    const task_notes* notes = task->find_notes();
    text.append(std::to_string(task->number)).push_back('\t');
    text.append(task->name()).push_back('\t');
    text.append(state_of(*task, loop, place)).push_back('\t');
    text.append(notes != nullptr && notes->stepped_at >= 0 ? milliseconds(loop.now() - notes->stepped_at) : "-");
    text.push_back('\t');
    text.append(stack_text(place, " < ")).push_back('\t');
    if (const auto found = all.awaiters.find(task); found != all.awaiters.end()) {
      for (running_task* by : found->second) text.append(by == found->second.front() ? "" : ", ").append(by->name());
    }
    text.push_back('\n');
  }
  return text;
}

}  // namespace weft::detail

namespace weft {

std::string format_task_tree() { return detail::format_tree(detail::require_loop("format_task_tree")); }

}  // namespace weft
