// weft against CPython's asyncio: recorded programs are run, and their traces compared with the recorded ones.
//
// A line of data/*.ndjson is one program with its name and the trace that CPython gave, on virtual time and with weft's
// rules of cancellation.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <ops/interpreter/interpreter.hpp>
#include <string>

namespace {

namespace json = boost::json;

/// Runs all programs of a file; returns how many there are.
int replay(const char* file, ops::comparison how) {
  std::ifstream records{file};
  EXPECT_TRUE(records) << file << " cannot be opened";
  int passed = 0;
  int all = 0;
  for (std::string line; std::getline(records, line); ++all) {
    json::parse_options options;
    options.max_depth = 200;
    const json::value record = json::parse(line, {}, options);
    const json::string& name = record.at("name").as_string();
    const json::string& expected = record.at("trace").as_string();
    const ops::program program = ops::read_program(json::serialize(record.at("program")));
    const std::string differs = ops::difference(ops::lines_of(expected), ops::run_program(program), how);
    EXPECT_EQ(differs, "") << file << ", " << name.c_str();
    if (differs.empty()) ++passed;
  }
  std::cout << file << ": " << passed << " of " << all << " programs have the recorded trace\n";
  return all;
}

TEST(Ops, MeetTheTraceOfEveryRule) { EXPECT_EQ(replay("ops/data/rules.ndjson", ops::comparison::exact), 38); }

TEST(Ops, MeetTheTracesOfRandomPrograms) { EXPECT_EQ(replay("ops/data/random.ndjson", ops::comparison::relaxed), 100); }

// ---- the interpreter's own parts -----------------------------------------------------------------------------------

/// A program with these tasks and one thing of each kind, or another text in place of `"locks":1`.
std::string program_text(const std::string& tasks, const std::string& locks = R"("locks":1)") {
  return R"({"version":1,"deadline":900007,"events":1,"conds":1,"sems":[1],"queues":[["fifo",0]],"barriers":[2],)" +
         locks + R"(,"tasks":)" + tasks + "}";
}

std::string complaint_about(const std::string& text) {
  try {
    (void)ops::read_program(text);
    return "none";
  } catch (const ops::bad_program& bad) {
    return bad.what();
  }
}

TEST(OpsProgram, IsRead) {
  const ops::program p = ops::read_program(program_text(R"([[["put",0,7],["finally",[],[["raise","x"]]]]])"));
  ASSERT_EQ(p.tasks.size(), 1U);
  EXPECT_EQ(p.deadline, 900007);
  const ops::script& s = p.tasks[0];
  ASSERT_EQ(s.size(), 2U);
  EXPECT_EQ(s[0].kind, ops::op_kind::put);
  EXPECT_EQ(s[0].numbers, (std::vector<std::int64_t>{0, 7}));
  ASSERT_EQ(s[1].scripts.size(), 2U);
  EXPECT_EQ(s[1].scripts[1].at(0).tag, "x");
}

TEST(OpsProgram, TellsWhatIsWrongAndWhere) {
  EXPECT_EQ(complaint_about(program_text("[[]]")), "none");
  EXPECT_EQ(complaint_about("{").substr(0, 15), "this is no JSON");
  EXPECT_EQ(complaint_about("[]"), "an object is expected");
  EXPECT_EQ(complaint_about("{}"), "version: missing");
  EXPECT_EQ(complaint_about(program_text("[]")), "tasks: there are none");
  EXPECT_EQ(complaint_about(program_text("[[]]", R"("locks":-1)")), "locks: -1 is not between 0 and 1000");
  EXPECT_EQ(complaint_about(program_text("[[[]]]")), "T0.0: an operation begins with its name");
  EXPECT_EQ(complaint_about(program_text(R"([[["swallow",[]]]])")), "T0.0: there is no operation 'swallow'");
  EXPECT_EQ(complaint_about(program_text(R"([[["sleep"]]])")), "T0.0: sleep takes so many operands: 1");
  EXPECT_EQ(complaint_about(program_text(R"([[["sleep","1"]]])")), "T0.0: a whole number is expected");
  EXPECT_EQ(complaint_about(program_text(R"([[],[["yield"],["try",[["set",1]]]]])")),
            "T1.1.0: 1: there are only 1 events");
  EXPECT_EQ(complaint_about(program_text(R"([[["await",0]]])")), "T0.0: 0: there are only 0 tasks before this one");
}

TEST(OpsTrace, IsComparedLineByLineOrInstantByInstant) {
  using ops::comparison;
  using ops::lines_of;
  const auto a = lines_of("0 A - start\n0 B - start\n5 A - returns 0\n");
  const auto b = lines_of("0 B - start\n0 A - start\n5 A - returns 0\n");
  const auto c = lines_of("0 A - start\n0 B - start\n");
  EXPECT_EQ(ops::difference(a, a, comparison::exact), "");
  EXPECT_EQ(ops::difference(a, b, comparison::exact), "line 1:\n- 0 A - start\n+ 0 B - start");
  EXPECT_EQ(ops::difference(a, b, comparison::relaxed), "");
  EXPECT_EQ(ops::difference(a, c, comparison::relaxed), "line 3:\n- 5 A - returns 0\n+ (the end)");
  EXPECT_EQ(ops::difference(c, a, comparison::relaxed), "line 3:\n- (the end)\n+ 5 A - returns 0");
}

}  // namespace
