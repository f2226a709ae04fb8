#!/usr/bin/env python3
"""Holds `ibkr-agent audit verify --file` and tests/independent_verifier.py to the same verdicts.

    python3 tests/integration/independent_verifier_check.py BINARY

Makes exports with the binary in temporary homes (of a young log, of one with rotated keys, of one resumed after a
loss) and seals others with invented keys, damages them byte by byte and line by line, and verifies all with every
key, with some and with key rings. Both verifiers must say valid, broken at the same record, or not verified with the
same ranges, and count the same records; that must also be what a case expects. The keys files and anchor files that
the binary wrote, and the examples of the page, are checked by the independent one alone.
Prints 'N passed, N failed'; exit code 1 when anything failed.
"""

import concurrent.futures
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(TESTS), str(TESTS / "integration")]
import independent_form as form                 # noqa: E402
import independent_self_test as self_test       # noqa: E402
import independent_verifier as verifier         # noqa: E402
import independent_verifier_cases as cases      # noqa: E402
import independent_verifier_walks as walks      # noqa: E402

FLIPS = 160
RANDOM = 200
WORKERS = 4
CODES = {0: "valid", 2: "broken", 7: "not verified"}
ORDER = ["orders", "preview", "--account", "DU1234567", "--symbol", "AAPL", "--side", "buy", "--quantity", "5",
         "--limit-price", "200", "--enable-preview"]


def run(arguments, **environment):
    return subprocess.run([str(argument) for argument in arguments], capture_output=True, stdin=subprocess.DEVNULL,
                          env={"PATH": os.environ.get("PATH", "")} | environment, timeout=60)


# Verdicts: (result, report); the report is None without a result

def compared(report, result):
    """What both reports say; of the ranges the page speaks only where the result is "not verified"."""
    ranges = [{name: part[name] for name in ("from_sequence", "key_id", "to_sequence")}
              for part in report.get("not_verified", [])]
    members = {name: report.get(name) for name in ("events_scanned", "first_break_at_sequence", "head")}
    return members | ({"not_verified": ranges} if result == "not verified" else {})


def binary_verdict(binary, path, secrets, ring):
    """secrets: of the epochs at hand, each a secret or (key id in hex, secret)."""
    arguments, environment = [binary, "--json", "audit", "verify", "--file", path], {}
    for number, secret in enumerate(secrets):
        variable = f"SECRET{number}"
        only_for, value = secret if isinstance(secret, tuple) else (None, secret)
        arguments += ["--hmac-secret-env", f"{only_for}={variable}" if only_for else variable]
        environment[variable] = value.decode()
    result = run(arguments + (["--keyring", ring] if ring else []), HOME=str(path.parent), **environment)
    text = f"exit {result.returncode}: {(result.stdout + result.stderr).decode(errors='replace').strip()}"
    try:
        report = json.loads(result.stdout) if result.stdout else None
    except ValueError:
        return "no JSON", None, text
    said = CODES.get(result.returncode, "exit code")
    if report is not None and report["chain_valid"] is not (said == "valid"):
        said = "a report unlike its exit code"
    return said, report, text


def own_verdict(path, secrets, ring):
    """In this process, to save the start of an interpreter for every case."""
    named = [(bytes.fromhex(secret[0]), secret[1]) if isinstance(secret, tuple) else (None, secret)
             for secret in secrets]
    try:
        try:
            rings = [form.read_ring(ring.read_bytes())] if ring else []
        except form.Broken as broken:
            return "not verified", None, f"key ring: {broken}"
        code, report = verifier.verify(path, form.Keys(named, rings))
    except Exception as error:
        return "an exception", None, repr(error)
    return CODES[code], report, json.dumps(report)


class Check:
    """Collects failures; one text each."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.passed, self.failures, self.numbers = 0, [], itertools.count()

    def note(self, good, text):
        self.passed += bool(good)
        if not good:
            self.failures.append(text)

    def judge(self, case, secrets, ring=None):
        """Whether both verdicts are as expected, and what they were."""
        path = self.folder / f"case{next(self.numbers)}"
        path.write_bytes(case.data)
        ours, own_report, own_text = own_verdict(path, secrets, ring)
        theirs, their_report, their_text = binary_verdict(self.binary, path, secrets, ring)
        path.unlink()
        expected = {"refused": ("broken", "not verified"), "any": tuple(CODES.values())}
        good = ours == theirs and ours in expected.get(case.expected, (case.expected,))
        if good and own_report and their_report:
            good = compared(own_report, ours) == compared(their_report, theirs)
        if good and case.break_at is not ... and own_report:
            good = own_report["first_break_at_sequence"] == case.break_at
        return good, (f"{case.name}: expected {case.expected} at {case.break_at}\n"
                      f"  independent: {ours}: {own_text[:900]}\n  ibkr-agent:  {theirs}: {their_text[:900]}")

    def judge_all(self, tasks):
        """tasks: (case, secrets, ring)."""
        with concurrent.futures.ThreadPoolExecutor(max_workers=WORKERS) as pool:
            for good, text in pool.map(lambda task: self.judge(*task), tasks):
                self.note(good, text)

    def every_byte(self, name, data, secrets, generator):
        """The independent verifier alone; the binary gets a sample."""
        path, accepted = self.folder / "flipped", []
        for position in range(len(data)):
            what, changed = cases.flip(data, position, generator)
            path.write_bytes(changed)
            if own_verdict(path, secrets, None)[0] not in ("broken", "not verified"):
                accepted.append(what)
        self.note(not accepted, f"{name}: the independent verifier accepts {accepted}")


# Logs that the binary writes

class Home:
    """An offline home of the binary."""

    def __init__(self, check, name):
        self.check, self.path = check, check.folder / name
        self.path.mkdir(mode=0o700)
        self.data, self.secrets = self.path / "data", []

    def call(self, *arguments):
        result = run([self.check.binary, *arguments], HOME=str(self.path), IBKR_AGENT_HOME=str(self.path))
        if result.returncode != 0:
            sys.exit(f"{' '.join(map(str, arguments))} failed: {result.stderr.decode(errors='replace')}")

    def learn(self):
        """The generated key, which a rotation replaces."""
        secret = (self.path / "key").read_bytes().rstrip(b"\n")
        self.secrets += [secret] if secret not in self.secrets else []

    def export(self, first=None, last=None):
        output = self.path / f"export{next(self.check.numbers)}"
        self.call("audit", "export", "--output", output, *(["--from-sequence", first] if first else []),
                  *(["--to-sequence", last] if last else ["--limit", 100000] if not first else []))
        return output.read_bytes()

    def anchor(self, name, data, path, state):
        """The independent verifier alone: where an anchor file stands to an export."""
        export = self.path / "anchored"
        export.write_bytes(data)
        code, report = verifier.verify(export, form.Keys([(None, secret) for secret in self.secrets]), path)
        self.check.note((code, report["anchor"]["state"]) == ({"ahead": 2, "missing": 7}.get(state, 0), state),
                        f"anchors, {name}: not {state}: {code} {report}")

    def keys_file(self, name, account_key=None):
        """Opens the keys file with the newest secret; returns the account key."""
        try:
            log_id, found, chain_keys = self_test.read_keys((self.data / "keys").read_bytes(), self.secrets[-1])
            derived = {epoch: form.chain_key(secret, log_id, epoch) for epoch, secret in enumerate(self.secrets, 1)}
            self.check.note(chain_keys == derived, f"{name}: the keys file holds other keys than the secrets give")
            self.check.note(account_key in (None, found), f"{name}: the account key changed")
            return found
        except (form.Broken, KeyError, ValueError, OSError) as error:
            self.check.note(False, f"{name}: the keys file: {error!r}")


def young(check):
    """A log under one key."""
    home = Home(check, "young")
    home.call("health")
    home.learn()
    home.call("accounts", "list")
    home.call(*ORDER)
    anchors = shutil.copy(home.data / "anchors", home.path / "anchors_before")
    whole, part = home.export(), home.export(3, 6)
    home.anchor("before the export", whole, anchors, "equal")
    home.anchor("after the export", whole, home.data / "anchors", "ahead")
    home.anchor("before the export, of a later one", home.export(), anchors, "behind")
    home.anchor("none", whole, home.path / "absent", "missing")
    home.keys_file("young log")
    return home, {"young whole": whole, "young part": part}


def rotated(check):
    """Three keys, and parts that begin and end where they change."""
    home = Home(check, "rotated")
    home.call("health")
    home.learn()
    account_key = home.keys_file("before rotations")
    for _ in range(2):
        home.call("audit", "rotate-key")
        home.learn()
        home.keys_file("rotated log", account_key)
        home.call("accounts", "list")
    whole = home.export()
    kinds = {int(line["header"][4:8], 16): line["sequence_id"] for line in map(json.loads, whole.splitlines()[1:-1])}
    activated = kinds[walks.ACTIVATED]
    home.call("audit", "keys", "export", "--output", home.path / "ring")
    parts = {"whole": whole, "up to a retirement": home.export(1, activated - 1),
             "from an activation": home.export(activated), "a retirement": home.export(activated - 1, activated - 1),
             "across one": home.export(activated - 2, activated), "before it": home.export(1, activated - 3)}
    return home, {f"rotated {name}": data for name, data in parts.items()}


def resumed(check, home):
    """The log of `home` loses its last records: an older copy of the store beside newer anchors."""
    old = shutil.copytree(home.data / "log", home.path / "older")
    lost_anchors = []
    for reason in ("test", "again"):
        for _ in range(3):
            home.call("accounts", "list")
        lost_anchors.append(shutil.copy(home.data / "anchors", home.path / f"lost_{reason}"))
        shutil.rmtree(home.data / "log")
        shutil.copytree(old, home.data / "log")
        home.call("engine", "resume", "--reason", reason)
        home.call("accounts", "list")
        shutil.rmtree(old)
        shutil.copytree(home.data / "log", old)
    anchors = shutil.copy(home.data / "anchors", home.path / "anchors_before")
    whole = home.export()
    home.anchor("resumed", whole, anchors, "equal")
    for path in lost_anchors:
        home.anchor("of lost records", whole, path, "behind")
    gaps = json.loads(whole.splitlines()[0]).get("gaps", [])
    check.note(len(gaps) == 2, f"resumed twice, but the export has {len(gaps)} gaps")
    home.keys_file("resumed log")
    exports = {"resumed whole": whole}
    for gap in gaps[:1]:
        first, last = gap["from"], gap["to"]
        exports["resumed across a gap"] = home.export(first - 1, last + 1)
        for begin, end in ((1, last), (1, last + 1), (first, last + 1), (last, last + 1), (last + 1, last + 2),
                           (first - 2, first + 1)):
            exports[f"resumed part {begin}-{end}"] = home.export(begin, end)
    return exports


def judged_with_keys(home, exports, ring):
    """Every export with all secrets, all but one, one, the ring, a part of the ring, and secrets named for a key."""
    value = json.loads(ring.read_bytes())
    names = [entry["key_id"] for entry in value["keys"]]
    rings = [ring]
    for i, entry in enumerate(value["keys"]):
        rings.append(ring.with_name(f"{ring.name}{i}"))
        rings[-1].write_text(cases.canonical(value | {"keys": [entry]}) + "\n")
    for name, data in exports.items():
        listed = set(json.loads(data.splitlines()[0])["key_ids"])
        subsets = [range(len(names)), *([i] for i in range(len(names))),
                   *([j for j in range(len(names)) if j != i] for i in range(len(names)))]
        for at_hand in subsets:
            held = {names[i] for i in at_hand}
            case = cases.Case(f"{name}, secrets {list(at_hand)}", data,
                              "valid" if listed <= held else "not verified", None)
            yield case, [home.secrets[i] for i in at_hand], None
        case = cases.Case(f"{name}, named secrets", data, "valid", None)
        yield case, list(zip(names, home.secrets)), None
        yield case._replace(name=f"{name}, ring"), [], ring
        for i, part in enumerate(rings[1:]):
            expected = "valid" if listed <= {names[i]} else "not verified"
            yield case._replace(name=f"{name}, ring of {i}", expected=expected), [], part
        yield case._replace(name=f"{name}, ring and secrets"), home.secrets[1:], rings[1]


def damaged(home, exports, generator):
    for name in ("young part", "rotated across one", "resumed across a gap"):
        for case in cases.flips(name, exports[name], FLIPS, generator):
            yield case, home[name].secrets, None
    for name in ("young whole", "young part", "rotated whole", "resumed across a gap", "resumed whole"):
        for case in cases.line_damage(name, exports[name], generator):
            yield case, home[name].secrets, None
    name = "rotated whole"
    for only, at_hand in (("last", home[name].secrets[-1:]), ("first", home[name].secrets[:1])):
        for case in cases.line_damage(name, exports[name], generator):
            yield case._replace(name=f"{case.name}, {only} key only"), at_hand, None


def secrets_of(case):
    return [cases.SECRETS[epoch] for epoch in case.keys or cases.SECRETS]


def sealed(check, generator):
    some = [*cases.forms(), *walks.walks(), *walks.with_some_keys(), *walks.unknown_epochs(),
            *walks.random_walks(generator, RANDOM)]
    for case in some:
        yield case, secrets_of(case), None
    entries = [{"chain_key": form.chain_key(cases.SECRETS[epoch], cases.LOG_ID, epoch).hex(), "epoch": epoch,
                "key_id": cases.key_id(epoch).hex()} for epoch in (1, 2)]
    for name, data in cases.rings(entries):
        ring = check.folder / f"ring, {name}"
        ring.write_bytes(data)
        yield cases.Case(f"ring: {name}", cases.seal(walks.ROTATED), "not verified", None), [cases.SECRETS[2]], ring


def command_line(check, home, whole):
    """A few of the independent verifier's own runs: exit code, and one line of JSON if there is a result."""
    for name, data in (("whole", whole), ("cut", whole[:-1])):
        (check.folder / name).write_bytes(data)
    environment = {f"KEY{i}": secret.decode() for i, secret in enumerate(home.secrets)} | {"SHORT": "x" * 31}
    every = [part for i in range(len(home.secrets)) for part in ("--secret-env", f"KEY{i}")]
    ring = str(home.path / "ring")
    for arguments, expected in ((["whole", *every], (0, True)), (["cut", *every], (2, False)),
                                (["whole", *every[-2:]], (7, None)), (["whole", "--keyring", ring], (0, True)),
                                (["whole", "--keyring", ring, "--anchors", "absent"], (7, True)),
                                (["whole", "--secret-env", "SHORT"], (1, "")), (["whole"], (1, "")),
                                (["absent", *every], (1, "")), (["whole", "--keyring", "whole"], (1, ""))):
        arguments = [check.folder / part if part in ("whole", "cut", "absent") else part for part in arguments]
        result = run([sys.executable, "-B", TESTS / "independent_verifier.py", *arguments], **environment)
        said = json.loads(result.stdout)["chain_valid"] if result.stdout.count(b"\n") == 1 else ""
        check.note((result.returncode, said) == expected,
                   f"command line {arguments}: expected {expected}, got {(result.returncode, said)}: {result.stderr!r}")
    result = run([sys.executable, "-B", TESTS / "independent_verifier.py", "--self-test"])
    check.note(result.returncode == 0, f"the examples of the page:\n{result.stdout.decode()}")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    generator = random.Random(20240607)
    with tempfile.TemporaryDirectory() as folder:
        check = Check(os.path.abspath(sys.argv[1]), pathlib.Path(folder))
        young_home, exports = young(check)
        rotated_home, more = rotated(check)
        exports |= more | resumed(check, rotated_home)
        home = {name: young_home if name.startswith("young") else rotated_home for name in exports}
        of_rotated = {name: data for name, data in exports.items() if home[name] is rotated_home}
        check.judge_all([*judged_with_keys(rotated_home, of_rotated, rotated_home.path / "ring"),
                         *((cases.Case(name, exports[name], "valid", None), young_home.secrets, None)
                           for name in ("young whole", "young part")),
                         *damaged(home, exports, generator), *sealed(check, generator)])
        for name in ("rotated across one", "resumed across a gap"):
            check.every_byte(name, exports[name], home[name].secrets, generator)
        command_line(check, rotated_home, exports["resumed whole"])
        disputed = [check.judge(case, secrets_of(case)) for case in walks.disputed()]
    for failure in check.failures + [text for good, text in disputed if not good]:
        print(failure)
    print(f"{check.passed} passed, {len(check.failures)} failed, "
          f"{sum(not good for good, _ in disputed)} open (the page does not say)")
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
