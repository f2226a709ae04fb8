"""Changes one rule at a time and demands that the replay of some fixture sees it.

usage: run.py [--build DIR] [NAME]...     (default: build/release, every mutant of the mutants_of_*.py tables)

The program must be built. A mutant is killed when the mutated program says REPLAY_DIVERGED of a fixture, with exit code
2; nothing else counts as killed. The test fails when a mutant survives, does not compile, or makes the program fail in
another way, and when a control, a change that changes nothing, does not survive. NAMEs choose mutants by a part of
their name; the controls always run.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import mutant
import toolchain

FIXTURES = mutant.ROOT / "replay-fixtures"
# Of a mutant that does not end. Far more than a replay takes on the busiest machine: a second or so.
REPLAY_SECONDS_MAX = 600


DIVERGED = re.compile(r'"code":\s*"REPLAY_DIVERGED"')


class Broken(Exception):
    """The program neither made every decision as recorded nor said that one differs."""


def diverges(binary, fixture, home):
    """Whether the program finds a decision of the fixture that it makes otherwise than recorded."""
    environment = dict(os.environ, IBKR_AGENT_HOME=str(home), LC_ALL="C.UTF-8")
    command = [str(binary), "replay", "--fixture", str(fixture), "--json"]
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", check=False, timeout=REPLAY_SECONDS_MAX)
    except subprocess.TimeoutExpired as error:
        raise Broken(f"{fixture.name}: no end within {REPLAY_SECONDS_MAX} s") from error
    said = done.stdout + done.stderr
    if done.returncode == 2 and DIVERGED.search(said):
        return True
    if done.returncode != 0:
        raise Broken(f"{fixture.name}: exit {done.returncode}: {' '.join(said.split())[-300:]}")
    return False


def judge(binary, fixtures, home):
    """The verdict on a mutated program, and what it rests on."""
    broken = None
    for fixture in fixtures:
        try:
            if diverges(binary, fixture, home):
                return "killed", fixture.name
        except Broken as error:
            broken = broken or error
    return ("BROKE", str(broken)) if broken else ("SURVIVED", "no fixture reaches it")


class Trial:
    """One mutant on its way: compiled, linked and replayed in a folder of its own."""

    def __init__(self, tools, fixtures, work):
        self.tools = tools
        self.fixtures = fixtures
        self.work = work

    def __call__(self, numbered):
        number, change = numbered
        folder = self.work / str(number)
        folder.mkdir()
        try:
            binary = self.tools.build(change, folder)
            verdict, detail = judge(binary, self.fixtures, folder / "home")
        except (toolchain.BuildError, ValueError) as error:
            return change, "ERROR", str(error)
        for left in folder.iterdir():
            if left.is_file():
                left.unlink()
        return change, verdict, detail


def expected(change):
    return "SURVIVED" if change in mutant.CONTROLS else "killed"


def check_unchanged(binary, fixtures, home):
    """The program as it is must make every decision as recorded."""
    try:
        diverging = [fixture.name for fixture in fixtures if diverges(binary, fixture, home)]
    except Broken as error:
        sys.exit(f"the program as it is fails: {error}")
    if diverging:
        sys.exit(f"the program as it is diverges from {', '.join(diverging)}")


def run(tools, changes, work):
    fixtures = sorted(path for path in FIXTURES.iterdir() if path.is_dir())
    if not fixtures:
        sys.exit("there is no fixture to replay")
    check_unchanged(tools.binary, fixtures, work / "home")
    fixtures.sort(key=lambda fixture: -(fixture / "events.jsonl").stat().st_size)
    tools.precompile(changes, work)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for change, verdict, detail in pool.map(Trial(tools, fixtures, work), enumerate(changes)):
            as_expected = verdict == expected(change)
            bad += not as_expected
            note = "" if as_expected else f"   <- should be {expected(change)}"
            print(f"{verdict:9} {change.kind:11} {change.name:52} {detail}{note}", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=mutant.ROOT / "build/release")
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    mutants = [m for m in mutant.all_mutants() if not asked.names or any(name in m.name for name in asked.names)]
    if not mutants:
        sys.exit("no mutant has such a name")
    changes = [*mutant.CONTROLS, *mutants]
    # One translation unit after the other: neighbours share what the machine holds in its caches.
    changes.sort(key=lambda change: change.source)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ibkr-mutants-") as work:
        bad = run(toolchain.Toolchain(asked.build), changes, pathlib.Path(work))
    print(f"{len(mutants)} mutants and {len(mutant.CONTROLS)} controls in {time.monotonic() - start:.0f} s: "
          f"{bad if bad else 'none'} not as it should be")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
