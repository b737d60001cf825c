// ops PROGRAM.json: runs a program under weft's simulated clock and prints its trace. `-` reads standard input.
// Status 2: the program cannot be read.

#include <fstream>
#include <iostream>
#include <iterator>

#include "interpreter.hpp"

namespace {

std::string read_all(std::istream& from) {
  return {std::istreambuf_iterator<char>{from}, std::istreambuf_iterator<char>{}};
}

std::string read(const std::string& name) {
  if (name == "-") return read_all(std::cin);
  std::ifstream file{name, std::ios::binary};
  if (!file) throw ops::bad_program{"cannot be opened"};
  return read_all(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: ops PROGRAM.json (or -)\n";
    return 2;
  }
  const std::string name = argv[1];
  try {
    for (const std::string& line : ops::run_program(ops::read_program(read(name)))) std::cout << line << '\n';
  } catch (const ops::bad_program& bad) {
    std::cerr << "ops: " << (name == "-" ? "standard input" : name) << ": " << bad.what() << '\n';
    return 2;
  }
  return std::cout.flush() ? 0 : 1;
}
