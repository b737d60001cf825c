"""What the benchmarks of servers share: servers and loads as processes, each on a processor of its own.

What is compared is the CPU time that a server's process takes for a request, as the kernel's scheduler counts it, since
requests per second say more about the load and the machine. Each round starts every server anew, in an order of its own.
"""

import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import time

import results


class Server:
    """A server and how it is started. "@port" and "@dir" in its command and files stand for a port and a directory.

    One whose command names no port says "listening PORT" when it listens.
    """

    def __init__(self, name, *command, backend=None, files=None, needs=None):
        self.name = name
        self.command = command  # first a program in bin/ of the build, or one in the path
        self.backend = backend  # weft's; None for all others
        self.files = files or {}  # in "@dir": name to text
        self.needs = needs  # what to install where it is not here

    def program(self, options):
        built = options.build / "bin" / self.command[0]
        return built if built.exists() else shutil.which(self.command[0], path=os.environ["PATH"] + ":/usr/sbin")


class Running:
    """A server's process, tied to a processor."""

    def __init__(self, server, options, cpus=None, environment=None):
        self.place = tempfile.TemporaryDirectory()
        self.process = None
        self.port = free_port()
        environment = os.environ | (environment or {})
        if server.backend:
            environment["WEFT_BACKEND"] = server.backend
        for name, text in server.files.items():
            (pathlib.Path(self.place.name) / name).write_text(self.filled(text))
        says_port = not any("@port" in text for text in (*server.command, *server.files.values()))
        self.process = subprocess.Popen(
            [server.program(options), *(self.filled(word) for word in server.command[1:])],
            stdout=subprocess.PIPE if says_port else subprocess.DEVNULL,
            text=True,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus or (options.server_cpu,)),
        )
        try:
            if says_port:
                self.read_port()
            else:
                self.wait_until_it_listens()
        except RuntimeError:
            self.end()
            raise RuntimeError(f"{server.name} does not listen") from None

    def filled(self, text):
        return text.replace("@port", str(self.port)).replace("@dir", self.place.name)

    def read_port(self):
        words = self.process.stdout.readline().split()
        if len(words) != 2 or words[0] != "listening":
            raise RuntimeError
        self.port = int(words[1])

    def wait_until_it_listens(self):
        end = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.place.cleanup()

    def cpu(self):
        """CPU time so far of all its threads, in seconds."""
        place = pathlib.Path(f"/proc/{self.process.pid}/task")
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in place.iterdir()) / 1e9

    def user_share(self):
        """What part of its CPU time was spent in user space; None if it is too short to tell."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        user, system = int(fields[11]), int(fields[12])
        return user / (user + system) if user + system > 20 else None

    def uses_io_uring(self):
        place = pathlib.Path(f"/proc/{self.process.pid}/fd")
        return any("io_uring" in target_of(entry) for entry in place.iterdir())

    def memory(self):
        """Bytes of memory that are its own."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no Private_Dirty in smaps_rollup")


def target_of(link):
    """Where it leads; nowhere if it has gone meanwhile."""
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""


class Load:
    """The clients of one server: a program in bin/ of the build that takes its orders line by line."""

    def __init__(self, options, program, *arguments, cpu=None):
        cpu = options.load_cpu if cpu is None else cpu
        self.process = subprocess.Popen(
            [options.build / "bin" / program, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
        )
        self.connected = self.expect("connected")  # what else it says then

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()

    def expect(self, word):
        words = self.process.stdout.readline().split()
        if not words or words[0] != word:
            raise RuntimeError("the load has failed")
        return words[1:]

    def order(self, what, count):
        """Gives the seconds it took."""
        self.begin(what, count)
        return self.end()

    def ask(self, what, *words):
        """Gives the numbers with which it answers."""
        print(what, *words, file=self.process.stdin, flush=True)
        return [float(word) for word in self.expect(what)]

    def begin(self, what, count):
        print(what, count, file=self.process.stdin, flush=True)

    def end(self):
        return float(self.expect("ran")[0])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def available(servers, options, handed):
    """The servers that are here and do what their name says; remarks why others are left out."""
    found = []
    for server in servers:
        if options.only and not any(word in server.name for word in options.only):
            continue
        needs = f"it needs {server.needs}" if server.needs else f"{server.command[0]} is not built"
        if not server.program(options):
            handed.remark(f"{server.name} is not here: {needs}.")
            continue
        try:
            with Running(server, options) as running:
                on_io_uring = running.uses_io_uring()
        except (RuntimeError, OSError) as error:
            handed.remark(f"{server.name} is not here: {error}; {needs}.")
            continue
        if server.backend and on_io_uring != (server.backend == "io_uring"):
            handed.remark(f"{server.name} is left out: it runs on the other back end.")
            continue
        found.append(server)
    return found


def rounds(servers, options, measure):
    """What `measure(server)` gives in each round, by the servers' names."""
    seen = {server.name: [] for server in servers}
    for _ in range(options.rounds):
        for server in random.sample(servers, len(servers)):
            seen[server.name].append(measure(server))
    return seen


def column(seen, which):
    """One of the figures that `measure` gave, by the servers' names."""
    return {name: [measured[which] for measured in rows] for name, rows in seen.items()}


# ---- programs -------------------------------------------------------------------------------------------------------


def add_arguments(parser):
    """Those of every benchmark of servers."""
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=pathlib.Path("build/release"), help="where bin/ is")
    parser.add_argument("--rounds", type=int, default=10, help="how often each is measured (10)")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="servers whose name has one of these words")
    results.add_argument(parser)


def choose_processors(options):
    cpus = sorted(os.sched_getaffinity(0))
    options.server_cpu, options.load_cpu = cpus[-1], cpus[0]
    if len(cpus) < 2:
        print("One processor only: server and load share it.")
    return cpus
