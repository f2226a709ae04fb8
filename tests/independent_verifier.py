#!/usr/bin/env python3
"""A second verifier of audit log exports, written from docs/log-format.md alone.

    independent_verifier.py EXPORT [--secret-env [KEYID=]NAME]... [--keyring FILE]... [--anchors FILE]
    independent_verifier.py --self-test [PAGE]

NAME is an environment variable that holds an audit secret, KEYID the one key that it is to be used for; FILE a key
ring of section 10. The self-test checks the worked examples of the page. A verification prints one line of JSON:

    result                   "valid", "broken" or "not verified"
    chain_valid              true, false or null, to the same effect
    events_scanned           records looked at; one that is broken or missing counts
    first_break_at_sequence  the record that does not stand; null if none or if the fault is not in a record
    head                     the last record that was passed; before the first, what it has to chain to
    not_verified             ranges of records that could not be checked, with the id of the key it takes
    reason                   what is wrong; empty when nothing is
    anchor                   with --anchors: where the anchor stands to the log (see Verifier.compare_anchor)

Exit code: 0 valid, 2 broken (or the anchor does not agree), 7 not verified, 1 usage or unreadable input.
It shares no code with the program, trusts nothing in the file, and keeps one line in memory at a time.
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import sys

sys.dont_write_bytecode = True
from independent_form import (MAX_BYTES, MAX_EPOCH, Broken, Keys, ascending, canonical_object, is_integer,  # noqa: E402
                              mac_of, parse, quoted, read_anchor, read_ring, record_mac, require, unhex)

MAX_LINE = 262_144          # section 11, without the newline
MAX_SEQUENCE = 2**53 - 1    # section 11
RESUMED, RETIRED, ACTIVATED = 3, 4, 5
ZERO_MAC = bytes(32)


class NotVerified(Exception):
    """There is no key to judge the export with, or it has a form newer than this verifier."""


class Walk:
    """Section 3: what is in force between two records, and what the next one must be."""

    def __init__(self, description, keys):
        self.log_id, self.gaps, self.keys = description.log_id, description.gaps, keys
        self.first_epoch_at_hand = keys.first_epoch_at_hand(self.log_id, description.key_ids)
        self.sequence, self.mac = description.first - 1, description.previous
        self.from_the_beginning = description.first == 1
        self.attesting = {attested_by for _, _, attested_by in self.gaps.values()}
        self.type = self.key_id = self.epoch = None
        self.branch = 1 if self.from_the_beginning else None
        self.after_gap = False
        self.key_ids, self.branches = [], []        # in the order they appear
        self.not_verified = []                      # [from, to, key id]

    def expected(self):
        """The next record's sequence; passes over a gap that begins here."""
        gap = self.gaps.get(self.sequence + 1)
        if gap:
            self.sequence, self.mac, _ = gap
            self.after_gap = True
        return self.sequence + 1

    def pass_record(self, sequence, header, mac, data):
        require(sequence == self.sequence + 1, "the sequence does not follow the one before")
        require(header[0] == 1, "the format is unknown")
        require(header[1] == 0, "the reserved byte is not zero")
        require(1 <= len(data) <= MAX_BYTES, "the length is not allowed")
        kind, branch, name = int.from_bytes(header[2:4], "big"), int.from_bytes(header[4:8], "big"), header[8:]
        epoch, key = self.keys.find(self.log_id, name)
        require(kind == RESUMED or sequence not in self.attesting, "the record that attests a gap is not of type 3")
        self.key_rule(kind, name, epoch)
        self.branch_rule(kind, branch)
        if key:
            expected = record_mac(key, self.log_id, header, sequence, self.mac, data)
            require(hmac.compare_digest(mac, expected), "the mac is not the computed one")
        elif self.not_verified and self.not_verified[-1][1:] == [self.sequence, name]:
            self.not_verified[-1][1] = sequence
        else:
            self.not_verified.append([sequence, sequence, name])
        self.key_ids += [name] * (name not in self.key_ids)
        self.branches += [branch] * (branch not in self.branches)
        self.sequence, self.mac, self.after_gap = sequence, mac, False
        self.type, self.key_id, self.epoch, self.branch = kind, name, epoch, branch

    def key_rule(self, kind, name, epoch):
        changed = name != self.key_id
        later = not self.epoch or not epoch or epoch > self.epoch      # holds where an epoch is not known
        require(not changed or name not in self.key_ids, "a key id comes back")
        if self.key_id is None:
            if self.from_the_beginning and not self.after_gap:
                require(epoch == 1 or epoch is None and not self.first_epoch_at_hand, "record 1 is not of epoch 1")
                require(kind != ACTIVATED, "record 1 activates a key")
        elif self.after_gap:
            require(not changed or later, "the key id after a gap is of an earlier epoch")
        else:
            require((kind == ACTIVATED) == (self.type == RETIRED), "a retired key and an activated one go together")
            require(changed == (kind == ACTIVATED) and (not changed or later), "the key id is not the one to come")

    def branch_rule(self, kind, branch):
        one_more = 1 if kind == RESUMED else 0
        require(branch > 1 or kind != RESUMED, "a resumption on branch 1")
        if self.branch is None:
            return
        if self.after_gap:
            require(branch >= self.branch + one_more, "the branch after a gap is too low")
        elif self.key_id is None:
            require(branch == 1, "record 1 is not on branch 1")
        else:
            require(branch == self.branch + one_more, "the branch is not the one to come")


class Description:
    """Section 11, the first line."""

    def __init__(self, line):
        value = canonical_object(line)
        require(is_integer(value.get("export"), 1), "the form of the export is malformed")
        if value["export"] > 1:
            raise NotVerified("a newer form of export")
        gaps = value.pop("gaps", None)
        require(gaps is None or gaps and isinstance(gaps, list), "gaps is not a list of some")
        require(set(value) == {"branches", "export", "from", "head", "key_ids", "log_id", "previous_mac", "to"},
                "the description has other members than it should")
        self.log_id = unhex(value["log_id"], 16, "the log id")
        self.read_range(value)
        self.previous = unhex(value["previous_mac"], 32, "previous_mac")
        require(self.first > 1 or self.previous == ZERO_MAC, "previous_mac of the first record is not zero")
        self.branches, key_ids = value["branches"], value["key_ids"]
        require(isinstance(self.branches, list) and self.branches
                and all(is_integer(branch, 1, 2**32 - 1) for branch in self.branches)
                and ascending(self.branches), "the branches do not ascend")
        require(isinstance(key_ids, list) and 1 <= len(key_ids) <= MAX_EPOCH, "too few or too many key ids")
        self.key_ids = [unhex(name, 8, "a key id") for name in key_ids]
        require(len(set(self.key_ids)) == len(self.key_ids), "a key id comes twice")
        self.read_gaps(gaps or [])

    def read_range(self, value):
        head = value["head"]
        require(isinstance(head, dict) and set(head) == {"mac", "sequence_id"}, "the head is malformed")
        self.head_mac, self.head_sequence = unhex(head["mac"], 32, "the head's mac"), head["sequence_id"]
        self.first, self.last = value["from"], value["to"]
        require(is_integer(self.first, 1) and is_integer(self.last, self.first)
                and is_integer(self.head_sequence, self.last, MAX_SEQUENCE), "the range does not lie within the log")

    def read_gaps(self, gaps):
        """self.gaps: from -> (to, mac, attested by)."""
        self.gaps, lowest = {}, self.first
        for gap in gaps:
            require(isinstance(gap, dict) and set(gap) == {"attested_by", "from", "mac", "to"}, "not a gap")
            first, last, attested_by = gap["from"], gap["to"], gap["attested_by"]
            require(is_integer(first, lowest) and is_integer(last, first, self.last - 1)
                    and is_integer(attested_by, last + 1, self.head_sequence), "the gaps are not in order")
            self.gaps[first] = (last, unhex(gap["mac"], 32, "the mac of a gap"), attested_by)
            lowest = last + 2
        require(not any(first <= attested_by <= last for _, _, attested_by in self.gaps.values()
                        for first, (last, _, _) in self.gaps.items()), "a gap is attested by a lost record")


class Verifier:
    """Section 11, "Verifying an export"."""

    def __init__(self, stream, keys, anchors=None):
        self.stream, self.keys, self.anchors = stream, keys, anchors
        self.hash = hashlib.sha256()    # of every line before the last
        self.scanned = 0
        self.broken_at = self.anchor = None
        self.head = (0, ZERO_MAC)
        self.anchor_state = {"state": "not compared"}
        self.not_verified = []

    def read_line(self, what):
        """One line without its newline; never more than a line in memory."""
        line = self.stream.readline(MAX_LINE + 2)
        require(line, f"the file ends where {what} belongs")
        require(len(line) <= MAX_LINE + 1, f"{what} is too long")
        require(line.endswith(b"\n"), f"{what} does not end with a newline")
        return line[:-1]

    def run(self):
        line = self.read_line("the description")
        try:
            description = Description(line)
        except Broken as broken:
            raise Broken(f"the description: {broken}") from broken
        self.hash.update(line + b"\n")
        log_id, newest = description.log_id, description.key_ids[-1]
        everything = [[description.first, description.last, newest]]
        if any(ring_log_id != log_id for ring_log_id, _ in self.keys.rings):
            raise NotVerified("a key ring is of another log")
        if not any(self.keys.find(log_id, name)[1] for name in description.key_ids):
            self.not_verified = everything
            raise NotVerified("no key of this export is at hand")
        walk = Walk(description, self.keys)
        self.head = walk.sequence, walk.mac
        self.not_verified = everything
        if self.keys.find(log_id, newest)[1]:
            self.not_verified = walk.not_verified
            self.compare_anchor(description)
        while walk.sequence < description.last:
            self.next_record(walk)
        self.end(description, walk)
        if self.not_verified:
            raise NotVerified("not every key is at hand")

    def next_record(self, walk):
        begin, expected = walk.sequence + 1, walk.expected()
        if self.anchor and begin <= self.anchor[0] < expected:
            self.anchor_state["state"] = "behind"       # a gap covers it
        self.scanned += 1
        try:
            line, record = self.record_line()
            walk.pass_record(*record)
        except Broken as broken:
            self.broken_at = expected
            raise Broken(f"record {expected}: {broken}") from broken
        self.hash.update(line + b"\n")
        self.head = walk.sequence, walk.mac
        if self.anchor and self.anchor[0] == walk.sequence and self.anchor_state["state"] != "equal":
            self.anchor_state["state"] = "behind" if self.anchor[1] == walk.mac else "different"

    def record_line(self):
        """The line, and sequence, header, mac and bytes of the record in it."""
        line = self.read_line("a record line")
        value = parse(line)
        require(isinstance(value, dict)
                and set(value) == {"bytes", "event", "header", "key_id", "mac", "sequence_id"}, "not a record line")
        require(isinstance(value["bytes"], str), "bytes is not a string")
        try:
            data = value["bytes"].encode("utf-8")
        except UnicodeEncodeError as error:
            raise Broken("bytes holds a lone surrogate") from error
        header, mac = unhex(value["header"], 16, "the header"), unhex(value["mac"], 32, "the mac")
        sequence = value["sequence_id"]
        require(is_integer(sequence, 1), "the sequence is not a position")
        # The line one would write for these four, byte for byte: this covers event and key_id.
        written = (b'{"bytes":' + quoted(value["bytes"]).encode() + b',"event":' + data
                   + b',"header":"' + header.hex().encode() + b'","key_id":"' + header[8:].hex().encode()
                   + b'","mac":"' + mac.hex().encode() + b'","sequence_id":%d}' % sequence)
        require(line == written, "the line is not the one to write for its bytes, header, mac and sequence")
        canonical_object(data)
        return line, (sequence, header, mac, data)

    def end(self, description, walk):
        if description.last == description.head_sequence:
            if walk.type == RETIRED:
                self.scanned += 1
                self.broken_at = walk.sequence + 1
                raise Broken(f"record {self.broken_at}: the log ends within a rotation")
            require(walk.mac == description.head_mac, "the last record's mac is not that of the head")
        require(walk.key_ids == description.key_ids, "the key ids are not those of the description")
        require(walk.branches == description.branches, "the branches are not those of the description")
        line, name = self.read_line("the last line"), description.key_ids[-1]
        value = canonical_object(line, "export_mac key_id")
        export_mac = unhex(value["export_mac"], 32, "the export mac")
        require(unhex(value["key_id"], 8, "the key id") == name, "the last line is not under the newest key")
        key = self.keys.find(description.log_id, name)[1]
        if key:
            expected = mac_of(key, b"ibkr-agent export\0", self.hash.digest())
            require(hmac.compare_digest(export_mac, expected), "the last line does not carry the mac of this export")
        require(not self.stream.read(1), "something follows the last line")

    def compare_anchor(self, description):
        """Section 9, as far as the description tells. Agree with the log: "equal" (it names the head), "behind".
        Do not: "ahead" (records are missing), "different" (another mac). Nothing shown: "missing" (no usable slot),
        "outside" (the export does not hold that record), "not compared" (the export is not verified)."""
        self.anchor = read_anchor(self.anchors, description.log_id, self.keys) if self.anchors else None
        if self.anchor is None:
            self.anchor_state = {"state": "missing"}
            return
        sequence, mac = self.anchor
        state = "outside"
        if sequence > description.head_sequence:
            state = "ahead"
        elif sequence == description.head_sequence:
            state = "equal" if mac == description.head_mac else "different"
        elif sequence == description.first - 1 and mac == description.previous:
            state = "behind"
        self.anchor_state = {"sequence_id": sequence, "state": state}


def verify(path, keys, anchors=None):
    """The exit code and the report. An OSError is the caller's."""
    code, reason = 0, ""
    with open(path, "rb") as stream:
        verifier = Verifier(stream, keys, anchors)
        try:
            verifier.run()
        except NotVerified as problem:
            code, reason = 7, str(problem)
        except Broken as broken:
            code, reason = 2, str(broken)
    report = {
        "chain_valid": {0: True, 2: False, 7: None}[code],
        "events_scanned": verifier.scanned,
        "first_break_at_sequence": verifier.broken_at,
        "head": {"mac": verifier.head[1].hex(), "sequence_id": verifier.head[0]},
        "not_verified": [{"from_sequence": first, "key_id": name.hex(), "to_sequence": last}
                         for first, last, name in verifier.not_verified],
        "reason": reason,
        "result": {0: "valid", 2: "broken", 7: "not verified"}[code],
    }
    if anchors is not None:
        report["anchor"] = verifier.anchor_state if code != 2 else {"state": "not compared"}
        if report["anchor"]["state"] in ("ahead", "different"):
            code = 2
        elif report["anchor"]["state"] not in ("equal", "behind"):
            code = code or 7
    return code, report


def secrets_of(names):
    """(key id or None, secret) of each [KEYID=]NAME."""
    secrets = []
    for name in names:
        only_for, _, variable = name.rpartition("=")
        secret = os.environb.get(os.fsencode(variable), b"")
        if len(secret) < 32:
            raise ValueError(f"{variable} is not set or holds fewer than 32 bytes")
        if only_for and not re.fullmatch("[0-9a-f]{16}", only_for):
            raise ValueError(f"{only_for} is not a key id")
        secrets.append((bytes.fromhex(only_for) or None, secret))
    return secrets


def rings_of(paths):
    rings = []
    for path in paths:
        with open(path, "rb") as stream:
            try:
                rings.append(read_ring(stream.read()))
            except Broken as broken:
                raise ValueError(f"{path} is not a key ring: {broken}") from broken
    return rings


def main():
    parser = argparse.ArgumentParser(description="Verify an audit log export, independently of the program.")
    parser.add_argument("export", metavar="EXPORT", nargs="?")
    parser.add_argument("--secret-env", metavar="[KEYID=]NAME", action="append", default=[],
                        help="variable that holds an audit secret")
    parser.add_argument("--keyring", metavar="FILE", action="append", default=[], help="key ring of the log")
    parser.add_argument("--anchors", metavar="FILE", help="anchor file to compare the export with")
    parser.add_argument("--self-test", action="store_true", help="check the worked examples of the page EXPORT, or "
                        "of docs/log-format.md")
    try:
        arguments = parser.parse_args()
        if arguments.self_test:
            import independent_self_test
            return independent_self_test.run(arguments.export)
        if not arguments.export or not arguments.secret_env + arguments.keyring:
            parser.error("EXPORT, and a --secret-env or a --keyring, are needed")
        keys = Keys(secrets_of(arguments.secret_env), rings_of(arguments.keyring))
        code, report = verify(arguments.export, keys, arguments.anchors)
    except SystemExit as stop:
        return 1 if stop.code else 0
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(report))
    return code


if __name__ == "__main__":
    sys.exit(main())
