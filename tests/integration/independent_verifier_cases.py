"""Exports to judge: damaged ones, and ones sealed with the keys of an invented log that break a rule of
docs/log-format.md though every mac in them is right. Used by independent_verifier_check.py."""

import collections
import hashlib
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import independent_form as form     # noqa: E402

# expected: "valid", "broken", "not verified", or "refused" for either of the last two;
# keys: the epochs whose secrets are at hand, or None for all of the log the export is of
Case = collections.namedtuple("Case", "name data expected break_at keys", defaults=(..., None))
Record = collections.namedtuple("Record", "sequence kind branch epoch data", defaults=(20, 1, 1, None))

SECRETS = {epoch: b"invented secret of the epoch %02d of this log" % epoch for epoch in range(1, 8)}
LOG_ID = bytes(range(16))
OTHER = "11" * 32


def flip(data, position, generator):
    # for a letter often the other case, which a careless reader of hex would let pass
    letter = chr(data[position]).isalpha() and generator.random() < 0.4
    mask = 0x20 if letter else generator.randrange(1, 256)
    changed = bytearray(data)
    changed[position] ^= mask
    return f"byte {position} xor {mask:#04x}", bytes(changed)


def flips(name, data, count, generator):
    """One changed byte each: all over the file, and more in the first and last line, which are short."""
    first_end = data.index(b"\n") + 1
    last_start = data.rindex(b"\n", 0, -1) + 1
    positions = set(generator.sample(range(first_end), count // 5))
    positions |= set(generator.sample(range(last_start, len(data)), count // 6))
    positions |= {0, first_end - 1, first_end, last_start - 1, last_start, len(data) - 1}
    rest = [position for position in range(first_end, last_start) if position not in positions]
    positions |= set(generator.sample(rest, count - len(positions)))
    for position in sorted(positions):
        what, changed = flip(data, position, generator)
        yield Case(f"{name}: {what}", changed, "refused")


def line_damage(name, data, generator):
    lines = data.splitlines(keepends=True)
    last = len(lines) - 1
    for i in range(len(lines)):
        yield Case(f"{name}: line {i} dropped", b"".join(lines[:i] + lines[i + 1:]), "broken")
        yield Case(f"{name}: line {i} twice", b"".join(lines[:i + 1] + lines[i:]), "broken")
        if i < last:
            yield Case(f"{name}: cut after line {i}", b"".join(lines[:i + 1]), "broken")
            yield Case(f"{name}: lines {i} and {i + 1} swapped",
                       b"".join(lines[:i] + [lines[i + 1], lines[i]] + lines[i + 2:]), "broken")
    for end in [0, 1, len(data) - 1, *generator.sample(range(len(data)), 12)]:
        yield Case(f"{name}: cut after byte {end}", data[:end], "broken")
    yield Case(f"{name}: an empty line at the end", data + b"\n", "broken", None)
    yield Case(f"{name}: a zero byte at the end", data + b"\0", "broken", None)
    yield Case(f"{name}: CRLF", data.replace(b"\n", b"\r\n"), "broken")
    yield Case(f"{name}: byte order mark", b"\xef\xbb\xbf" + data, "broken")
    yield Case(f"{name}: itself appended", data + data, "broken", None)
    for old, new in ((b'"export":1', b'"export":1.0'), (b'"export":1', b'"export":true'), (b'{"b', b'{ "b'),
                     (b'{"branches":[1],', b'{"branches":[1],"branches":[1],'), (b"/", b"\\/"),
                     (b'"event_', b'"\\u0065vent_'),
                     (b'"sequence_id":4}', b'"sequence_id":4.0}')):
        if old in data:
            yield Case(f"{name}: {old!r} as {new!r}", data.replace(old, new, 1), "broken")


# Sealing

def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def event(sequence, member=b""):
    """Canonical bytes; `member` sorts before sequence_id."""
    return b'{"event_type":"x",' + member + b'"sequence_id":%d}' % sequence


def long_event(length):
    return event(1, b'"m":"%s",' % (b"a" * (length - len(event(1, b'"m":"",')))))


def key_id(epoch):
    return form.key_id(SECRETS[epoch], LOG_ID, epoch)


def header_of(record):
    return b"\1\0" + record.kind.to_bytes(2, "big") + record.branch.to_bytes(4, "big") + key_id(record.epoch)


def record_line(sequence, header, mac, data):
    return (b'{"bytes":' + canonical(data.decode()).encode() + b',"event":' + data + b',"header":"'
            + header.hex().encode() + b'","key_id":"' + header[8:].hex().encode() + b'","mac":"'
            + mac.hex().encode() + b'","sequence_id":%d}\n' % sequence)


def once(values):
    return list(dict.fromkeys(values))


def seal(records, lost=(), headers=None, macs=None, last_key=None, **changes):
    """An export of these records. lost: (from, to, attested by) of gaps; headers, macs: by position, instead of the
    right ones; last_key: the epoch of the last line; changes: members of the description to replace."""
    after = {last + 1: hashlib.sha256(b"%d" % last).digest() for _, last, _ in lost}
    first = changes.get("from", records[0].sequence if records else 1)
    mac, lines = bytes.fromhex(changes.get("previous_mac", bytes(32).hex())), []
    for i, record in enumerate(records):
        header = (headers or {}).get(i, header_of(record))
        key = form.chain_key(SECRETS[record.epoch], LOG_ID, record.epoch)
        data = event(record.sequence) if record.data is None else record.data
        mac = form.record_mac(key, LOG_ID, header, record.sequence, after.get(record.sequence, mac), data)
        mac = (macs or {}).get(i, mac)
        lines.append(record_line(record.sequence, header, mac, data))
    last = records[-1].sequence if records else 0
    description = {"branches": once(record.branch for record in records), "export": 1, "from": first, "to": last,
                   "gaps": [{"attested_by": by, "from": begin, "mac": after[end + 1].hex(), "to": end}
                            for begin, end, by in lost] or None,
                   "head": {"mac": mac.hex(), "sequence_id": last}, "log_id": LOG_ID.hex(),
                   "key_ids": once(key_id(record.epoch).hex() for record in records),
                   "previous_mac": bytes(32).hex(), **changes}
    description = {name: value for name, value in description.items() if value is not None}
    return close(canonical(description).encode() + b"\n" + b"".join(lines),
                 last_key or (records[-1].epoch if records else 1))


def close(body, epoch=1):
    """The lines before the last, and the last under the key of an epoch."""
    key = form.chain_key(SECRETS[epoch], LOG_ID, epoch)
    export_mac = form.mac_of(key, b"ibkr-agent export\0", hashlib.sha256(body).digest())
    return body + canonical({"export_mac": export_mac.hex(), "key_id": key_id(epoch).hex()}).encode() + b"\n"


def losing_every_other(count):
    """So many gaps of one record each, and a description of about 120 bytes a gap."""
    last = 2 * count + 2
    records = [Record(2 * i + 1) for i in range(count + 1)]
    return seal([*records, Record(last, 3, 2)], [(2 * i, 2 * i, last) for i in range(1, count + 1)])


def one(member):
    return seal([Record(1, data=event(1, member))])


def otherwise(old, new):
    """Two records, of whose lines one is written in another way."""
    body = seal(TWO).rsplit(b"\n", 2)[0] + b"\n"
    if old not in body:
        raise ValueError(f"{old} is not in an export of two records")
    return close(body.replace(old, new, 1))


TWO = [Record(1), Record(2)]


def good_forms():
    """Under one key on one branch."""
    yield "two records", seal(TWO)
    yield "a later part", seal([Record(7)], previous_mac=OTHER)
    yield "head beyond the range", seal(TWO, head={"mac": OTHER, "sequence_id": 3})
    yield "longest record", seal([Record(1, data=long_event(65535))])
    yield "quotes, controls, DEL, beyond ASCII", one(
        '"m":"\\"\\\\\\b\\t\\n\\f\\r\\u001f/\x7fé\u2028\U0001f600",'.encode())
    yield "largest integers", one(b'"m":[9007199254740992,-9007199254740992,0],')
    yield "long description", losing_every_other(2266)
    yield "deep", one(b'"m":' + b"[" * 127 + b"]" * 127 + b",")


def bad_descriptions():
    """Faults without a record."""
    yield "head of another mac", seal(TWO, head={"mac": OTHER, "sequence_id": 2})
    yield "head before the range's end", seal(TWO, head={"mac": OTHER, "sequence_id": 1})
    yield "previous_mac before record 1", seal(TWO, previous_mac=OTHER)
    yield "from 0", seal([Record(0), Record(1)], **{"from": 0})
    yield "no records", seal([], **{"from": 1, "to": 0})
    yield "more records than the range", seal(TWO, to=1)
    yield "a member too many", seal(TWO, more=1)
    yield "no branches", seal(TWO, branches=[])
    yield "branch 0", seal(TWO, branches=[0])
    yield "another branch", seal(TWO, branches=[2])
    yield "branches twice", seal(TWO, branches=[1, 1])
    yield "a branch too many", seal(TWO, branches=[1, 2])
    yield "a branch beyond 32 bits", seal(TWO, branches=[1, 2**32])
    yield "no key ids", seal(TWO, key_ids=[])
    yield "a key id twice", seal(TWO, key_ids=[key_id(1).hex()] * 2)
    yield "a key id too many", seal(TWO, key_ids=[key_id(2).hex(), key_id(1).hex()])
    yield "key id in capitals", seal(TWO, key_ids=[key_id(1).hex().upper()])
    yield "short log id", seal(TWO, log_id=LOG_ID.hex()[:-2])
    yield "range as text", seal(TWO, to="2")
    yield "range as truth", seal([Record(1)], to=True)
    yield "no gaps, but named", seal(TWO, gaps=[])
    yield "form 0", seal(TWO, export=0)
    yield "form as text", seal(TWO, export="1")
    yield "head with a member too many", seal(TWO, head={"mac": OTHER, "more": 1, "sequence_id": 3})
    yield "another export mac", re.sub(rb'(?<="export_mac":")[0-9a-f]{64}', b"0" * 64, seal(TWO))
    yield "description too long", losing_every_other(2267)


def bad_records():
    """Name, export, the record that does not stand."""
    for name, changes in (("record format 2", b"\2\0"), ("reserved byte", b"\1\1")):
        yield name, seal(TWO, headers={1: changes + header_of(TWO[1])[2:]}), 2
    yield "fewer records than the range", seal(TWO, to=3, head={"mac": OTHER, "sequence_id": 3}), 3
    yield "a hole", seal([Record(1), Record(3)]), 2
    yield "a sequence twice", seal([Record(1), Record(1)], to=2, head={"mac": OTHER, "sequence_id": 2}), 2
    yield "record branch 2", seal([Record(1), Record(2, branch=2)]), 2
    yield "record on another key", seal([Record(1), Record(2, epoch=2)]), 2
    yield "another mac", seal(TWO, macs={0: bytes.fromhex(OTHER)}), 1
    yield "line too long", seal([Record(1, data=long_event(140000))]), 1
    for old, new in ((b'"event":{"event_type":"x"', b'"event":{"event_type":"y"'),
                     (b'"key_id":"%s","mac"' % key_id(1).hex().encode(), b'"key_id":"%s","mac"' % (b"0" * 16)),
                     (b'"sequence_id":1}\n', b'"sequence_id":"1"}\n'), (b'"sequence_id":1}\n', b'"sequence_id":2}\n'),
                     (b'{"bytes":', b'{ "bytes":'), (b'{"bytes":', b'{"a":1,"bytes":'),
                     (b'"header":"01000014', b'"Header":"01000014'), (b',"mac":"', b',"mac":"00'),
                     (b'{"bytes":"{\\"', b'{"bytes":"\\u007b\\"'), (b'{"bytes":"', b'{"bytes":7,"c":"')):
        yield f"{old!r} as {new!r}", otherwise(old, new), 1
    bad = {
        "too long": long_event(65536), "empty": b"", "not an object": b"[1]",
        "comma at the end": b'{"sequence_id":1,}',
        "white space": b'{"event_type":"x", "sequence_id":1}', "unsorted": b'{"sequence_id":1,"event_type":"x"}',
        "member twice": event(1, b'"m":1,"m":1,'), "null": event(1, b'"m":null,'), "fraction": event(1, b'"m":1.5,'),
        "exponent": event(1, b'"m":1e2,'), "minus zero": event(1, b'"m":-0,'), "leading zero": event(1, b'"m":01,'),
        "integer too large": event(1, b'"m":9007199254740993,'), "not a number": event(1, b'"m":NaN,'),
        "integer too small": event(1, b'"m":-9007199254740993,'),
        "integer of 5000 digits": event(1, b'"m":' + b"9" * 5000 + b","), "escaped slash": event(1, b'"m":"\\/",'),
        "escape in capitals": event(1, b'"m":"\\u001F",'), "needless escape": event(1, b'"m":"\\u0061",'),
        "escaped newline as number": event(1, b'"m":"\\u000a",'), "lone surrogate": event(1, b'"m":"\\ud800",'),
        "member name beyond ASCII": event(1, '"mé":1,'.encode()),
        "too deep": event(1, b'"m":' + b"[" * 128 + b"]" * 128 + b","),
        "far too deep": event(1, b'"m":' + b"[" * 30000 + b"]" * 30000 + b","),
    }
    for name, data in bad.items():
        yield f"record {name}", seal([Record(1, data=data)]), 1


def rings(entries):
    """Unusable key rings, from the entries of a usable one."""
    good = {"format": 1, "keys": entries, "log_id": LOG_ID.hex()}
    text = canonical(good) + "\n"
    first = entries[0]
    for name, value in (("format 0", good | {"format": 0}), ("a member too many", good | {"more": 1}),
                        ("keys not a list", good | {"keys": first}), ("no keys", good | {"keys": []}),
                        ("epochs not ascending", good | {"keys": entries[::-1]}),
                        ("a key with a member too many", good | {"keys": [first | {"more": 1}]}),
                        ("an epoch twice", good | {"keys": [first, first]}),
                        ("a key id twice", good | {"keys": [first, first | {"epoch": 2}]}),
                        ("epoch 0", good | {"keys": [first | {"epoch": 0}]}),
                        ("epoch 4097", good | {"keys": [first | {"epoch": 4097}]}),
                        ("a short chain key", good | {"keys": [first | {"chain_key": first["chain_key"][2:]}]}),
                        ("hex in capitals", good | {"log_id": "AB" * 16}),
                        ("another log", good | {"log_id": OTHER[:32]})):
        yield name, (canonical(value) + "\n").encode()
    yield "no newline", text[:-1].encode()
    yield "two newlines", (text + "\n").encode()
    yield "white space", text.replace(":", ": ", 1).encode()


def forms():
    for name, data in good_forms():
        yield Case(f"form: {name}", data, "valid", None)
    for name, data in bad_descriptions():
        yield Case(f"form: {name}", data, "broken", None)
    for name, data, break_at in bad_records():
        yield Case(f"form: {name}", data, "broken", break_at)
    yield Case("form: another log id", seal(TWO, log_id="22" * 16), "not verified", None)
    yield Case("form: another key id", seal(TWO, key_ids=["00" * 8]), "not verified", None)
