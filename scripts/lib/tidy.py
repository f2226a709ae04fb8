"""Runs clang-tidy over the project's files, in parallel, and skips what has passed as it stands.

What has passed is known by a hash of what decides the result: the file, our headers that it names, .clang-tidy,
the flags it is compiled with, the check set and the major version of clang-tidy. The hashes of this build
directory are stamps in build/tidy-stamps; those that everybody starts with are scripts/lib/tidy-passed.txt.

usage: tidy.py [narrow|broad] [--all] [--record] [file.cpp]...   from the root, after configuring release
    --all     skips nothing
    --record  writes every hash that holds, of these files and of those linted before, into scripts/lib/tidy-passed.txt
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time

CLANG_TIDY = "clang-tidy-19"
DATABASE = "build/release/compile_commands.json"
STAMPS = "build/tidy-stamps"
RECORD = "scripts/lib/tidy-passed.txt"
FILE_SECONDS_MAX = 600
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)

# Added to the checks of .clang-tidy.
WITHOUT_ANALYZER = ",-clang-analyzer-*"
NARROW = "-cppcoreguidelines-*,-misc-*,-modernize-*,-readability-*"
# Of the tests, what neither the compilers nor the sanitizers they run under would show. Catch2 takes expressions
# apart with operators and leaves its cases to static constructors: more checks find Catch2.
TESTS = ",".join((
    "-*", "bugprone-argument-comment", "bugprone-dangling-handle", "bugprone-suspicious-stringview-data-usage",
    "bugprone-unused-local-non-trivial-variable", "bugprone-use-after-move", "performance-for-range-copy",
    "performance-move-const-arg", "performance-unnecessary-value-param", "readability-identifier-naming"))


def read(path):
    with open(path, "rb") as handle:
        return handle.read()


def own_headers(path):
    """Those the file names itself: a header further down is linted with the files that name it."""
    named = INCLUDE.findall(read(path).decode("utf-8", errors="replace"))
    return sorted(name for name in set(named) if os.path.isfile(name))


def checks_for(path, mode):
    if path.startswith("tests/"):
        return TESTS
    checks = NARROW if mode == "narrow" else ""
    # The analyzer walks a visitor once for each event type: minutes for a file.
    return checks + WITHOUT_ANALYZER if b"std::visit(" in read(path) else checks


def fingerprint(entry, path, checks, common):
    digest = hashlib.sha256(common)
    # The compiler call without its output names and without where this checkout lies, which say nothing about
    # the source.
    words = shlex.split(entry["command"].replace(os.getcwd(), "."))
    digest.update(" ".join(word for word in words if word.startswith(("-D", "-I", "-W", "-O", "-std", "-f"))).encode())
    digest.update(checks.encode())
    for name in [path, *own_headers(path)]:
        digest.update(name.encode() + b"\0" + hashlib.sha256(read(name)).digest())
    return digest.hexdigest()


def lint(path, checks):
    """Returns (passed, text)."""
    # As cmake/Compiler.cmake builds with clang: its -Wconversion also speaks of signs, g++'s does not.
    command = [CLANG_TIDY, "-p", os.path.dirname(DATABASE), "--quiet", "--extra-arg=-Wno-sign-conversion", path]
    if checks:
        command.insert(1, f"--checks={checks.removeprefix(',')}")
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=FILE_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        return False, f"{path}: clang-tidy took longer than {FILE_SECONDS_MAX} s"
    if result.returncode == 0:
        return True, ""
    return False, result.stdout + ("" if result.stdout.strip() else result.stderr)


def jobs(mode, only):
    root = os.getcwd() + os.sep
    version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, check=True).stdout
    common = re.search(rb"version (\d+)", version).group(1) + read(".clang-tidy")
    for entry in json.loads(read(DATABASE)):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        path = path[len(root):] if path.startswith(root) else path
        if only and path not in only:
            continue
        checks = checks_for(path, mode)
        yield path, checks, fingerprint(entry, path, checks, common)


def kind_of(checks):
    return "broad" if checks in ("", WITHOUT_ANALYZER) else "narrow"


def stamp_path(path, checks):
    return os.path.join(STAMPS, kind_of(checks), path.replace("/", "__"))


def is_stamped(path, checks, mark):
    try:
        return read(stamp_path(path, checks)).decode() == mark
    except FileNotFoundError:
        return False


def record_line(path, checks, mark):
    return f"{mark} {kind_of(checks)} {path}"


def recorded():
    try:
        return set(read(RECORD).decode().splitlines())
    except FileNotFoundError:
        return set()


def passed_before(every, mode, only):
    """Those of `every` that have passed as they stand, in this check set or in the wider one."""
    known = recorded()

    def has_passed(job):
        return is_stamped(*job) or record_line(*job) in known

    wider = {job[0] for job in jobs("broad", only) if has_passed(job)} if mode == "narrow" else set()
    return [job for job in every if has_passed(job) or job[0] in wider]


def write_record(lines):
    with open(RECORD, "w", encoding="ascii") as handle:
        handle.writelines(line + "\n" for line in sorted(lines, key=lambda line: line.split(" ")[1:]))


def stamp(path, checks, mark):
    name = stamp_path(path, checks)
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "w", encoding="ascii") as handle:
        handle.write(mark)


def run(todo):
    """Lints in parallel; prints what is found. Returns the jobs that did not pass."""
    failed = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        running = {pool.submit(lint, path, checks): (path, checks, mark) for path, checks, mark in todo}
        for done in concurrent.futures.as_completed(running):
            passed, text = done.result()
            if passed:
                stamp(*running[done])
            else:
                failed.append(running[done])
                print(text.rstrip().replace(os.getcwd() + os.sep, ""), flush=True)
    return failed


def main(arguments):
    mode = arguments[0] if arguments else "narrow"
    options = {word for word in arguments[1:] if word.startswith("--")}
    if mode not in ("narrow", "broad") or options - {"--all", "--record"}:
        sys.exit(__doc__)
    only = {os.path.normpath(name) for name in arguments[1:] if name not in options}
    started = time.monotonic()
    every = list({job[0]: job for job in jobs(mode, only)}.values())
    if not every:
        sys.exit("tidy: no file of ours in " + DATABASE)
    passed = [] if "--all" in options else passed_before(every, mode, only)
    todo = [job for job in every if job not in passed]
    failed = run(todo)
    if "--record" in options:
        everything = list({job[0]: job for job in jobs(mode, set())}.values())
        write_record(record_line(*job) for job in passed_before(everything, mode, set()))
    print(f"tidy {mode}: {len(every)} files, {len(passed)} passed before as they stand, {len(failed)} with findings, "
          f"{time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
