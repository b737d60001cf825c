#include "program.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace ops {
namespace {

namespace json = boost::json;

/// How an operation is written. Its operands, a letter each: `t` microseconds, `k` a count, `n` a number, `f` 0 or 1,
/// `s` a text, an index of (`L` a lock, `E` an event, `C` a condition, `S` a semaphore, `Q` a queue, `B` a barrier, `T`
/// a task,
/// `<` a task before the own one), `o` a script, `c` a list of scripts.
struct form {
  std::string_view name;
  op_kind kind;
  std::string_view operands;
};

constexpr std::array forms{form{"nap", op_kind::nap, "t"},
                           form{"sleep", op_kind::sleep, "t"},
                           form{"yield", op_kind::yield, ""},
                           form{"acquire", op_kind::acquire, "L"},
                           form{"release", op_kind::release, "L"},
                           form{"sem_acquire", op_kind::sem_acquire, "S"},
                           form{"sem_release", op_kind::sem_release, "S"},
                           form{"put", op_kind::put, "Qn"},
                           form{"get", op_kind::get, "Q"},
                           form{"put_nowait", op_kind::put_nowait, "Qn"},
                           form{"get_nowait", op_kind::get_nowait, "Q"},
                           form{"task_done", op_kind::task_done, "Q"},
                           form{"join", op_kind::join, "Q"},
                           form{"set", op_kind::set, "E"},
                           form{"clear", op_kind::clear, "E"},
                           form{"wait", op_kind::wait, "E"},
                           form{"cond_wait", op_kind::cond_wait, "C"},
                           form{"cond_notify", op_kind::cond_notify, "Ck"},
                           form{"barrier", op_kind::barrier, "B"},
                           form{"cancel", op_kind::cancel, "T"},
                           form{"await", op_kind::await, "<"},
                           form{"shield", op_kind::shield, "<"},
                           form{"raise", op_kind::raise, "s"},
                           form{"lock", op_kind::lock, "Lo"},
                           form{"sem", op_kind::sem, "So"},
                           form{"timeout", op_kind::timeout, "to"},
                           form{"try", op_kind::try_block, "o"},
                           form{"finally", op_kind::finally, "oo"},
                           form{"group", op_kind::group, "co"},
                           form{"gather", op_kind::gather, "fc"}};

/// Reads one program; knows where it is, for the message if something is wrong.
class reader {
 public:
  program read(std::string_view text) {
    const json::value value = parse(text);
    const json::object& fields = object(value);
    if (number(field(fields, "version"), 1, 1) != 1) fail("another version than 1");
    result_.deadline = number(field(fields, "deadline"));
    result_.locks = count(field(fields, "locks"));
    result_.events = count(field(fields, "events"));
    result_.conds = count(field(fields, "conds"));
    for (const json::value& v : array(field(fields, "sems"))) result_.sems.push_back(count(v));
    for (const json::value& v : array(field(fields, "queues"))) result_.queues.push_back(queue(v));
    for (const json::value& v : array(field(fields, "barriers"))) result_.barriers.push_back(count(v, 1));
    where_.clear();
    const json::array& tasks = array(field(fields, "tasks"));
    if (tasks.empty()) fail("there are none");
    number_of_tasks_ = tasks.size();
    for (task_ = 0; task_ != tasks.size(); ++task_) {
      where_ = "T" + std::to_string(task_);
      result_.tasks.push_back(read_script(tasks[task_]));
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw bad_program{where_.empty() ? why : where_ + ": " + why};
  }

  json::value parse(std::string_view text) const {
    json::parse_options options;
    options.max_depth = 200;
    json::error_code error;
    json::value value = json::parse(text, error, {}, options);
    if (error) fail("this is no JSON: " + error.message());
    return value;
  }

  const json::value& field(const json::object& fields, std::string_view name) {
    where_ = name;
    const json::value* found = fields.if_contains(name);
    if (found == nullptr) fail("missing");
    return *found;
  }
  const json::object& object(const json::value& v) const {
    if (!v.is_object()) fail("an object is expected");
    return v.get_object();
  }
  const json::array& array(const json::value& v) const {
    if (!v.is_array()) fail("a list is expected");
    return v.get_array();
  }
  std::int64_t number(const json::value& v, std::int64_t low = 0, std::int64_t high = 1'000'000'000'000) const {
    if (!v.is_int64()) fail("a whole number is expected");
    const std::int64_t n = v.get_int64();
    if (n < low || n > high) {
      fail(std::to_string(n) + " is not between " + std::to_string(low) + " and " + std::to_string(high));
    }
    return n;
  }
  std::size_t count(const json::value& v, std::int64_t low = 0) const {
    return static_cast<std::size_t>(number(v, low, 1000));
  }
  std::pair<queue_kind, std::size_t> queue(const json::value& v) const {
    const json::array& parts = array(v);
    if (parts.size() != 2 || !parts[0].is_string()) fail("a queue is a kind and a size");
    const json::string& kind = parts[0].get_string();
    const std::size_t size = count(parts[1]);
    if (kind == "fifo") return {queue_kind::fifo, size};
    if (kind == "lifo") return {queue_kind::lifo, size};
    if (kind == "prio") return {queue_kind::prio, size};
    fail("a queue is fifo, lifo or prio");
  }

  script read_script(const json::value& v) {
    script ops;
    const std::string around = where_;
    const json::array& items = array(v);
    for (std::size_t i = 0; i != items.size(); ++i) {
      where_ = around + "." + std::to_string(i);
      ops.push_back(read_op(array(items[i])));
    }
    where_ = around;
    return ops;
  }

  op read_op(const json::array& parts) {
    if (parts.empty() || !parts[0].is_string()) fail("an operation begins with its name");
    const std::string_view name = parts[0].get_string();
    const auto* const found = std::find_if(forms.begin(), forms.end(), [&](const form& f) { return f.name == name; });
    if (found == forms.end()) fail("there is no operation '" + std::string{name} + "'");
    if (parts.size() != found->operands.size() + 1) {
      fail(std::string{name} + " takes so many operands: " + std::to_string(found->operands.size()));
    }
    op read{.kind = found->kind, .name = found->name, .numbers = {}, .tag = {}, .scripts = {}};
    for (std::size_t i = 0; i != found->operands.size(); ++i) read_operand(read, found->operands[i], parts[i + 1]);
    return read;
  }

  void read_operand(op& to, char letter, const json::value& v) {
    switch (letter) {
      case 's':
        if (!v.is_string()) fail("a text is expected");
        to.tag = v.get_string();
        break;
      case 'o':
        to.scripts.push_back(read_script(v));
        break;
      case 'c':
        for (const json::value& each : array(v)) to.scripts.push_back(read_script(each));
        break;
      default:
        to.numbers.push_back(read_number(letter, v));
    }
  }

  std::int64_t read_number(char letter, const json::value& v) const {
    switch (letter) {
      case 'f':
        return number(v, 0, 1);
      case 'L':
        return index(v, result_.locks, "locks");
      case 'E':
        return index(v, result_.events, "events");
      case 'C':
        return index(v, result_.conds, "conds");
      case 'S':
        return index(v, result_.sems.size(), "sems");
      case 'Q':
        return index(v, result_.queues.size(), "queues");
      case 'B':
        return index(v, result_.barriers.size(), "barriers");
      case 'T':
        return index(v, number_of_tasks_, "tasks");
      case '<':
        return index(v, task_, "tasks before this one");
      case 'n':
        return number(v, INT64_MIN, INT64_MAX);
      default:
        return number(v);
    }
  }
  std::int64_t index(const json::value& v, std::size_t size, const char* of_what) const {
    const std::int64_t n = number(v);
    if (n >= static_cast<std::int64_t>(size)) {
      fail(std::to_string(n) + ": there are only " + std::to_string(size) + " " + of_what);
    }
    return n;
  }

  program result_;
  std::size_t number_of_tasks_ = 0;
  std::size_t task_ = 0;
  std::string where_;
};

}  // namespace

program read_program(std::string_view json) { return reader{}.read(json); }

}  // namespace ops
