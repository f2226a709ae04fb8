#include <string>
#include <type_traits>
#include <vector>

#include <catch2/catch.hpp>

#include "events/crypto/aead.hpp"
#include "events/crypto/hkdf.hpp"
#include "events/crypto/hmac.hpp"
#include "events/crypto/random.hpp"
#include "events/crypto/sha256.hpp"

using namespace ibkr::events;

namespace {

std::string unhex(const std::string& text) {
    std::vector<std::uint8_t> bytes(text.size() / 2);
    REQUIRE(from_hex(text, bytes));
    return std::string(text_of(bytes));
}

std::string hmac_hex(const std::string& key, std::string_view data) {
    return hex(hmac_sha256(bytes_of(key), {data}));
}

}  // namespace

TEST_CASE("sha256 agrees with FIPS 180-4", "[crypto]") {
    CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a sha256 stream gives the digest so far and goes on", "[crypto]") {
    Sha256Stream stream;
    CHECK(stream.digest() == sha256(""));
    stream.update("a");
    stream.update("b");
    CHECK(stream.digest() == sha256("ab"));
    CHECK(stream.digest() == sha256("ab"));
    stream.update("c");
    CHECK(stream.digest() == sha256("abc"));
}

TEST_CASE("hex is lower case and strict", "[crypto]") {
    std::array<std::uint8_t, 2> out{};
    CHECK(hex(std::array<std::uint8_t, 2>{0x0a, 0xff}) == "0aff");
    CHECK(from_hex("0aff", out));
    CHECK_FALSE(from_hex("0AFF", out));
    CHECK_FALSE(from_hex("0af", out));
    CHECK_FALSE(from_hex("0aff0", out));
    CHECK_FALSE(from_hex("0ag0", out));
}

TEST_CASE("big-endian integers come back", "[crypto]") {
    std::string text;
    append_be16(text, 0x0102);
    append_be32(text, 0x03040506);
    append_be64(text, 0x0708090a0b0c0d0eULL);
    CHECK(hex(bytes_of(text)) == "0102030405060708090a0b0c0d0e");
    CHECK(read_be16(bytes_of(text)) == 0x0102);
    CHECK(read_be32(bytes_of(text).subspan(2)) == 0x03040506U);
    CHECK(read_be64(bytes_of(text).subspan(6)) == 0x0708090a0b0c0d0eULL);
}

TEST_CASE("hmac agrees with RFC 4231", "[crypto]") {
    CHECK(hmac_hex(std::string(20, '\x0b'), "Hi There") ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(hmac_hex("Jefe", "what do ya want for nothing?") ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(hmac_hex(std::string(20, '\xaa'), std::string(50, '\xdd')) ==
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    CHECK(hmac_hex(unhex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd')) ==
          "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    CHECK(hmac_hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    CHECK(hmac_hex(std::string(131, '\xaa'),
                   "This is a test using a larger than block-size key and a larger than block-size data. "
                   "The key needs to be hashed before being used by the HMAC algorithm.") ==
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST_CASE("a keyed hmac can be used again, in parts and copied", "[crypto]") {
    HmacSha256 keyed(bytes_of("Jefe"));
    const Digest whole = keyed.mac({"what do ya want for nothing?"});
    CHECK(keyed.mac({"what do ya ", "want for ", "", "nothing?"}) == whole);
    HmacSha256 second = keyed.copy();
    CHECK(second.mac({"what do ya want for nothing?"}) == whole);
    CHECK(second.mac({}) == keyed.mac({""}));
    CHECK(hex(hmac_sha256({}, {})) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("hkdf agrees with RFC 5869", "[crypto]") {
    const std::string ikm(22, '\x0b');
    CHECK(
        hex(hkdf_sha256(bytes_of(ikm), unhex("000102030405060708090a0b0c"), unhex("f0f1f2f3f4f5f6f7f8f9"), 42)
                .bytes()) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    CHECK(hex(hkdf_sha256(bytes_of(ikm), "", "", 42).bytes()) ==
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    std::string long_ikm;
    std::string salt;
    std::string info;
    for (int i = 0; i < 80; ++i) {
        long_ikm.push_back(static_cast<char>(i));
        salt.push_back(static_cast<char>(0x60 + i));
        info.push_back(static_cast<char>(0xb0 + i));
    }
    CHECK(hex(hkdf_sha256(bytes_of(long_ikm), salt, info, 82).bytes()) ==
          "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
          "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

TEST_CASE("aes-256-gcm agrees with NIST", "[crypto]") {
    const Secret zero{std::string(32, '\0')};
    CHECK(hex(bytes_of(aead_wrap_with_nonce(zero, {}, "", {})).subspan(12)) ==
          "530f8afbc74536b9a963b4f1c4cb738b");
    CHECK(hex(bytes_of(aead_wrap_with_nonce(zero, {}, "", bytes_of(std::string(16, '\0')))).subspan(12)) ==
          "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");

    const Secret key{unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")};
    AeadNonce nonce{};
    REQUIRE(from_hex("cafebabefacedbaddecaf888", nonce));
    const std::string plain = unhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16a"
        "ed"
        "f5aa0de657ba637b39");
    const std::string aad = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const std::string wrapped = aead_wrap_with_nonce(key, nonce, aad, bytes_of(plain));
    CHECK(hex(bytes_of(wrapped).subspan(12)) ==
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5"
          "f61e"
          "6393ba7a0abcc9f662"
          "76fc6ece0f4e1768cddf8853bb2d551b");
    const auto opened = aead_unwrap(key, aad, wrapped);
    REQUIRE(opened);
    CHECK(text_of(opened->bytes()) == plain);
}

TEST_CASE("a wrapped key opens only whole, under its key and its aad", "[crypto]") {
    const Secret key{std::string(32, 'k')};
    const auto wrapped = aead_wrap(key, "aad", bytes_of("account key"));
    const auto again = aead_wrap(key, "aad", bytes_of("account key"));
    REQUIRE((wrapped && again));
    CHECK(*wrapped != *again);
    CHECK(aead_unwrap(key, "aad", *wrapped));
    CHECK_FALSE(aead_unwrap(key, "aae", *wrapped));
    CHECK_FALSE(aead_unwrap(Secret{std::string(32, 'l')}, "aad", *wrapped));
    CHECK_FALSE(aead_unwrap(key, "aad", ""));
    CHECK_FALSE(aead_unwrap(key, "aad", std::string(5000, 'x')));
    for (std::size_t i = 0; i < wrapped->size(); ++i) {
        std::string damaged = *wrapped;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        CHECK_FALSE(aead_unwrap(key, "aad", damaged));
        CHECK_FALSE(aead_unwrap(key, "aad", wrapped->substr(0, i)));
    }
}

TEST_CASE("a secret moves, empties its source and is never copied", "[crypto]") {
    static_assert(!std::is_copy_constructible_v<Secret>);
    std::string text(40, 's');
    Secret secret = Secret::take(text);
    CHECK(text.empty());
    CHECK(secret.size() == 40);
    Secret moved = std::move(secret);
    CHECK(equal_in_constant_time(moved.bytes(), bytes_of(std::string(40, 's'))));
    CHECK_FALSE(equal_in_constant_time(moved.bytes(), bytes_of(std::string(39, 's'))));
    CHECK_FALSE(equal_in_constant_time(moved.bytes(), bytes_of(std::string(40, 't'))));
}

TEST_CASE("an account is named by its keyed hash", "[crypto]") {
    const Secret key{std::string_view("Jefe")};
    CHECK(account_hash(key, AccountId("what do ya want for nothing?")).text() ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("random bytes differ", "[crypto]") {
    Digest a{};
    Digest b{};
    REQUIRE(fill_random(a));
    REQUIRE(fill_random(b));
    CHECK(a != b);
}
