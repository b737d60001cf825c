#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <variant>
#include <vector>
#include <weft/describe.hpp>

enum class priority { low, normal, urgent };
WEFT_DESCRIBE_ENUM(priority, low, normal, (urgent, named("now")))

struct mail {
  std::string to;
};
WEFT_DESCRIBE(mail, (to, email))

struct webhook {
  std::string url;
  int retries = 3;
};
WEFT_DESCRIBE(webhook, (url, pattern("^https://")), (retries, defaulted, ge(0), le(10)))

struct job {
  weft::uuid id;
  std::string name;
  int steps = 0;
  priority urgency = priority::normal;
  std::optional<std::string> note;
  std::vector<std::string> tags;
  std::vector<std::variant<mail, webhook>> report_to;
  std::chrono::sys_seconds created;
};
WEFT_DESCRIBE((job, doc("What is to be done"), refuse_extra_fields), id, (name, min_length(1)), (steps, ge(1), le(100)),
              (urgency, defaulted), note, (tags, defaulted, unique, each(max_length(20))), (report_to, defaulted),
              created)

void read_and_write() {
  const auto read = weft::from_json<job>(R"({
    "id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "name": "sweep",
    "steps": 3,
    "urgency": "now",
    "report_to": [{"type": "mail", "to": "ada@example.org"}, {"url": "https://example.org/done", "type": "webhook"}],
    "created": "2026-11-21T09:57:56+02:00"
  })");
  std::printf("%s\n", weft::to_json(read, {.indent = 2, .omit_null = true}).c_str());

  try {
    (void)weft::from_json<job>(R"({
      "id": "17",
      "name": "",
      "steps": 1000,
      "tags": ["a", "b", "a"],
      "report_to": [{"type": "mail", "to": "nobody"}, {"type": "pigeon"}],
      "crated": "2026-11-21T07:57:56Z"
    })");
  } catch (const weft::json_error& error) {
    for (const weft::issue& one : error.issues()) std::printf("%s\n", to_string(one).c_str());
  }
}

int main() { read_and_write(); }
