#!/usr/bin/env python3
"""A second verifier of audit log exports, written from docs/log-format.md alone.

    independent_verifier.py EXPORT --secret-env NAME

NAME is the environment variable that holds the audit secret. Prints one line of JSON:

    chain_valid              whether everything the page asks of an export holds
    events_scanned           records looked at; one that is broken or missing counts
    first_break_at_sequence  the record that does not verify; null if none or if the fault is not in a record
    head                     the last record that verified
    reason                   what is wrong; empty when nothing is

Exit code: 0 valid, 2 broken, 1 usage or key problem (the result is then "not verified").
It shares no code with the program, trusts nothing in the file, and keeps one line in memory at a time.
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import sys

MAX_LINE = 262_144          # section 7; taken to include the newline
MAX_BYTES = 65_535          # section 2
MAX_INTEGER = 2**53         # section 2, taken as inclusive
MAX_DEPTH = 128             # section 2; the outermost object is level 1
EPOCH = (1).to_bytes(4, "big")   # section 1: only epoch 1 and branch 1 exist in version 1
BRANCH = 1
ZERO_MAC = bytes(32)


class Broken(Exception):
    """The export is not what the page describes."""


class NotVerified(Exception):
    """There is no key to judge the export with."""


def require(condition, reason):
    if not condition:
        raise Broken(reason)


# Canonical JSON: RFC 8785 as section 2 restricts it.

def quoted(text):
    """Escapes what RFC 8785 escapes and nothing else; lone surrogates fail when encoded."""
    return json.dumps(text, ensure_ascii=False)


def canonical(value, level=1):
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        require(-MAX_INTEGER <= value <= MAX_INTEGER, "an integer is out of range")
        return str(value)
    require(isinstance(value, (dict, list)), "a null or a number that is not an integer")
    require(level <= MAX_DEPTH, "the nesting is too deep")
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, level + 1) for item in value) + "]"
    require(all(name.isascii() for name in value), "a member name is not ASCII")
    return "{" + ",".join(f"{quoted(name)}:{canonical(value[name], level + 1)}" for name in sorted(value)) + "}"


def parse(data):
    """The JSON value in UTF-8 bytes, however it is written; canonical() decides about the form."""
    def no_fraction(_):
        raise Broken("a number that is not an integer")
    try:
        return json.loads(data.decode("utf-8"), parse_float=no_fraction, parse_constant=no_fraction)
    except (ValueError, RecursionError) as error:
        raise Broken("not JSON in UTF-8") from error


def canonical_object(data):
    """Parses an object and refuses every spelling but the canonical one (duplicates and -0 included)."""
    value = parse(data)
    require(isinstance(value, dict), "not a JSON object")
    try:
        same = canonical(value).encode("utf-8") == data
    except UnicodeEncodeError as error:
        raise Broken("a lone surrogate") from error
    require(same, "not in canonical form")
    return value


def is_integer(value, low, high=MAX_INTEGER):
    return type(value) is int and low <= value <= high


def unhex(value, size, what):
    require(isinstance(value, str) and re.fullmatch("[0-9a-f]{%d}" % (2 * size), value),
            f"{what} is not {size} bytes in lower-case hex")
    return bytes.fromhex(value)


# Keys and macs: sections 1, 3 and 7.

def mac_of(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def hkdf_sha256(material, salt, info, size):
    """RFC 5869: extract, then expand."""
    pseudorandom_key = mac_of(salt, material)
    block, output = b"", b""
    for counter in range(1, -(-size // 32) + 1):
        block = mac_of(pseudorandom_key, block, info, bytes([counter]))
        output += block
    return output[:size]


def chain_key(secret, log_id):
    return hkdf_sha256(secret, log_id, b"ibkr-agent chain key" + EPOCH, 32)


def key_id(secret, log_id):
    return mac_of(secret, b"ibkr-agent key id", log_id, EPOCH)[:8]


def record_mac(key, log_id, header, sequence, previous, data):
    message = (b"ibkr-agent record\0" + log_id + header + sequence.to_bytes(8, "big") + previous
               + hashlib.sha256(data).digest())
    require(len(message) == 122, "the mac's message has the wrong length")
    return mac_of(key, message)


class Verifier:
    def __init__(self, stream, secret):
        self.stream = stream
        self.secret = secret
        self.hash = hashlib.sha256()    # of every line before the last
        self.scanned = 0
        self.broken_at = None
        self.sequence = 0               # of the last record that verified
        self.mac = ZERO_MAC             # and its mac

    def read_line(self, what):
        """One line with its newline; never more than a line in memory."""
        line = self.stream.readline(MAX_LINE + 1)
        require(line, f"the file ends where {what} belongs")
        require(len(line) <= MAX_LINE, f"{what} is too long")
        require(line.endswith(b"\n"), f"{what} does not end with a newline")
        return line

    def run(self):
        self.description()
        while self.sequence < self.to:
            self.scanned += 1
            try:
                self.record(self.sequence + 1)
            except Broken as broken:
                self.broken_at = self.sequence + 1
                raise Broken(f"record {self.broken_at}: {broken}") from broken
        if self.to == self.head_sequence:
            require(self.mac == self.head_mac, "the last record's mac is not that of the head")
        self.last_line()

    def description(self):
        line = self.read_line("the description")
        try:
            value = canonical_object(line[:-1])
        except Broken as broken:
            raise Broken(f"the description: {broken}") from broken
        require(set(value) == {"branches", "export", "from", "head", "key_ids", "log_id", "previous_mac", "to"},
                "the description has other members than it should")
        # True == 1 in Python, so the types are asked for as well
        require(is_integer(value["export"], 1, 1), "the form of the export is unknown")
        branches, key_ids, head = value["branches"], value["key_ids"], value["head"]
        require(isinstance(branches, list) and len(branches) == 1 and is_integer(branches[0], BRANCH, BRANCH),
                "the branches are not those of version 1")
        require(isinstance(head, dict) and set(head) == {"mac", "sequence_id"}, "the head is malformed")
        self.head_mac = unhex(head["mac"], 32, "the head's mac")
        self.head_sequence = head["sequence_id"]
        first, self.to = value["from"], value["to"]
        require(is_integer(first, 1) and is_integer(self.to, first) and is_integer(self.head_sequence, self.to),
                "the range does not lie within the log")
        require(isinstance(key_ids, list) and len(key_ids) == 1, "version 1 has exactly one key id")
        self.key_id = unhex(key_ids[0], 8, "the key id")
        self.log_id = unhex(value["log_id"], 16, "the log id")
        previous = unhex(value["previous_mac"], 32, "previous_mac")
        require(first > 1 or previous == ZERO_MAC, "previous_mac of the first record is not zero")
        if key_id(self.secret, self.log_id) != self.key_id:
            raise NotVerified("not verified: the secret does not give the export's key id")
        self.key = chain_key(self.secret, self.log_id)
        self.sequence, self.mac = first - 1, previous
        self.hash.update(line)

    def record(self, sequence):
        line = self.read_line("a record line")
        value = parse(line[:-1])
        require(isinstance(value, dict)
                and set(value) == {"bytes", "event", "header", "key_id", "mac", "sequence_id"},
                "not a record line")
        require(isinstance(value["bytes"], str), "bytes is not a string")
        try:
            data = value["bytes"].encode("utf-8")
        except UnicodeEncodeError as error:
            raise Broken("bytes holds a lone surrogate") from error
        header = unhex(value["header"], 16, "the header")
        mac = unhex(value["mac"], 32, "the mac")
        require(is_integer(value["sequence_id"], 1), "the sequence is not a position")

        # The line one would write for these four, byte for byte: this covers event and key_id.
        written = (b'{"bytes":' + quoted(value["bytes"]).encode() + b',"event":' + data
                   + b',"header":"' + header.hex().encode() + b'","key_id":"' + header[8:].hex().encode()
                   + b'","mac":"' + mac.hex().encode() + b'","sequence_id":%d}\n' % value["sequence_id"])
        require(line == written, "the line is not the one to write for its bytes, header, mac and sequence")
        event = canonical_object(data)

        require(value["sequence_id"] == sequence, "the sequence does not follow the one before")
        require(header[0] == 1, "the format is unknown")
        require(header[1] == 0, "the reserved byte is not zero")
        require(header[4:8] == BRANCH.to_bytes(4, "big"), "the branch is not the one in force")
        require(header[8:] == self.key_id, "the key id is not the one in force")
        require(1 <= len(data) <= MAX_BYTES, "the length is not allowed")
        expected = record_mac(self.key, self.log_id, header, sequence, self.mac, data)
        require(hmac.compare_digest(mac, expected), "the mac is not the computed one")
        self.hash.update(line)
        self.sequence, self.mac = sequence, mac

    def last_line(self):
        line = self.read_line("the last line")
        expected = mac_of(self.key, b"ibkr-agent export\0", self.hash.digest())
        written = b'{"export_mac":"%s","key_id":"%s"}\n' % (expected.hex().encode(), self.key_id.hex().encode())
        require(hmac.compare_digest(line, written), "the last line does not carry the mac of this export")
        require(not self.stream.read(1), "something follows the last line")


def verify(path, secret):
    """The exit code and the report."""
    code, reason = 0, ""
    with open(path, "rb") as stream:
        verifier = Verifier(stream, secret)
        try:
            verifier.run()
        except NotVerified as problem:
            code, reason = 1, str(problem)
        except Broken as broken:
            code, reason = 2, str(broken)
    return code, {
        "chain_valid": code == 0,
        "events_scanned": verifier.scanned,
        "first_break_at_sequence": verifier.broken_at,
        "head": {"mac": verifier.mac.hex(), "sequence_id": verifier.sequence},
        "reason": reason,
    }


def main():
    parser = argparse.ArgumentParser(description="Verify an audit log export, independently of the program.")
    parser.add_argument("export", metavar="EXPORT")
    parser.add_argument("--secret-env", metavar="NAME", required=True, help="variable that holds the audit secret")
    try:
        arguments = parser.parse_args()
    except SystemExit as stop:
        return 1 if stop.code else 0
    secret = os.environb.get(os.fsencode(arguments.secret_env), b"")
    if len(secret) < 32:
        print(f"{arguments.secret_env} is not set or holds fewer than 32 bytes", file=sys.stderr)
        return 1
    try:
        code, report = verify(arguments.export, secret)
    except OSError as error:
        print(f"cannot read {arguments.export}: {error.strerror}", file=sys.stderr)
        return 1
    print(json.dumps(report))
    return code


if __name__ == "__main__":
    sys.exit(main())
