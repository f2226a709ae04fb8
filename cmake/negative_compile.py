"""Compiles one case of tests/negative_compile and checks that the compiler says what the case expects.

usage: negative_compile.py CASE.cpp COMPILER FLAGS...

The case's first line is one of
    // expect: <text that one of the compiler's messages contains>
    // positive: <why>                   a control: it must compile
Further `// expect:` lines directly below the first are further texts that must all appear.
"""

import os
import subprocess
import sys

EXPECT = "// expect:"
POSITIVE = "// positive"
COMPILE_SECONDS_MAX = 100


def read_expectations(path):
    """Returns the list of expected texts; empty for a control; None when the header is missing."""
    with open(path, encoding="utf-8") as case:
        lines = case.read().splitlines()
    if lines and lines[0].startswith(POSITIVE):
        return []
    texts = []
    for line in lines:
        if not line.startswith(EXPECT):
            break
        texts.append(line[len(EXPECT):].strip())
    return texts if texts and all(texts) else None


def compile_case(path, compiler, flags):
    # Source lines are not echoed, so a text that only stands in the case's own code cannot match.
    quiet = ["-fsyntax-only", "-fno-diagnostics-show-caret", "-fdiagnostics-color=never"]
    return subprocess.run([compiler, *flags, *quiet, path], stdin=subprocess.DEVNULL,
                          env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True,
                          timeout=COMPILE_SECONDS_MAX, check=False)


def judge(expected, result):
    """Returns what is wrong, or an empty string."""
    if expected is None:
        return "the first line must be '// expect: TEXT' or '// positive: WHY'"
    if not expected:
        return "" if result.returncode == 0 else "the control must compile and does not"
    if result.returncode == 0:
        return "it compiles, but it must not"
    if "error:" not in result.stderr:
        return "the compiler failed without an error message"
    missing = [text for text in expected if text not in result.stderr]
    return "" if not missing else "the messages do not contain: " + " | ".join(missing)


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    path, compiler, *flags = arguments
    expected = read_expectations(path)
    result = None if expected is None else compile_case(path, compiler, flags)
    wrong = judge(expected, result)
    if not wrong:
        print("as expected:", " | ".join(expected) or "compiles")
        return 0
    print(f"{path}: {wrong}", file=sys.stderr)
    if result is not None:
        print(result.stderr[:8000], file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
