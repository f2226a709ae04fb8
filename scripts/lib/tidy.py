"""Runs clang-tidy over the project's files, in parallel, with a stamp per file that passed.

A stamp holds the hash of everything that decides the result: the file, our headers it includes however
deep, .clang-tidy, the flags it is compiled with, the check set and the version of clang-tidy.

usage: tidy.py [narrow|broad] [file.cpp]...     from the root of the repository, after configuring release
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
FILE_SECONDS_MAX = 600
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)

# Added to the checks of .clang-tidy.
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


def own_headers(path, seen):
    """Adds path and every header of ours below it to seen."""
    if path in seen or not os.path.isfile(path):
        return
    seen.add(path)
    for header in INCLUDE.findall(read(path).decode("utf-8", errors="replace")):
        own_headers(header, seen)


def checks_for(path, mode):
    if path.startswith("tests/"):
        return TESTS
    return NARROW if mode == "narrow" else ""


def fingerprint(entry, path, checks, common):
    closure = set()
    own_headers(path, closure)
    digest = hashlib.sha256(common)
    # The compiler call without its output names, which say nothing about the source.
    words = shlex.split(entry["command"])
    digest.update(" ".join(word for word in words if word.startswith(("-D", "-I", "-W", "-O", "-std", "-f"))).encode())
    digest.update(checks.encode())
    for name in sorted(closure):
        digest.update(name.encode() + b"\0" + hashlib.sha256(read(name)).digest())
    return digest.hexdigest()


def lint(path, checks):
    """Returns (passed, text)."""
    # As cmake/Compiler.cmake builds with clang: its -Wconversion also speaks of signs, g++'s does not.
    command = [CLANG_TIDY, "-p", os.path.dirname(DATABASE), "--quiet", "--extra-arg=-Wno-sign-conversion", path]
    if checks:
        command.insert(1, f"--checks={checks}")
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
    common = version + read(".clang-tidy")
    for entry in json.loads(read(DATABASE)):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        path = path[len(root):] if path.startswith(root) else path
        if only and path not in only:
            continue
        checks = checks_for(path, mode)
        yield path, checks, fingerprint(entry, path, checks, common)


def stamp_path(path, checks):
    kind = "broad" if not checks else "narrow"
    return os.path.join(STAMPS, kind, path.replace("/", "__"))


def is_stamped(path, checks, mark):
    try:
        return read(stamp_path(path, checks)).decode() == mark
    except FileNotFoundError:
        return False


def main(arguments):
    mode = arguments[0] if arguments else "narrow"
    if mode not in ("narrow", "broad"):
        sys.exit(__doc__)
    only = {os.path.normpath(name) for name in arguments[1:]}
    started = time.monotonic()
    every = {job[0]: job for job in jobs(mode, only)}
    if not every:
        sys.exit("tidy: no file of ours in " + DATABASE)
    todo = [job for job in every.values() if not is_stamped(*job)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        running = {pool.submit(lint, path, checks): (path, checks, mark) for path, checks, mark in todo}
        for done in concurrent.futures.as_completed(running):
            path, checks, mark = running[done]
            passed, text = done.result()
            if passed:
                stamp = stamp_path(path, checks)
                os.makedirs(os.path.dirname(stamp), exist_ok=True)
                with open(stamp, "w", encoding="ascii") as handle:
                    handle.write(mark)
            else:
                failed += 1
                print(text.rstrip().replace(os.getcwd() + os.sep, ""), flush=True)
    print(f"tidy {mode}: {len(every)} files, {len(every) - len(todo)} unchanged, {failed} with findings, "
          f"{time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
