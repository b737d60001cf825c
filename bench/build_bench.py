#!/usr/bin/env python3
"""What weft costs to build with: the time to compile small programs, beside the same with Boost.Asio, and sizes.

Time is CPU time of the compiler, without a cache, at -O2.
"""

import argparse
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile

import results
from results import Measure, Results, at_most

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
COMPILERS = ["clang++-19", "g++"]
SMALL = """#include <weft/weft.hpp>

weft::task<int> answer() {
  co_await weft::sleep(std::chrono::milliseconds{1});
  co_return 42;
}

int main() { return weft::run(answer()) == 42 ? 0 : 1; }
"""
SMALL_ASIO = """#include <boost/asio.hpp>

namespace asio = boost::asio;

asio::awaitable<int> answer() {
  asio::steady_timer timer{co_await asio::this_coro::executor, std::chrono::milliseconds{1}};
  co_await timer.async_wait(asio::use_awaitable);
  co_return 42;
}

int main() {
  asio::io_context context;
  int result = 0;
  asio::co_spawn(context, answer(), [&](std::exception_ptr, int value) { result = value; });
  context.run();
  return result == 42 ? 0 : 1;
}
"""
WEB = (HERE / "peers" / "web_weft.cpp").read_text()
# What is compiled: its name, what weft's is, what the peer's is, and how many seconds it may take.
PROGRAMS = [
    ("a small program with <weft/weft.hpp>", SMALL, SMALL_ASIO, 1.0),
    ("a typed web app", WEB, None, 5.0),
]
FLAGS = ["-std=c++20", "-O2", "-DNDEBUG", f"-I{ROOT / 'include'}", f"-I{HERE / 'peers'}"]


def seconds(compiler, source, options, place):
    (place / "program.cpp").write_text(source)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    includes = [f"-I{options.build.resolve() / 'include'}"]
    subprocess.run(
        [compiler, *FLAGS, *includes, "-c", "program.cpp", "-o", "program.o"],
        cwd=place,
        check=True,
        env=os.environ | {"CCACHE_DISABLE": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compile_all(options, handed, place):
    for what, own, peer, limit in PROGRAMS:
        sources = {f"weft, {compiler}": (compiler, own) for compiler in COMPILERS}
        if peer and pathlib.Path("/usr/include/boost/asio.hpp").exists():
            sources |= {f"Boost.Asio, {compiler}": (compiler, peer) for compiler in COMPILERS}
        seen = {name: [] for name in sources}
        for _ in range(options.rounds):
            for name in random.sample(list(sources), len(sources)):
                seen[name].append(seconds(*sources[name], options, place))
        weft = [name for name in sources if name.startswith("weft")]
        handed.add(Measure(f"to compile {what}", "s of CPU", seen, weft, goals=[at_most(limit)]))


def sizes(options, handed, place):
    """Code and data of each library, and of a small program that is linked with them."""
    libraries = sorted((options.build / "src").glob("libweft_*.a"))
    code = {f"weft::{library.stem.removeprefix('libweft_')}": [code_of(library)] for library in libraries}
    handed.add(Measure("code and data of a library", "KiB", code, list(code), exact=True))
    compiler = COMPILERS[0]
    seconds(compiler, SMALL, options, place)
    core = options.build.resolve() / "src" / "libweft_core.a"
    subprocess.run([compiler, "program.o", core, "-luring", "-o", "program", "-Wl,--gc-sections", "-s"], cwd=place, check=True)
    size = {"weft": [(place / "program").stat().st_size / 1024]}
    handed.add(Measure("a small program, linked and stripped", "KiB", size, ["weft"], exact=True))


def code_of(library):
    """KiB of text and data that `size` counts in all of its members."""
    said = subprocess.run(["size", "--totals", library], check=True, capture_output=True, text=True).stdout
    text, data = said.splitlines()[-1].split()[:2]
    return (int(text) + int(data)) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=pathlib.Path("build/release"))
    parser.add_argument("--rounds", type=int, default=10, help="how often each is measured (10)")
    results.add_argument(parser)
    options = parser.parse_args()
    handed = Results()
    with tempfile.TemporaryDirectory() as name:
        compile_all(options, handed, pathlib.Path(name))
        sizes(options, handed, pathlib.Path(name))
    handed.hand_over(options)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
