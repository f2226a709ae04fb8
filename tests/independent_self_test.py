"""Checks every worked example of docs/log-format.md with the independent verifier, and the keys files with an
AES-256-GCM of its own (FIPS 197, SP 800-38D; slow and not constant in time, which published test keys bear).
Run it as `independent_verifier.py --self-test`."""

import json
import os
import pathlib
import re
import tempfile

import independent_form as form
import independent_verifier as verifier

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "log-format.md"
SECRETS = (b"published test secret of the log format page", b"second published test secret of the format page")
LOG_ID = bytes.fromhex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")
ACCOUNT_KEY = b"A" * 32
BLOCKS = ("keys", "export", "anchor", "keys-rotating", "keys-resumed", "key-ring", "export-resumed", "export-part")


# AES-256-GCM, to open what the keys file wraps

def doubled(byte):
    return byte << 1 ^ (0x11b if byte & 0x80 else 0)


def substitution_box():
    powers = [1]                # of 3, which generates every element of the field but zero
    while len(powers) < 255:
        powers.append(powers[-1] ^ doubled(powers[-1]))
    box = [0x63] * 256
    for exponent, element in enumerate(powers):
        inverse = powers[-exponent % 255]
        for places in range(5):
            box[element] ^= (inverse << places | inverse >> 8 - places) & 0xff
    return box


BOX = substitution_box()


def round_keys(key):
    words = [list(key[i:i + 4]) for i in range(0, 32, 4)]
    constant = 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = [BOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = doubled(constant)
        elif i % 8 == 4:
            word = [BOX[byte] for byte in word]
        words.append([a ^ b for a, b in zip(words[i - 8], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 60, 4)]


def aes(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for key in keys[1:]:
        state = [BOX[state[(5 * i) % 16]] for i in range(16)]       # with the rows shifted
        if key is not keys[-1]:
            columns = [state[i:i + 4] for i in range(0, 16, 4)]
            state = [doubled(c[r] ^ c[(r + 1) % 4]) ^ c[(r + 1) % 4] ^ c[(r + 2) % 4] ^ c[(r + 3) % 4]
                     for c in columns for r in range(4)]
        state = [a ^ b for a, b in zip(state, key)]
    return bytes(state)


def ghash(subkey, data):
    result = 0
    for start in range(0, len(data), 16):
        factor, product = result ^ int.from_bytes(data[start:start + 16], "big"), 0
        multiple = int.from_bytes(subkey, "big")
        for bit in range(127, -1, -1):
            product ^= multiple if factor >> bit & 1 else 0
            multiple = multiple >> 1 ^ (0xe1 << 120 if multiple & 1 else 0)
        result = product
    return result


def unwrap(key, wrapped, aad):
    """Opens nonce ‖ 32 bytes of ciphertext ‖ tag."""
    form.require(len(wrapped) == 60, "what is wrapped has the wrong length")
    keys, nonce, ciphertext, tag = round_keys(key), wrapped[:12], wrapped[12:44], wrapped[44:]
    padded = aad + bytes(-len(aad) % 16) + ciphertext
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    expected = ghash(aes(keys, bytes(16)), padded + lengths) ^ int.from_bytes(aes(keys, nonce + b"\0\0\0\1"), "big")
    form.require(expected.to_bytes(16, "big") == tag, "the tag of what is wrapped does not hold")
    stream = aes(keys, nonce + b"\0\0\0\2") + aes(keys, nonce + b"\0\0\0\3")
    return bytes(a ^ b for a, b in zip(ciphertext, stream))


# The keys file: sections 7 and 8

def open_keys(value, secret, log_id):
    """The account key and epoch -> chain key, of the members account_key and epochs, with the newest secret."""
    newest = len(value["epochs"])
    form.require([entry["epoch"] for entry in value["epochs"]] == list(range(1, newest + 1)), "the epochs do not count")
    form.require(value["account_key"]["epoch"] == newest, "the account key is not of the newest epoch")
    epoch = newest.to_bytes(4, "big")
    wrapping = form.hkdf_sha256(secret, log_id, b"ibkr-agent account key wrapping" + epoch)
    account_key = unwrap(wrapping, form.unhex(value["account_key"]["wrapped"], 60, "the account key"),
                         b"ibkr-agent account key" + log_id + epoch)
    form.require(value["epochs"][-1] == {"epoch": newest, "key_id": form.key_id(secret, log_id, newest).hex()},
                 "the newest epoch is not that of the secret")
    wrapping = form.hkdf_sha256(secret, log_id, b"ibkr-agent chain key wrapping" + epoch)
    chain_keys = {newest: form.chain_key(secret, log_id, newest)}
    for entry in value["epochs"][:-1]:
        aad = (b"ibkr-agent retired chain key" + log_id + epoch + entry["epoch"].to_bytes(4, "big")
               + form.unhex(entry["key_id"], 8, "a key id"))
        chain_keys[entry["epoch"]] = unwrap(wrapping, form.unhex(entry["chain_key"], 60, "a chain key"), aad)
    return account_key, chain_keys


def read_keys(data, secret):
    """(log id, account key, epoch -> chain key) of a keys file, by the newest secret or the former one."""
    form.require(data.endswith(b"\n"), "the keys file does not end with a newline")
    value = form.canonical_object(data[:-1])
    members = set(value) - {"branches", "former"}
    form.require(members == {"account_key", "epochs", "format", "log_id"} and value["format"] == 1, "not a keys file")
    log_id = form.unhex(value["log_id"], 16, "the log id")
    branches = [entry["branch"] for entry in value.get("branches", [])]
    form.require(branches == list(range(2, len(branches) + 2)), "the branches do not count")
    newest = value["epochs"][-1]
    if "former" in value and form.key_id(secret, log_id, newest["epoch"]).hex() != newest["key_id"]:
        value = value["former"]
    return (log_id, *open_keys(value, secret, log_id))


# The examples of section 12

class Page:
    def __init__(self, text, folder):
        self.text, self.folder = text[text.index("## 12."):], folder
        self.blocks = {name: body.encode() for name, body in re.findall(r"```([a-z-]+)\n(.*?)```", self.text, re.S)}
        form.require(set(self.blocks) == set(BLOCKS), "the page has other examples than are checked here")
        self.ids = [form.key_id(secret, LOG_ID, epoch) for epoch, secret in enumerate(SECRETS, 1)]
        self.keys = [form.chain_key(secret, LOG_ID, epoch) for epoch, secret in enumerate(SECRETS, 1)]

    def names_and_keys(self):
        for text in (LOG_ID.hex(), *(secret.decode() for secret in SECRETS)):
            form.require(f"`{text}`" in self.text, f"the page does not name {text}")
        for epoch in (1, 2):
            key, name = self.keys[epoch - 1].hex(), self.ids[epoch - 1].hex()
            form.require(f"chain key (epoch {epoch})  {key}\n" in self.text, "a chain key differs")
            form.require(f"key id (epoch {epoch})     {name}\n" in self.text, "a key id differs")

    def keys_files(self):
        both = {1: self.keys[0], 2: self.keys[1]}
        for name, secret, chain_keys in (("keys", 0, {1: self.keys[0]}), ("keys-rotating", 0, {1: self.keys[0]}),
                                         ("keys-rotating", 1, both), ("keys-resumed", 1, both)):
            form.require(read_keys(self.blocks[name], SECRETS[secret]) == (LOG_ID, ACCOUNT_KEY, chain_keys),
                         f"{name} holds other keys")

    def key_ring(self):
        _, keys = ring = form.read_ring(self.blocks["key-ring"])
        form.require(ring[0] == LOG_ID and keys == {name: (epoch, key) for epoch, (name, key)
                                                    in enumerate(zip(self.ids, self.keys), 1)}, "other keys")
        for name in ("export", "export-resumed", "export-part"):
            self.judge(name, form.Keys(rings=[ring]), 0, [])

    def messages(self):
        """The parts of two macs, each against the record in an export."""
        pattern = r"domain +(\w+)\nlog id +(\w+)\nheader +(\w+)\nsequence +(\w+)\nmac\[\d+\] +(\w+)\nSHA-256 +(\w+)\n"
        found = re.findall(pattern, self.text)
        form.require(len(found) == 2, "the page shows other messages than are checked here")
        for parts, export in zip(found, ("export", "export-resumed")):
            message = bytes.fromhex("".join(parts))
            lines = [json.loads(line) for line in self.blocks[export].splitlines()[1:-1]]
            record, = [line for line in lines if line["sequence_id"] == int(parts[3], 16)]
            key = self.keys[self.ids.index(bytes.fromhex(record["key_id"]))]
            form.require(len(message) == 122 and form.mac_of(key, message).hex() == record["mac"], "a mac differs")

    def exports(self):
        first, second = ([(None, secret)] for secret in SECRETS)
        lost = self.ids[1].hex(), self.ids[0].hex()
        self.judge("export", form.Keys(first), 0, [])
        self.judge("export-resumed", form.Keys(first + second), 0, [])
        self.judge("export-resumed", form.Keys(first), 7, [(1, 11, lost[0])])
        self.judge("export-resumed", form.Keys(second), 7, [(1, 3, lost[1])])
        self.judge("export-part", form.Keys(second), 0, [])
        self.judge("export-part", form.Keys(first), 7, [(6, 10, lost[0])])

    def anchor(self):
        slot = bytes.fromhex(self.blocks["anchor"].decode().replace("\n", ""))
        form.require([int.from_bytes(slot[start:start + 8], "big") for start in (72, 80, 88)] == [4, 389, 1],
                     "the slot names other places than the text")
        keys = form.Keys([(None, secret) for secret in SECRETS])
        for place in (0, 4096):
            path = os.path.join(self.folder, "anchors")
            with open(path, "wb") as stream:
                stream.write(bytes(place) + slot + bytes(4096 - place))
            for export, state in (("export", "equal"), ("export-resumed", "behind"), ("export-part", "outside")):
                _, report = verifier.verify(self.file(export), keys, path)
                form.require(report["anchor"] == {"sequence_id": 2, "state": state}, f"not {state} of {export}")

    def judge(self, name, keys, code, ranges):
        got, report = verifier.verify(self.file(name), keys)
        said = [(part["from_sequence"], part["to_sequence"], part["key_id"]) for part in report["not_verified"]]
        form.require((got, said) == (code, ranges), f"{name}: {json.dumps(report)}")

    def file(self, name):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as stream:
            stream.write(self.blocks[name])
        return path


def run(path=None):
    with open(path or PAGE, encoding="utf-8") as stream, tempfile.TemporaryDirectory() as folder:
        failed, text = 0, stream.read()
        for check in (Page.names_and_keys, Page.keys_files, Page.key_ring, Page.messages, Page.exports, Page.anchor):
            try:
                check(Page(text, folder))
                problem = "holds"
            except (form.Broken, KeyError, ValueError) as error:
                failed, problem = failed + 1, f"FAILS: {error!r}"
            print(f"{check.__name__}: {problem}")
    return 2 if failed else 0
