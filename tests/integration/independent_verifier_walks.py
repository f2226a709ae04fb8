"""Exports over rotations, branches and gaps (docs/log-format.md, sections 3 to 5 and 11), sound and unsound, every
mac in them right, judged with all keys and with some. Used by independent_verifier_check.py."""

import json
import re

from independent_verifier_cases import OTHER, SECRETS, Case, Record, key_id, seal

R, RETIRED, ACTIVATED, RESUMED = Record, 4, 5, 3
ROTATED = [R(1), R(2), R(3, RETIRED), R(4, ACTIVATED, 1, 2), R(5, 20, 1, 2)]
TWICE = [R(1), R(2, RETIRED), R(3, ACTIVATED, 1, 2), R(4, RETIRED, 1, 2), R(5, ACTIVATED, 1, 3), R(6, 20, 1, 3)]
LOST = [R(1), R(2), R(6, RESUMED, 2), R(7, 20, 2)]      # with the gap (3, 5, 6)


def sound():
    """Name, export: valid with all keys."""
    yield "rotation", seal(ROTATED)
    yield "rotation after record 1", seal([R(1, RETIRED), R(2, ACTIVATED, 1, 2)])
    yield "two rotations in a row", seal(TWICE)
    yield "a rotation by more than one epoch", seal([R(1), R(2, RETIRED), R(3, ACTIVATED, 1, 4)])
    yield "part that ends within a rotation", seal(ROTATED[:3], head={"mac": OTHER, "sequence_id": 9})
    yield "part that begins within a rotation", seal(ROTATED[3:], previous_mac=OTHER)
    yield "part on branch 9 that begins with a resumption", seal([R(8, RESUMED, 9, 3), R(9, 20, 9, 3)],
                                                                 previous_mac=OTHER)
    yield "part that begins with type 4", seal([R(8, RETIRED), R(9, ACTIVATED, 1, 2)], previous_mac=OTHER)
    yield "resumption without a gap", seal([R(1), R(2, RESUMED, 2), R(3, RESUMED, 3)])
    yield "loss at the end", seal(LOST, [(3, 5, 6)])
    yield "loss within", seal([R(1), R(3), R(4, RESUMED, 2)], [(2, 2, 4)])
    yield "two losses", seal([R(1), R(3), R(6, RESUMED, 2), R(7, 20, 2)], [(2, 2, 6), (4, 5, 6)])
    yield "a loss that a later record attests", seal(LOST + [R(8, RESUMED, 3)], [(3, 5, 8)])
    yield "attested beyond the part", seal([R(1), R(3)], [(2, 2, 5)], head={"mac": OTHER, "sequence_id": 5})
    yield "the rest of a rotation lost", seal([R(1), R(4, 20, 1, 2), R(5, RESUMED, 2, 2)], [(2, 3, 5)])
    yield "activation lost", seal([R(1), R(2, RETIRED), R(4, 20, 1, 2), R(5, RESUMED, 2, 2)], [(3, 3, 5)])
    yield "retirement lost", seal([R(1), R(3, ACTIVATED, 1, 2), R(4, RESUMED, 2, 2)], [(2, 2, 4)])
    yield "type 4 before a gap, any after it", seal([R(1, RETIRED), R(3), R(4, RESUMED, 2)], [(2, 2, 4)])
    yield "branches left out after a gap", seal([R(1), R(4, RESUMED, 7)], [(2, 3, 4)])
    yield "another branch and key after a gap", seal([R(1), R(4, 20, 3, 3), R(5, RESUMED, 4, 3)], [(2, 3, 5)])
    yield "the first records lost", seal([R(3, 20, 1, 2), R(4, RESUMED, 2, 2)], [(1, 2, 4)], **{"from": 1})
    yield "the first records and the rest lost", seal([R(3, RESUMED, 2, 2)], [(1, 2, 3)], **{"from": 1})
    yield "a gap where a part begins", seal([R(8, 20, 4, 3), R(9, RESUMED, 5, 3)], [(6, 7, 9)], previous_mac=OTHER,
                                            **{"from": 6})


def unsound_in_a_record():
    """Name, export, the record that does not stand."""
    yield "another key without a rotation", seal([R(1), R(2, 20, 1, 2)]), 2
    yield "activation without retirement", seal([R(1), R(2, ACTIVATED, 1, 2)]), 2
    yield "retirement without activation", seal([R(1, RETIRED), R(2)]), 2
    yield "retirement twice", seal([R(1, RETIRED), R(2, RETIRED)]), 2
    yield "retirement, then another type on the new key", seal([R(1, RETIRED), R(2, 20, 1, 2)]), 2
    yield "resumption within a rotation", seal([R(1, RETIRED), R(2, RESUMED, 2), R(3, ACTIVATED, 2, 2)]), 2
    yield "activation of the same key", seal([R(1, RETIRED), R(2, ACTIVATED)]), 2
    yield "activation of an earlier epoch", seal([R(7, RETIRED, 1, 3), R(8, ACTIVATED, 1, 2)], previous_mac=OTHER), 8
    yield "a key comes back", seal(TWICE[:4] + [R(5, ACTIVATED, 1, 1)]), 5
    yield "type 5 on the same key again", seal([R(1), R(2, RETIRED), R(3, ACTIVATED, 1, 2), R(4, ACTIVATED, 1, 2)]), 4
    yield "record 1 of epoch 2", seal([R(1, 20, 1, 2)]), 1
    yield "record 1 activates", seal([R(1, ACTIVATED)]), 1
    yield "record 1 on branch 2", seal([R(1, 20, 2)]), 1
    yield "record 1 resumes", seal([R(1, RESUMED, 2)]), 1
    yield "branch without a resumption", seal([R(1), R(2, 20, 2)]), 2
    yield "resumption on the same branch", seal([R(1), R(2, RESUMED, 1)]), 2
    yield "resumption leaves a branch out", seal([R(1), R(2, RESUMED, 3)]), 2
    yield "branch goes back", seal([R(1), R(2, RESUMED, 2), R(3, 20, 1)]), 3
    yield "open rotation at the end", seal(ROTATED[:3]), 4
    yield "open rotation at the end of a part", seal([R(8, RETIRED, 2, 3)], previous_mac=OTHER), 9
    yield "attested by another type", seal([R(1), R(2), R(6, 20), R(7)], [(3, 5, 6)]), 6
    yield "attested by another type later", seal(LOST, [(3, 5, 7)]), 7
    yield "resumption after a gap on the same branch", seal([R(1), R(4, RESUMED, 1)], [(2, 3, 4)]), 4
    yield "earlier branch after a gap", seal([R(5, 20, 4), R(8, 20, 3), R(9, RESUMED, 4)], [(6, 7, 9)],
                                             previous_mac=OTHER, branches=[3, 4]), 8
    yield "earlier key after a gap", seal([R(5, 20, 1, 3), R(8, 20, 1, 2), R(9, RESUMED, 2, 2)], [(6, 7, 9)],
                                          previous_mac=OTHER), 8
    yield "first records lost, then a resumption on branch 1", seal([R(3, RESUMED)], [(1, 2, 3)], **{"from": 1}), 3
    yield "record 1 resumes branch 1", seal([R(1, RESUMED)]), 1
    yield "a part begins with a resumption of branch 1", seal([R(5, RESUMED), R(6)], previous_mac=OTHER), 5
    yield "so after a gap", seal([R(8, RESUMED)], [(6, 7, 8)], previous_mac=OTHER, **{"from": 6}), 8
    yield "open rotation at the last sequence there can be", seal([R(2**53 - 1, RETIRED)], previous_mac=OTHER), 2**53
    yield "a record within a gap", seal([R(1), R(2), R(3), R(6, RESUMED, 2)], [(3, 5, 6)]), 6
    yield "a gap not named", seal([R(1), R(2), R(6, RESUMED, 2)]), 3
    yield "a gap longer than the loss", seal([R(1), R(2), R(6, RESUMED, 2), R(7, 20, 2)], [(3, 6, 7)]), 7
    yield "a gap shorter than the loss", seal([R(1), R(2), R(6, RESUMED, 2)], [(3, 4, 6)]), 5
    yield "chained over a gap to the record before", seal(LOST, [(3, 5, 6)], gaps=[
        {"attested_by": 6, "from": 3, "mac": OTHER, "to": 5}]), 6


def unsound_elsewhere():
    """Faults without a record."""
    one_gap = {"attested_by": 6, "from": 3, "mac": OTHER, "to": 5}
    for name, changes in (("to before from", {"to": 2}), ("attested within", {"attested_by": 5}),
                          ("attested before", {"attested_by": 2}), ("attested beyond the head", {"attested_by": 8}),
                          ("up to the last record", {"to": 7, "attested_by": 7}), ("from 0", {"from": 0}),
                          ("mac too short", {"mac": "11"}), ("a member too many", {"more": 1}),
                          ("numbers as text", {"from": "3"})):
        yield f"gap: {name}", seal(LOST, [(3, 5, 6)], gaps=[one_gap | changes])
    yield "gap: not a list", seal(LOST, [(3, 5, 6)], gaps=one_gap)
    yield "gap: before the range", seal([R(6, RESUMED, 2), R(7, 20, 2)], [(3, 5, 6)], previous_mac=OTHER)
    many = [R(1), R(3), R(4), R(7, RESUMED, 2)]
    gap = {"attested_by": 7, "mac": OTHER}
    for name, gaps in (("touching", [(2, 2), (3, 3)]), ("overlapping", [(2, 4), (4, 5)]),
                       ("in another order", [(5, 6), (2, 2)]), ("twice", [(2, 2), (2, 2)])):
        yield f"gaps: {name}", seal(many, gaps=[gap | {"from": begin, "to": end} for begin, end in gaps])
    yield "gaps: attested within the other", seal(many, gaps=[gap | {"attested_by": 5, "from": 2, "to": 2},
                                                              gap | {"from": 5, "to": 6}])
    yield "head of another mac after a gap", seal(LOST, [(3, 5, 6)], head={"mac": OTHER, "sequence_id": 7})
    yield "key ids in another order", seal(ROTATED, key_ids=[key_id(2).hex(), key_id(1).hex()], last_key=1)
    yield "a key id left out", seal(ROTATED, key_ids=[key_id(2).hex()])
    yield "branches in another order", seal(LOST, [(3, 5, 6)], branches=[2, 1])
    yield "a branch left out", seal(LOST, [(3, 5, 6)], branches=[2])
    yield "a sequence of 2^53", seal([R(2**53, RETIRED)], previous_mac=OTHER)
    yield "a head of 2^53", seal([R(1)], head={"mac": OTHER, "sequence_id": 2**53})
    yield "last line under an earlier key", seal(ROTATED, last_key=1)


def walks():
    for name, data in sound():
        yield Case(f"walk: {name}", data, "valid", None)
    for name, data, break_at in unsound_in_a_record():
        yield Case(f"walk: {name}", data, "broken", break_at)
    for name, data in unsound_elsewhere():
        yield Case(f"walk: {name}", data, "broken", None)


def with_some_keys():
    """The same with some keys. What is sound verifies with all of its keys, and is not verified with fewer."""
    epochs = {key_id(epoch).hex(): epoch for epoch in SECRETS}
    for case in list(walks()):
        listed = {epochs[name] for name in json.loads(case.data.splitlines()[0])["key_ids"]}
        for keys in ((1,), (2,), (1, 3), (2, 3)):
            expected = "refused"
            if case.expected == "valid":
                expected = "valid" if listed <= set(keys) else "not verified"
            yield case._replace(name=f"{case.name}, with {keys}", keys=keys, break_at=..., expected=expected)


def unknown_epochs():
    """What is judged otherwise, or not at all, when a key is not at hand."""
    back = seal([R(7, RETIRED, 1, 3), R(8, ACTIVATED, 1, 2)], previous_mac=OTHER)
    mixed = seal([R(1, RETIRED, 1, 2), R(2, ACTIVATED, 1, 1), R(3, 20, 1, 1)])
    rotated, bad_mac = seal(ROTATED), seal(ROTATED, macs={1: bytes(32)})
    two_open = seal([R(1), R(2, RETIRED), R(3, ACTIVATED, 1, 2), R(4, RETIRED, 1, 2)])
    other_end = re.sub(rb'(?<="export_mac":")[0-9a-f]{64}', b"0" * 64, rotated)
    yield Case("unknown: earlier epoch", back, "not verified", None, (2,))
    yield Case("unknown: record 1 though epoch 1 is at hand", mixed, "broken", 1, (1,))
    yield Case("unknown: record 1", rotated, "not verified", None, (2,))
    yield Case("unknown: last key", rotated, "not verified", None, (1,))
    yield Case("unknown: last key, a bad mac under a key at hand", bad_mac, "broken", 2, (1,))
    yield Case("unknown: bad mac", bad_mac, "not verified", None, (2,))
    yield Case("unknown: a key comes back", seal(TWICE[:4] + [R(5, ACTIVATED, 1, 1)]), "broken", 5, (2,))
    yield Case("unknown: last key, last line under another", seal(ROTATED, last_key=1), "broken", None, (1,))
    yield Case("unknown: last key, open rotation", two_open, "broken", 5, (1,))
    yield Case("unknown: last key, last line malformed", rotated[:-3] + b'G"}\n', "broken", None, (1,))
    yield Case("unknown: last key, another export mac", other_end, "not verified", None, (1,))
    yield Case("unknown: last key, something after the last line", rotated + b"\n", "broken", None, (1,))


# Random logs with up to two things wrong. What is expected is only that both verifiers say the same.

def random_log(generator):
    """Records and gaps that stand, mostly; from record 1 or from record 7 on."""
    sequence = generator.choice([1, 1, 1, 7])
    branch, epoch = (1, 1) if sequence == 1 else (generator.randint(1, 3), generator.randint(1, 3))
    records, lost = [R(sequence, 20, branch, epoch)], []
    for _ in range(generator.randint(1, 5)):
        sequence = records[-1].sequence + 1
        step = generator.choice(["call", "rotation", "resumption", "loss", "loss within"])
        if step == "rotation" and epoch < 5:
            records.append(R(sequence, RETIRED, branch, epoch))
            epoch += generator.choice([1, 2])
            records.append(R(sequence + 1, ACTIVATED, branch, epoch))
        elif step.startswith("loss"):
            length, branch = generator.randint(1, 3), branch + 1
            epoch += generator.choice([0, 0, 1]) if epoch < 5 else 0
            after = sequence + length
            records += [R(after, 20, branch, epoch)] * (step == "loss within")
            branch += step == "loss within"
            records.append(R(records[-1].sequence + 1 if step == "loss within" else after, RESUMED, branch, epoch))
            lost.append((sequence, after - 1, records[-1].sequence))
        else:
            branch += step == "resumption"
            records.append(R(sequence, RESUMED if step == "resumption" else 20, branch, epoch))
    return records, lost


def spoil(generator, records, lost, changes):
    """One thing wrong, or a part of the log."""
    i = generator.randrange(len(records))
    record, last = records[i], records[-1].sequence
    what = generator.choice(["kind", "branch", "epoch", "mac", "drop", "twice", "gap", "head", "keys", "part", "part"])
    if what == "kind":
        records[i] = record._replace(kind=generator.choice([RESUMED, RETIRED, ACTIVATED, 20]))
    elif what == "branch":
        records[i] = record._replace(branch=max(0, record.branch + generator.choice([-1, 1, 2])))
    elif what == "epoch":
        records[i] = record._replace(epoch=max(1, record.epoch + generator.choice([-1, 1])))
    elif what == "mac":
        changes["macs"] = {i: generator.randbytes(32)}
    elif what == "drop" and len(records) > 1:
        del records[i]
    elif what == "twice":
        records.insert(i, record)
    elif what == "gap" and lost:
        begin, end, attested_by = lost.pop()
        lost.append(tuple(number + generator.choice([-1, 0, 0, 1]) for number in (begin, end, attested_by)))
    elif what == "head":
        changes["head"] = {"mac": OTHER, "sequence_id": last + generator.choice([0, 1])}
    elif what == "keys":
        changes["key_ids"] = [key_id(epoch).hex() for epoch in generator.sample(range(1, 4), 2)]
    elif what == "part":
        begin = generator.randrange(len(records))
        records[:] = records[begin:generator.randrange(begin, len(records)) + 1]
        first, end = records[0].sequence, records[-1].sequence
        lost[:] = [gap for gap in lost if gap[0] > first and gap[1] < end]
        changes |= {"head": {"mac": OTHER, "sequence_id": last + (last == end)}}


def random_walks(generator, count):
    for number in range(count):
        changes = {}
        records, lost = random_log(generator)
        for _ in range(generator.choice([0, 1, 1, 2])):
            spoil(generator, records, lost, changes)
        if records[0].sequence > 1:
            changes["previous_mac"] = OTHER
        epochs = sorted({record.epoch for record in records})
        keys = generator.choice([epochs, epochs, generator.sample(epochs, 1), epochs[1:] or epochs])
        yield Case(f"random {number}", seal(records, lost, **changes), "any", ..., tuple(keys))


# What the page leaves open: the verifiers differ, and the check says so without failing.

def disputed():
    every = tuple(SECRETS)
    yield Case("open: a newer form is neither valid nor broken", seal(ROTATED, export=2), "not verified", None, every)
    yield Case("open: a key id not listed, bad mac, its secret at hand", seal(
        ROTATED, key_ids=[key_id(2).hex()], macs={1: bytes(32)}), "broken", 2, every)
