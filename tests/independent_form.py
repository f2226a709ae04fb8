"""The parts of docs/log-format.md that more than one reader needs, written from that page alone.

Canonical JSON, keys and macs, key rings (section 10) and anchor files (section 9). Standard library only.
"""

import functools
import hashlib
import hmac
import json
import os
import re

MAX_BYTES = 65_535          # section 2
MAX_INTEGER = 2**53         # section 2, taken as inclusive
MAX_DEPTH = 128             # section 2; the outermost object is level 1
MAX_EPOCH = 4_096           # section 1


class Broken(Exception):
    """The export is not what the page describes."""


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


def canonical_object(data, members=None):
    """Parses an object and refuses every spelling but the canonical one (duplicates and -0 included)."""
    value = parse(data)
    require(isinstance(value, dict), "not a JSON object")
    try:
        same = canonical(value).encode("utf-8") == data
    except UnicodeEncodeError as error:
        raise Broken("a lone surrogate") from error
    require(same, "not in canonical form")
    require(members is None or set(value) == set(members.split()), "other members than there should be")
    return value


def is_integer(value, low, high=MAX_INTEGER):
    return type(value) is int and low <= value <= high      # True == 1 in Python, so the type is asked for


def ascending(values):
    return all(a < b for a, b in zip(values, values[1:]))


def unhex(value, size, what):
    require(isinstance(value, str) and re.fullmatch("[0-9a-f]{%d}" % (2 * size), value),
            f"{what} is not {size} bytes in lower-case hex")
    return bytes.fromhex(value)


# Keys and macs: sections 1, 3 and 10.

def mac_of(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def hkdf_sha256(material, salt, info):
    """RFC 5869, extract and expand; one block is all that 32 bytes need."""
    return mac_of(mac_of(salt, material), info, b"\1")


def chain_key(secret, log_id, epoch=1):
    return hkdf_sha256(secret, log_id, b"ibkr-agent chain key" + epoch.to_bytes(4, "big"))


def key_id(secret, log_id, epoch=1):
    return mac_of(secret, b"ibkr-agent key id", log_id, epoch.to_bytes(4, "big"))[:8]


@functools.lru_cache(64)
def epochs_by_key_id(secret, log_id):
    return {key_id(secret, log_id, epoch): epoch for epoch in range(MAX_EPOCH, 0, -1)}


def record_mac(key, log_id, header, sequence, previous, data):
    message = (b"ibkr-agent record\0" + log_id + header + sequence.to_bytes(8, "big") + previous
               + hashlib.sha256(data).digest())
    require(len(message) == 122, "the mac's message has the wrong length")
    return mac_of(key, message)


def read_ring(data):
    """Section 10: the log id, and key id -> (epoch, chain key)."""
    require(data.endswith(b"\n"), "the key ring does not end with a newline")
    value = canonical_object(data[:-1], "format keys log_id")
    require(is_integer(value["format"], 1, 1), "the form of the key ring is unknown")
    require(isinstance(value["keys"], list) and value["keys"], "there are no keys")
    keys, epochs = {}, []
    for entry in value["keys"]:
        require(isinstance(entry, dict) and set(entry) == {"chain_key", "epoch", "key_id"}, "not a key")
        require(is_integer(entry["epoch"], 1, MAX_EPOCH), "an epoch is out of range")
        epochs.append(entry["epoch"])
        keys[unhex(entry["key_id"], 8, "a key id")] = (entry["epoch"], unhex(entry["chain_key"], 32, "a chain key"))
    require(ascending(epochs) and len(keys) == len(epochs), "the epochs do not ascend, or a key id comes twice")
    return unhex(value["log_id"], 16, "the log id"), keys


class Keys:
    """What is at hand: secrets as (key id it is for or None, secret), and rings as read_ring() gives them."""

    def __init__(self, secrets=(), rings=()):
        self.secrets, self.rings = list(secrets), list(rings)

    def find(self, log_id, wanted):
        """(epoch, chain key) of a key id, or (None, None)."""
        for only_for, secret in self.secrets:       # first: who gives the key id has the chain key
            epoch = epochs_by_key_id(secret, log_id).get(wanted) if only_for in (None, wanted) else None
            if epoch:
                return epoch, chain_key(secret, log_id, epoch)
        for ring_log_id, keys in self.rings:
            if ring_log_id == log_id and wanted in keys:
                return keys[wanted]
        return None, None

    def first_epoch_at_hand(self, log_id, key_ids):
        ringed = [name for ring_log_id, keys in self.rings if ring_log_id == log_id for name in keys]
        return any(self.find(log_id, name)[0] == 1 for name in [*ringed, *key_ids])


def read_slot(slot, log_id, keys):
    """Section 9: (sequence, mac) of a usable slot, else None."""
    body, checksum, slot_mac = slot[:96], slot[96:128], slot[128:]
    if (len(slot) != 160 or body[:4] != b"\1\0\0\0" or body[16:32] != log_id
            or hashlib.sha256(body).digest() != checksum):
        return None
    key = keys.find(log_id, body[8:16])[1]
    if not key or not hmac.compare_digest(mac_of(key, b"ibkr-agent anchor\0", body), slot_mac):
        return None
    return int.from_bytes(body[32:40], "big"), body[40:72]


def read_anchor(path, log_id, keys):
    """The usable slot with the higher sequence, or None."""
    if not os.path.exists(path):
        return None
    with open(path, "rb") as stream:
        data = stream.read(4096 + 160)
    slots = [read_slot(data[start:start + 160], log_id, keys) for start in (0, 4096)]
    return max(filter(None, slots), default=None)
