"""The rules of the house, each a function over a source tree that yields (file, line, message).

docs/architecture.md says why the rooms are as they are; this file says what a machine can check of it.
"""

import os
import re
import subprocess

from purity_rules import find, purity

# Which rooms a room may include, besides itself.
ROOMS = {
    "events": set(),
    "statemachines": {"events"},
    "projections": {"events"},
    "engine": {"events", "statemachines", "projections"},
    "io": {"events", "statemachines", "projections", "engine"},
    "cli": {"events", "statemachines", "projections", "engine", "io"},
}
TOP_LEVEL = set(ROOMS) | {
    "tests", "replay-fixtures", "docs", "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE",
    ".ci", "cmake", "scripts", "config", "examples",
    ".clang-format", ".clang-tidy", ".gitignore", ".gitattributes", ".editorconfig", ".npmrc",
}
NOT_SOURCE = {".git", "build", ".cache", "compile_commands.json", "node_modules", "__pycache__"}
CODE_LINES_MAX = 400

HEAVY = re.compile(r"^(nlohmann/json\.hpp|rocksdb/.*|CLI/.*|yaml-cpp/.*|boost/.*|sqlite3\.h|openssl/.*)$")
HEAVY_ALLOWED = re.compile(r"_(internal|codec)\.hpp$")

# Written in pieces, so that this file does not trip over itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
# Where somebody works and what they download from: the absolute path of a checkout, a home's dot folders, a
# package registry's host.
WORKPLACE = re.compile(
    r"/root/\.\w+|https?:/" r"/(registry|deb|files|repo)\.|" + re.escape(os.path.dirname(os.path.dirname(
        os.path.dirname(os.path.abspath(__file__))))) + r"/")
EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
CANNOT_FAIL = re.compile(
    r"\b(STATIC_)?(REQUIRE|CHECK)\w*\(\s*(true|1)\s*\)|\bSUCCEED\s*\(|\bRC_SUCCEED\w*\s*\(|\bRC_ASSERT\(\s*true\s*\)")
HIDDEN = re.compile(r'"[^"\n]*\[(\.[^\]]*|!hide|!mayfail|!shouldfail)\]')
ASSERTS = re.compile(r"\b(REQUIRE|CHECK|STATIC_REQUIRE|RC_ASSERT|static_assert|FAIL)\w*\s*\(|\brc::(prop|check)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


class SourceFile:
    """One file: its path from the root with '/', its text, and C++ text without comments."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), "rb") as handle:
            raw = handle.read()
        self.binary = b"\0" in raw
        self.text = "" if self.binary else raw.decode("utf-8", errors="replace")
        self.room = path.split("/", 1)[0]
        self.is_cpp = path.endswith((".cpp", ".hpp", ".h", ".cc"))
        self.is_header = path.endswith((".hpp", ".h"))
        self.in_tests = self.room == "tests"
        self.no_comments = blank(self.text, strings=False) if self.is_cpp else self.text
        self.only_code = blank(self.text, strings=True) if self.is_cpp else self.text


TOKEN = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<raw>R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<digits>\d[\w\']*)'
    r'|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')', re.DOTALL)


def blank(text, strings):
    """Replaces comments, and on request the inside of literals, by blanks; line numbers stay.
    Include lines keep their quoted path."""

    def replace(match):
        token = match.group(0)
        if match.lastgroup == "digits" or match.group("digits"):
            return token
        if match.group("comment") is None:
            line_start = text.rfind("\n", 0, match.start()) + 1
            if not strings or INCLUDE.match(text[line_start:match.end()]):
                return token
        return re.sub(r"[^\n]", " ", token)

    return TOKEN.sub(replace, text)


def load(root):
    """Every source file below root, sorted."""
    files = []
    for folder, folders, names in os.walk(root):
        at_top = os.path.samefile(folder, root)
        folders[:] = sorted(f for f in folders if f not in NOT_SOURCE or (f == "build" and not at_top))
        names = [name for name in names if name not in NOT_SOURCE or (name == "build" and not at_top)]
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
            if os.path.isfile(os.path.join(root, path)):
                files.append(SourceFile(root, path))
    return files


def includes(file):
    for number, line in enumerate(file.no_comments.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def include_walls(root, files):
    for file in files:
        if not file.is_cpp or (file.room not in ROOMS and not file.in_tests):
            continue
        allowed = set(ROOMS) | {"tests"} if file.in_tests else ROOMS[file.room] | {file.room}
        for number, quote, target in includes(file):
            room = target.split("/", 1)[0]
            if quote == "<":
                if room in ROOMS and os.path.exists(os.path.join(root, target)):
                    yield file.path, number, f"own headers are included with quotes: {target}"
            elif not os.path.exists(os.path.join(root, target)):
                yield file.path, number, f"include from the root of the repository, not {target}"
            elif room not in allowed:
                yield file.path, number, f"{file.room}/ may not include {room}/ ({target})"


def headers(_root, files):
    for file in files:
        if not file.is_header or (file.room not in ROOMS and not file.in_tests):
            continue
        if "#pragma once" not in file.text:
            yield file.path, 1, "a header starts with #pragma once"
        for number, _found in find(r"^using\s+namespace\b", file.only_code):
            yield file.path, number, "no using namespace in a header"
        if file.in_tests or HEAVY_ALLOWED.search(file.path):
            continue
        for number, _quote, target in includes(file):
            if HEAVY.match(target):
                yield file.path, number, f"{target} is heavy: .cpp, *_internal.hpp or *_codec.hpp only"


def sizes(_root, files):
    for file in files:
        code = file.is_cpp or file.path.endswith((".py", ".cmake", ".sh", "CMakeLists.txt")) or is_script(file)
        lines = file.text.count("\n")
        if code and not file.in_tests and lines > CODE_LINES_MAX:
            yield file.path, lines, f"{lines} lines; at most {CODE_LINES_MAX}: split it by purpose"


def leftovers(_root, files):
    for file in files:
        if file.path.startswith("tests/structure/"):
            continue
        for number, found in find(UNFINISHED, file.text):
            yield file.path, number, f"{found}: finish it or make it an issue"
        for number, found in find(WORKPLACE, file.text):
            yield file.path, number, f"{found}: names a machine, not the project"
        if not file.in_tests:
            for number, _found in find(EMOJI, file.text):
                yield file.path, number, "no emoji"
        if file.is_cpp:
            for number, _found in find(r"NOLINT(NEXTLINE|BEGIN|END)?(?![\w(])", file.text):
                yield file.path, number, "a suppression names its check: NOLINT(check-name)"


def honest_tests(_root, files):
    for file in files:
        if not file.in_tests or not file.is_cpp:
            continue
        for number, found in find(CANNOT_FAIL, file.only_code):
            yield file.path, number, f"{found}: a test must be able to fail"
        for number, found in find(HIDDEN, file.no_comments):
            yield file.path, number, f"{found}: no hidden or tolerated test"
        for number, _found in find(r"^\s*#\s*if\s+0\b", file.only_code):
            yield file.path, number, "no code switched off"
        if file.path.endswith("_test.cpp"):
            if not re.search(r"\bTEST_CASE\w*\s*\(|\bSCENARIO\s*\(|\bTEMPLATE_\w+\s*\(", file.only_code):
                yield file.path, 1, "holds no test case"
            elif not ASSERTS.search(file.only_code):
                yield file.path, 1, "asserts nothing"
        elif re.search(r"\bTEST_CASE\w*\s*\(", file.only_code):
            yield file.path, 1, "a file with test cases is named *_test.cpp"


ORDER_SAFETY = "docs/order-safety.md"
ORDER_FAULTS = 28
# Brackets, and a broker's limit on the rate of requests: this version sends no order that meets them.
COMES_WITH_THE_WIRE = {17, 18, 25}
TEST_NAME = re.compile(r'\bTEST_CASE\w*\(\s*"((?:[^"\\]|\\.)*)"')


def order_safety(_root, files):
    """Every fault that the page lists has a test, by its name; the few that cannot say that they come with the wire."""
    page = next((file for file in files if file.path == ORDER_SAFETY), None)
    if page is None:
        if any(file.path.startswith("tests/simulation/") for file in files):
            yield ORDER_SAFETY, 1, "the page of faults and what covers each is missing"
        return
    names = {name for file in files if file.in_tests for name in TEST_NAME.findall(file.text)}
    faults = set()
    for number, line in enumerate(page.text.splitlines(), 1):
        row = re.match(r"\|\s*(\d+)\s*\|.*\|([^|]*)\|\s*$", line)
        if not row:
            continue
        fault = int(row.group(1))
        faults.add(fault)
        named = re.findall(r"`([^`]+)`", row.group(2))
        waits = "comes with the wire" in row.group(2)
        if waits and fault not in COMES_WITH_THE_WIRE:
            yield page.path, number, f"fault {fault} may not wait for the wire: name a test that covers it"
        if not named and not waits:
            yield page.path, number, "names no test that covers it"
        for name in named:
            if name not in names:
                yield page.path, number, f"there is no test '{name}'"
    for fault in sorted(set(range(1, ORDER_FAULTS + 1)) - faults):
        yield page.path, 1, f"fault {fault} has no row"


def top_level(root, _files):
    for name in sorted(os.listdir(root)):
        if name not in TOP_LEVEL and name not in NOT_SOURCE:
            yield name, 0, "does not belong at the top of the house"


def is_script(file):
    return file.text.startswith("#!") and "bash" in file.text.split("\n", 1)[0]


def scripts(root, files):
    for file in files:
        if not is_script(file) or file.room not in {"scripts", ".ci"}:
            continue
        if not os.stat(os.path.join(root, file.path)).st_mode & 0o100:
            yield file.path, 1, "a script is executable"
        if not re.search(r"^set -[a-z]*e[a-z]*u[a-z]*o? pipefail", file.text, re.MULTILINE):
            yield file.path, 1, "a script starts with set -euo pipefail"
        check = subprocess.run(["bash", "-n", os.path.join(root, file.path)], stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, check=False)
        if check.returncode != 0:
            yield file.path, 1, "bash -n: " + check.stderr.strip()


RULES = [include_walls, purity, headers, sizes, leftovers, honest_tests, order_safety, top_level, scripts]


def violations(root):
    files = load(root)
    for rule in RULES:
        for path, line, message in rule(root, files):
            yield f"{path}:{line}: {message} [{rule.__name__}]"
