"""What the benchmarks ran on and beside which versions: nothing that names a host or a place in it."""

import os
import pathlib
import platform
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
REGISTRY = pathlib.Path("/usr/share/cargo/registry")
RESULTS = ["RESULTS.md", "growth/*.svg"]  # what a run writes itself
MODULES = HERE.parent / "build" / "npm" / "node_modules"

# Name to Debian's package.
PACKAGES = {
    "Boost": "libboost1.81-dev",
    "libuv": "libuv1",
    "liburing": "liburing2",
    "libcurl": "libcurl4",
    "libpq": "libpq5",
    "OpenSSL": "openssl",
    "nginx": "nginx-common",
    "PostgreSQL": "postgresql-15",
    "uvloop": "python3-uvloop",
    "aiohttp": "python3-aiohttp",
    "httpx": "python3-httpx",
    "FastAPI": "python3-fastapi",
    "uvicorn": "uvicorn",
    "httptools": "python3-httptools",
    "asyncpg": "python3-asyncpg",
    "websockets": "python3-websockets",
    "psycopg": "python3-psycopg",
    "ws": "node-ws",
}
CRATES = ["tokio", "hyper"]
NPM_PACKAGES = ["@discordjs/uws", "@trufflesuite/uws-js-unofficial", "undici"]
PROGRAMS = {
    "Go": ["go", "version"],
    "Node": ["node", "--version"],
    "Python": ["/usr/bin/python3", "--version"],
    "rustc": ["rustc", "--version"],
    "clang": ["clang++-19", "--version"],
    "g++": ["g++", "-dumpfullversion"],
    "curl": ["curl", "--version"],
}


def said(*command):
    """The first line that a command prints; nothing if there is none."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    except FileNotFoundError:
        return ""
    return ended.stdout.partition("\n")[0].strip() if ended.returncode == 0 else ""


def revision():
    commit = said("git", "rev-parse", "--short", "HEAD")
    if not commit:
        return "unknown revision"
    changed = said("git", "status", "--porcelain", "-uno", "--", ":/", *(f":!{result}" for result in RESULTS))
    return f"revision {commit}" + (" with changes" if changed else "")


def versions():
    for name, package in PACKAGES.items():
        yield name, said("dpkg-query", "-W", "-f=${Version}", package)
    for crate in CRATES:
        found = sorted(REGISTRY.glob(f"{crate}-[0-9]*"))
        yield crate, found[-1].name.removeprefix(f"{crate}-") if found else ""
    for package in NPM_PACKAGES:
        about = MODULES / package / "package.json"
        match = re.search(r'"version": *"([^"]+)"', about.read_text()) if about.exists() else None
        yield package, match[1] if match else ""
    for name, command in PROGRAMS.items():
        match = re.search(r"\d+\.\d[\w.]*", said(*command))
        yield name, match[0] if match else ""


def processor():
    match = re.search(r"^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match[1] if match else platform.machine()


def memory():
    match = re.search(r"^MemTotal: *(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(match[1]) / 2**20


def system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def about(build):
    """Lines for the results."""
    cache = (build / "CMakeCache.txt").read_text()
    flags = " ".join(
        re.search(rf"^{name}:[A-Z]+=(.*)$", cache, re.MULTILINE)[1]
        for name in ("CMAKE_CXX_COMPILER", "CMAKE_CXX_FLAGS_RELEASE")
    )
    here = [f"{name} {version}" for name, version in versions() if version]
    missing = [name for name, version in versions() if not version]
    virtual = " (virtual)" if re.search(r"^flags.*\bhypervisor\b", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE) else ""
    return [
        f"{processor()}{virtual}, {len(os.sched_getaffinity(0))} of its processors, {memory():.0f} GiB; {system()}, "
        f"Linux {platform.release()}. weft and the peers in C and C++ are built with `{pathlib.Path(flags.split()[0]).name} "
        f"{' '.join(flags.split()[1:])}`.",
        "",
        f"Versions: {', '.join(here)}.",
        *([f"Not here, and so left out: {', '.join(missing)}."] if missing else []),
    ]
