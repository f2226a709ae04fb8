"""Changes one rule at a time and demands that the replay of some fixture sees it.

usage: run.py [--build DIR] [NAME]...     (default: build/release, every mutant of the mutants_of_*.py tables)

The program must be built. A mutant is killed when the mutated program fails on, or differs from, a fixture; the test
fails when one survives or does not compile. NAMEs choose mutants by a part of their name.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import mutant
import toolchain

FIXTURES = mutant.ROOT / "replay-fixtures"
# Of a mutant that does not end. Far more than a replay takes on the busiest machine: a second or so.
REPLAY_SECONDS_MAX = 600


def replay(binary, fixture, home):
    """True when the program makes every decision of the fixture as recorded."""
    environment = dict(os.environ, IBKR_AGENT_HOME=str(home), LC_ALL="C.UTF-8")
    command = [str(binary), "replay", "--fixture", str(fixture), "--json"]
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=REPLAY_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def first_killer(binary, fixtures, home):
    for fixture in fixtures:
        if not replay(binary, fixture, home):
            return fixture.name
    return None


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
            killer = first_killer(binary, self.fixtures, folder / "home")
        except (toolchain.BuildError, ValueError) as error:
            return change, "ERROR", str(error)
        for left in folder.iterdir():
            if left.is_file():
                left.unlink()
        return (change, "killed", killer) if killer else (change, "SURVIVED", "no fixture reaches it")


def run(tools, mutants, work):
    fixtures = sorted(path for path in FIXTURES.iterdir() if path.is_dir())
    failing = [fixture.name for fixture in fixtures if not replay(tools.binary, fixture, work / "home")]
    if failing:
        sys.exit(f"the program as it is fails on {', '.join(failing)}")
    fixtures.sort(key=lambda fixture: -(fixture / "events.jsonl").stat().st_size)
    tools.precompile(mutants, work)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for change, verdict, detail in pool.map(Trial(tools, fixtures, work), enumerate(mutants)):
            bad += verdict != "killed"
            print(f"{verdict:9} {change.kind:11} {change.name:52} {detail}", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=mutant.ROOT / "build/release")
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    mutants = [m for m in mutant.all_mutants() if not asked.names or any(name in m.name for name in asked.names)]
    if not mutants:
        sys.exit("no mutant has such a name")
    # One translation unit after the other: neighbours share what the machine holds in its caches.
    mutants.sort(key=lambda m: m.source)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ibkr-mutants-") as work:
        bad = run(toolchain.Toolchain(asked.build), mutants, pathlib.Path(work))
    print(f"{len(mutants) - bad} of {len(mutants)} mutants killed in {time.monotonic() - start:.0f} s")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
