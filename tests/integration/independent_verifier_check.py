#!/usr/bin/env python3
"""Holds `ibkr-agent audit verify --file` and tests/independent_verifier.py to the same verdicts.

    python3 tests/integration/independent_verifier_check.py BINARY

Makes exports with the binary in a temporary home, damages them byte by byte and line by line, and seals some
that break a rule of docs/log-format.md again with the key. Both verifiers must accept exactly the undamaged ones
and, where both report, agree on the count, the place of the break and the last good record.
Prints 'N passed, N failed'; exit code 1 when anything failed.
"""

import concurrent.futures
import hashlib
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

SECRET_ENV = "IBKR_AUDIT_HMAC_SECRET"
SECRET = "0123456789abcdef0123456789abcdef"
FLIPS = 400
VERIFIER = pathlib.Path(__file__).resolve().parent.parent / "independent_verifier.py"

sys.dont_write_bytecode = True
_spec = importlib.util.spec_from_file_location("independent_verifier", VERIFIER)
form = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(form)


def run(arguments, environment):
    return subprocess.run(arguments, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=30)


def exports(binary, environment, home):
    """The whole log, and a part from its middle."""
    calls = [
        ["health"],
        ["accounts", "list"],
        ["orders", "preview", "--account", "DU1234567", "--symbol", "AAPL", "--side", "buy", "--quantity", "5",
         "--limit-price", "200", "--enable-preview"],
        ["audit", "export", "--output", f"{home}/whole"],
        ["audit", "export", "--from-sequence", "3", "--to-sequence", "6", "--output", f"{home}/part"],
    ]
    for call in calls:
        result = run([binary, *call], environment)
        if result.returncode != 0:
            sys.exit(f"{' '.join(call)} failed: {result.stderr.decode(errors='replace')}")
    return pathlib.Path(home, "whole").read_bytes(), pathlib.Path(home, "part").read_bytes()


NO_KEY = 7          # exit code of the binary when the secret does not fit the export


def binary_verdict(binary, path, environment):
    """(True/False, report or None, text); None for the verdict when it ended in a way it should not."""
    result = run([binary, "--json", "audit", "verify", "--file", str(path), "--hmac-secret-env", SECRET_ENV],
                 environment)
    text = f"exit {result.returncode}: {(result.stdout + result.stderr).decode(errors='replace').strip()}"
    try:
        report = json.loads(result.stdout)
    except ValueError:
        report = {}
    said = report.get("chain_valid")
    if result.returncode == 0 and said is True:
        return True, report, text
    if result.returncode in (2, NO_KEY) and said is not True:
        return False, report if said is False else None, text
    return None, None, text


def own_verdict(path):
    """In this process, to save the start of an interpreter for every case."""
    try:
        code, report = form.verify(path, SECRET.encode())
    except Exception as error:
        return None, None, repr(error)
    return report["chain_valid"] is True and code == 0, report if code != 1 else None, json.dumps(report)


def same_place(ours, theirs):
    """Only where both came to a result; without a key there is none."""
    members = ("events_scanned", "first_break_at_sequence", "head")
    return not ours or not theirs or all(ours.get(name) == theirs.get(name) for name in members)


def command_line(path, environment, secret_env, expected):
    """A few of our verifier's own runs: exit code, and one line of JSON if there is a result."""
    result = run([sys.executable, str(VERIFIER), str(path), "--secret-env", secret_env], environment)
    try:
        said = json.loads(result.stdout)["chain_valid"] if result.stdout.count(b"\n") == 1 else None
    except (ValueError, KeyError):
        said = None
    if (result.returncode, said) == expected:
        return None
    return f"command line with {secret_env}: expected {expected}, got {(result.returncode, said)}: {result.stderr!r}"


# Damage

def flips(data, generator):
    """One changed byte each: all over the file, and more in the first and last line, which are short."""
    first_end = data.index(b"\n") + 1
    last_start = data.rindex(b"\n", 0, -1) + 1
    positions = set(generator.sample(range(first_end), 80)) | set(generator.sample(range(last_start, len(data)), 60))
    positions |= {0, first_end - 1, first_end, last_start - 1, last_start, len(data) - 1}
    rest = [position for position in range(first_end, last_start) if position not in positions]
    positions |= set(generator.sample(rest, FLIPS - len(positions)))
    for position in sorted(positions):
        # for a letter often the other case, which a careless reader of hex would let pass
        letter = chr(data[position]).isalpha() and generator.random() < 0.4
        mask = 0x20 if letter else generator.randrange(1, 256)
        changed = bytearray(data)
        changed[position] ^= mask
        yield f"byte {position} xor {mask:#04x}", bytes(changed), False


def line_damage(name, data, generator):
    lines = data.splitlines(keepends=True)
    last = len(lines) - 1
    for i in range(len(lines)):
        yield f"{name}: line {i} dropped", b"".join(lines[:i] + lines[i + 1:]), False
        yield f"{name}: line {i} twice", b"".join(lines[:i + 1] + lines[i:]), False
        yield f"{name}: cut after line {i}", b"".join(lines[:i + 1]), i == last
        if i < last:
            yield f"{name}: lines {i} and {i + 1} swapped", b"".join(
                lines[:i] + [lines[i + 1], lines[i]] + lines[i + 2:]), False
    for end in [0, 1, len(data) - 1, *generator.sample(range(len(data)), 12)]:
        yield f"{name}: cut after byte {end}", data[:end], False
    yield f"{name}: an empty line at the end", data + b"\n", False
    yield f"{name}: a zero byte at the end", data + b"\0", False
    yield f"{name}: CRLF", data.replace(b"\n", b"\r\n"), False
    yield f"{name}: byte order mark", b"\xef\xbb\xbf" + data, False
    yield f"{name}: itself appended", data + data, False
    for old, new in ((b'"export":1', b'"export":1.0'), (b'"export":1', b'"export":true'), (b'{"b', b'{ "b'),
                     (b'{"branches":[1],', b'{"branches":[1],"branches":[1],'), (b"/", b"\\/"),
                     (b'"event_', b'"\\u0065vent_'),
                     (b'"sequence_id":4}', b'"sequence_id":4.0}')):
        if old in data:
            yield f"{name}: {old!r} as {new!r}", data.replace(old, new, 1), False


# Exports that break a rule though every mac in them is right

def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Forger:
    """Writes exports with the log's key."""

    def __init__(self, data):
        self.description = json.loads(data[:data.index(b"\n")])
        self.secret = SECRET.encode()

    def seal(self, events, headers=None, sequences=None, **changes):
        """events: the bytes of the records; changes: members of the description to replace."""
        log_id = bytes.fromhex(self.description["log_id"])
        own_id = form.key_id(self.secret, log_id)
        key = form.chain_key(self.secret, log_id)
        first = changes.get("from", 1)
        mac = bytes.fromhex(changes.get("previous_mac", bytes(32).hex()))
        lines = []
        for i, event in enumerate(events):
            sequence = sequences[i] if sequences else first + i
            header = (headers or {}).get(i, b"\1\0\0\1\0\0\0\1" + own_id)
            mac = form.record_mac(key, log_id, header, sequence, mac, event)
            lines.append(b'{"bytes":' + canonical(event.decode()).encode() + b',"event":' + event + b',"header":"'
                         + header.hex().encode() + b'","key_id":"' + header[8:].hex().encode() + b'","mac":"'
                         + mac.hex().encode() + b'","sequence_id":%d}\n' % sequence)
        last = first + len(events) - 1
        description = {"branches": [1], "export": 1, "from": first, "to": last, "key_ids": [own_id.hex()],
                       "head": {"mac": mac.hex(), "sequence_id": last}, "log_id": log_id.hex(),
                       "previous_mac": bytes(32).hex(), **changes}
        body = canonical(description).encode() + b"\n" + b"".join(lines)
        export_mac = form.mac_of(key, b"ibkr-agent export\0", hashlib.sha256(body).digest())
        return body + canonical({"export_mac": export_mac.hex(), "key_id": own_id.hex()}).encode() + b"\n"


def event(sequence, member=b""):
    """Canonical bytes; `member` sorts before sequence_id."""
    return b'{"event_type":"x",' + member + b'"sequence_id":%d}' % sequence


def long_event(length):
    return event(1, b'"m":"%s",' % (b"a" * (length - len(event(1, b'"m":"",')))))


def sealed(forger):
    own_id = form.key_id(forger.secret, bytes.fromhex(forger.description["log_id"]))
    two = [event(1), event(2)]
    other = "11" * 32
    good = {
        "two records": forger.seal(two),
        "a later part": forger.seal([event(7)], **{"from": 7, "previous_mac": other}),
        "head beyond the range": forger.seal(two, head={"mac": other, "sequence_id": 3}),
        "longest record": forger.seal([long_event(65535)]),
        "quotes, controls, DEL, beyond ASCII": forger.seal(
            [event(1, '"m":"\\"\\\\\\b\\t\\n\\f\\r\\u001f/\x7fé\u2028\U0001f600",'.encode())]),
        "largest integers": forger.seal([event(1, b'"m":[9007199254740991,-9007199254740991,0],')]),
        "deep": forger.seal([event(1, b'"m":' + b"[" * 100 + b"]" * 100 + b",")]),
    }
    for name, data in good.items():
        yield f"sealed: {name}", data, True

    def one(member):
        return forger.seal([event(1, member)])

    bad = {
        "head of another mac": forger.seal(two, head={"mac": other, "sequence_id": 2}),
        "head before the range's end": forger.seal(two, head={"mac": other, "sequence_id": 1}),
        "previous_mac before record 1": forger.seal(two, previous_mac=other),
        "from 0": forger.seal([event(0), event(1)], **{"from": 0}),
        "no records": forger.seal([], **{"from": 1, "to": 0}),
        "fewer records than the range": forger.seal(two, to=3, head={"mac": other, "sequence_id": 3}),
        "more records than the range": forger.seal(two, to=1),
        "a gap": forger.seal([event(1), event(3)], sequences=[1, 3], to=3),
        "a sequence twice": forger.seal([event(1), event(1)], sequences=[1, 1]),
        "form 2": forger.seal(two, export=2),
        "form 0": forger.seal(two, export=0),
        "a member too many": forger.seal(two, more=1),
        "no branches": forger.seal(two, branches=[]),
        "another branch": forger.seal(two, branches=[2]),
        "branches twice": forger.seal(two, branches=[1, 1]),
        "no key ids": forger.seal(two, key_ids=[]),
        "another key id": forger.seal(two, key_ids=["00" * 8]),
        "key id in capitals": forger.seal(two, key_ids=[own_id.hex().upper()]),
        "another log id": forger.seal(two, log_id="22" * 16),
        "short log id": forger.seal(two, log_id=forger.description["log_id"][:-2]),
        "range as text": forger.seal(two, to="2"),
        "range as truth": forger.seal([event(1)], to=True),
        "record format 2": forger.seal(two, {1: b"\2\0\0\1\0\0\0\1" + own_id}),
        "reserved byte": forger.seal(two, {1: b"\1\1\0\1\0\0\0\1" + own_id}),
        "record branch 2": forger.seal(two, {1: b"\1\0\0\1\0\0\0\2" + own_id}),
        "record key id": forger.seal(two, {1: b"\1\0\0\1\0\0\0\1" + bytes(8)}),
        "record too long": forger.seal([long_event(65536)]),
        "line too long": forger.seal([long_event(140000)]),
        "empty record": forger.seal([b""]),
        "record not an object": forger.seal([b"[1]"]),
        "white space": forger.seal([b'{"event_type":"x", "sequence_id":1}']),
        "unsorted": forger.seal([b'{"sequence_id":1,"event_type":"x"}']),
        "member twice": one(b'"m":1,"m":1,'),
        "null": one(b'"m":null,'),
        "fraction": one(b'"m":1.5,'),
        "exponent": one(b'"m":1e2,'),
        "minus zero": one(b'"m":-0,'),
        "leading zero": one(b'"m":01,'),
        "integer too large": one(b'"m":9007199254740993,'),
        "integer of 5000 digits": one(b'"m":' + b"9" * 5000 + b","),
        "not a number": one(b'"m":NaN,'),
        "escaped slash": one(b'"m":"\\/",'),
        "escape in capitals": one(b'"m":"\\u001F",'),
        "needless escape": one(b'"m":"\\u0061",'),
        "escaped newline as number": one(b'"m":"\\u000a",'),
        "lone surrogate": one(b'"m":"\\ud800",'),
        "member name beyond ASCII": one('"mé":1,'.encode()),
        "too deep": one(b'"m":' + b"[" * 140 + b"]" * 140 + b","),
        "far too deep": one(b'"m":' + b"[" * 30000 + b"]" * 30000 + b","),
        "comma at the end": forger.seal([b'{"sequence_id":1,}']),
    }
    for name, data in bad.items():
        yield f"sealed: {name}", data, False


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    binary = os.path.abspath(sys.argv[1])
    generator = random.Random(20240607)
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": home, "IBKR_AGENT_HOME": home, SECRET_ENV: SECRET}
        whole, part = exports(binary, environment, home)
        cases = [("whole", whole, True), ("part", part, True), *flips(whole, generator),
                 *line_damage("whole", whole, generator), *line_damage("part", part, generator),
                 *sealed(Forger(whole))]

        def judge(number):
            name, data, expected = cases[number]
            path = pathlib.Path(home, f"case{number}")
            path.write_bytes(data)
            ours, our_report, our_text = own_verdict(path)
            theirs, their_report, their_text = binary_verdict(binary, path, environment)
            path.unlink()
            if ours is expected and theirs is expected and same_place(our_report, their_report):
                return None
            return (f"{name}: expected {expected}\n  independent: {ours}: {our_text[:300]}\n"
                    f"  ibkr-agent:  {theirs}: {their_text[:600]}")

        with concurrent.futures.ThreadPoolExecutor(max_workers=max(2, min(8, os.cpu_count() or 2))) as pool:
            results = list(pool.map(judge, range(len(cases))))

        environment |= {"OTHER": "x" * 32, "SHORT": "x" * 31}
        truncated = pathlib.Path(home, "truncated")
        truncated.write_bytes(whole[:-1])
        results += [command_line(f"{home}/whole", environment, SECRET_ENV, (0, True)),
                    command_line(truncated, environment, SECRET_ENV, (2, False)),
                    command_line(f"{home}/whole", environment, "OTHER", (1, False)),
                    command_line(f"{home}/whole", environment, "SHORT", (1, None)),
                    command_line(f"{home}/absent", environment, SECRET_ENV, (1, None))]
    failures = [failure for failure in results if failure]
    for failure in failures:
        print(failure)
    print(f"{len(results) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
