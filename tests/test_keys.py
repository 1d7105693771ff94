import copy
import json
import pickle
import shutil
import subprocess

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm
from keyring_backends import key

from ltix_data import keys
from ltix_data.errors import InvalidKeyError, KeyStorageError, LtixError, LtixWarning, UsageError
from ltix_data.keys import SigningKey


def pem(private, form=PrivateFormat.PKCS8, encryption=None):
    return private.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def private_jwk(signing_key):
    return RSAAlgorithm.to_jwk(signing_key.private, as_dict=True)


FORMS = {
    "PKCS#8": lambda k: k.private_pem(),
    "PKCS#8 bytes": lambda k: k.private_pem().encode(),
    "PKCS#1": lambda k: pem(k.private, PrivateFormat.TraditionalOpenSSL),
    "Windows line ends and a BOM": lambda k: "\ufeff" + k.private_pem().replace("\n", "\r\n"),
    "line ends written out": lambda k: k.private_pem().replace("\n", "\\n"),
    "line ends lost": lambda k: k.private_pem().replace("\n", " "),
    "behind its public half": lambda k: k.public_pem + k.private_pem(),
    "JWK": private_jwk,
    "JWK text": lambda k: json.dumps(private_jwk(k), indent=1),
    "JWK of n, e and d": lambda k: {name: private_jwk(k)[name] for name in ("kty", "n", "e", "d")},
    "compact": lambda k: k.compact(),
    "key set of one": lambda k: {"keys": [key(1).public_jwk, private_jwk(k)]},
    "key set text": lambda k: json.dumps({"keys": [private_jwk(k)]}),
    "key object": lambda k: k.private,
    "SigningKey": lambda k: k,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_key_gives_the_same_key(form):
    loaded = SigningKey.load(FORMS[form](key()))

    assert loaded == key()


@pytest.mark.parametrize("form", ["PKCS#8", "JWK text", "compact"])
def test_a_file_may_hold_any_of_the_forms(form, tmp_path):
    path = tmp_path / "tool key.pem"
    path.write_text(FORMS[form](key()))
    path.chmod(0o600)

    assert (SigningKey.load(path), SigningKey.load(str(path))) == (key(), key())


def test_a_key_file_others_can_read_is_warned_about(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(key().private_pem())
    path.chmod(0o644)

    with pytest.warns(LtixWarning, match=r"key\.pem is readable by others"):
        SigningKey.load(path)


ENCRYPTED = {
    "PKCS#8": lambda k: pem(k.private, encryption=BestAvailableEncryption(b"correct horse")),
    "PKCS#1": lambda k: pem(k.private, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"correct horse")),
    "ours": lambda k: k.encrypted_pem("correct horse"),
    "line ends written out": lambda k: k.encrypted_pem("correct horse").replace("\n", "\\n"),
    "PKCS#1, Windows line ends": lambda k: ENCRYPTED["PKCS#1"](k).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("form", ENCRYPTED)
def test_an_encrypted_key_is_opened_by_its_passphrase_alone(form, tmp_path):
    path = tmp_path / "key.pem"
    path.write_bytes(ENCRYPTED[form](key()).encode())
    path.chmod(0o600)

    assert SigningKey.load(path, passphrase="correct horse") == key()
    with pytest.raises(InvalidKeyError, match=r"passphrase does not open") as caught:
        SigningKey.load(path, passphrase="wrong horse")
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)
    with pytest.raises(InvalidKeyError, match=r"encrypted with a passphrase.*passphrase=") as caught:
        SigningKey.load(path)


def test_a_passphrase_that_is_not_needed_does_no_harm():
    assert SigningKey.load(key().private_pem(), passphrase="correct horse") == key()


def test_an_encrypted_key_is_opened_by_openssl_too(tmp_path):
    """It is the standard form, not one of our own."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path / "key.pem"
    path.write_text(key().encrypted_pem("correct horse"))
    command = ["openssl", "pkcs8", "-in", str(path), "-passin", "pass:correct horse"]
    opened = subprocess.run(command, capture_output=True, text=True, check=True)

    assert SigningKey.load(opened.stdout) == key()


TRAVELS = {
    "as it is": lambda text: text,
    "Windows": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    "an environment variable": lambda text: text.replace("\n", "\\n"),
    "a mail": lambda text: "\n\n" + "\n".join(f"  {line}" for line in text.splitlines()),
}


@settings(max_examples=10, deadline=None)  # each parses a key or two
@given(
    bits=st.sampled_from([2048, 4096]),
    first=st.sampled_from(["PKCS#8", "PKCS#1", "JWK text", "compact", "JWK of n, e and d", "key set text"]),
    second=st.sampled_from(["PKCS#8", "PKCS#1", "JWK text", "compact"]),
    way=st.sampled_from(sorted(TRAVELS)),
)
def test_a_key_stays_itself_from_form_to_form_and_on_every_way(bits, first, second, way):
    once = SigningKey.load(FORMS[first](key(bits=bits)))
    text = FORMS[second](once)
    again = SigningKey.load(TRAVELS[way](text) if text.startswith("---") else text)

    assert again == key(bits=bits)
    assert jwt.encode({}, again.private, "RS256") == jwt.encode({}, key(bits=bits).private, "RS256")


@pytest.mark.parametrize(("bits", "limit"), [(2048, 420), (3072, 600), (4096, 762)])
def test_the_compact_form_fits_a_windows_credential(bits, limit):
    compact = key(bits=bits).compact()

    assert len(compact) <= limit
    assert SigningKey.load(compact) == key(bits=bits)


@settings(max_examples=25, deadline=None)  # each parses a key
@given(kid=st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=255))
def test_the_compact_form_keeps_any_key_id(kid):
    named = SigningKey.load(key(), kid=kid)

    assert SigningKey.load(named.compact()) == named


def test_the_compact_form_keeps_an_unusual_exponent():
    unusual = SigningKey.load(rsa.generate_private_key(public_exponent=3, key_size=2048))

    assert SigningKey.load(unusual.compact()).public_jwk == unusual.public_jwk


def test_what_a_rebuilt_key_signs_is_verified_by_the_published_one():
    rebuilt = SigningKey.load(key().compact())
    token = jwt.encode({"iss": "tool"}, rebuilt.private, algorithm="RS256")

    assert jwt.decode(token, jwt.PyJWK(key().public_jwk).key, algorithms=["RS256"]) == {"iss": "tool"}
    assert jwt.decode(token, key().public_pem, algorithms=["RS256"]) == {"iss": "tool"}


def test_a_key_is_published_with_what_platforms_ask_for_and_nothing_private():
    jwk = key().public_jwk

    assert sorted(jwk) == ["alg", "e", "kid", "kty", "n", "use"]
    assert (jwk["kty"], jwk["alg"], jwk["use"], jwk["kid"]) == ("RSA", "RS256", "sig", key().thumbprint)


def test_the_thumbprint_is_the_one_of_the_rfc():
    # RFC 7638 §3.1
    example = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
        "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
        "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
        "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }

    assert keys.thumbprint(example) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


EC_KEY = ec.generate_private_key(ec.SECP256R1())
WRONG = {
    "public PEM": (lambda: key().public_pem, "public key"),
    "public JWK": (lambda: key().public_jwk, "public key"),
    "public key object": (lambda: key().private.public_key(), "public key"),
    "key set": (lambda: keys.jwks([key().public_jwk]), "holds no private key"),
    "key set of two": (lambda: {"keys": [private_jwk(key()), private_jwk(key(1))]}, "holds 2 private keys"),
    "no key set": (lambda: {"keys": "none"}, "holds no private key"),
    "EC, PKCS#8": (lambda: pem(EC_KEY), "not an RSA private key but a EC"),
    "EC, own PEM": (lambda: pem(EC_KEY, PrivateFormat.TraditionalOpenSSL), "elliptic-curve"),
    "EC, JWK": (lambda: {"kty": "EC", "d": "AQAB"}, "its kind is EC"),
    "Ed25519": (lambda: pem(ed25519.Ed25519PrivateKey.generate()), "not an RSA private key but a Ed25519"),
    "OpenSSH": (lambda: pem(key().private, PrivateFormat.OpenSSH), "OpenSSH"),
    "encrypted": (
        lambda: pem(key().private, encryption=BestAvailableEncryption(b"pass")),
        "encrypted with a passphrase",
    ),
    "encrypted, old": (
        lambda: pem(key().private, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"pass")),
        "encrypted with a passphrase",
    ),
    "1024 bits": (lambda: pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), "1024 bits"),
    "4104 bits": (lambda: rsa.generate_private_key(public_exponent=65537, key_size=4104), "4104 bits, which is too la"),
    "cut short": (lambda: key().private_pem()[:800], "no key"),
    "damaged": (lambda: key().private_pem().replace(key().private_pem()[300:340], "A" * 40), "broken"),
    "foreign prime": (lambda: {**private_jwk(key()), "p": private_jwk(key(1))["p"]}, "broken"),
    "foreign modulus": (lambda: {**private_jwk(key()), "n": private_jwk(key(1))["n"]}, "broken"),
    "foreign exponent": (lambda: {**private_jwk(key()), "d": private_jwk(key(1))["d"]}, "broken"),
    "not base64": (lambda: {**private_jwk(key()), "q": "***"}, "“q” is not base64url"),
    "broken JSON": (lambda: key().compact()[:-1], "broken"),
    "three primes": (lambda: {**private_jwk(key()), "oth": []}, "more than two primes"),
    "DER": (lambda: key().private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), "no key"),
    "certificate": (lambda: "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----", "certificate"),
    "a number": (lambda: 42, "not an RSA private key but a int"),
    "blank key id": (lambda: SigningKey(" ", key().private), "key id"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_usable_key_is_refused_saying_what_it_is(case):
    make, says = WRONG[case]

    with pytest.raises(InvalidKeyError, match=says) as caught:
        SigningKey.load(make())
    assert caught.value.__context__ is None


def test_a_key_pasted_without_its_frame_is_not_shown_as_a_path():
    secret = "".join(key().private_pem().splitlines()[1:-1])

    with pytest.raises(KeyStorageError, match="neither key text nor a file") as caught:
        SigningKey.load(secret)
    assert secret[:20] not in f"{caught.value}{caught.value.__context__!r}"


def test_text_is_not_taken_for_a_path_when_parsed(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(key().private_pem())

    with pytest.raises(InvalidKeyError, match="holds no key"):
        SigningKey.parse(str(path))


@pytest.mark.parametrize("bits", [1024, 4097])
def test_keys_are_made_in_sizes_that_platforms_take(bits):
    with pytest.raises(UsageError, match="2048 to 4096"):
        SigningKey.generate(bits=bits)


def test_a_key_shows_its_id_and_size_only():
    assert repr(SigningKey.load(key(), kid="tool-1")) == "SigningKey(kid='tool-1', bits=2048)"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_cannot_be_pickled(protocol):
    with pytest.raises(LtixError, match="cannot be pickled"):
        pickle.dumps(key(), protocol)


def test_a_copy_of_a_key_is_the_key():
    assert copy.deepcopy([key()])[0] is key()


def test_keys_of_one_id_are_not_equal_when_they_differ():
    assert SigningKey.load(key(0), kid="a") != SigningKey.load(key(1), kid="a")


def test_a_key_set_lists_public_keys_in_order():
    assert keys.jwks([key(1).public_jwk, key().public_jwk]) == {"keys": [key(1).public_jwk, key().public_jwk]}


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi"])
def test_a_key_set_never_publishes_a_private_half(member):
    leaking = {**key().public_jwk, member: private_jwk(key())[member]}

    with pytest.raises(InvalidKeyError, match="private half"):
        keys.jwks([leaking])


def test_a_key_set_of_something_else_is_refused():
    with pytest.raises(InvalidKeyError, match="not an RSA key"):
        keys.jwks([{"kty": "EC"}])


def test_the_public_pem_is_the_one_cryptography_writes():
    expected = key().private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    assert (key().public_pem, keys.pem(key().public_jwk)) == (expected, expected)


# --- Keys whose parts do not belong together ------------------------------------------------------

PARTS = ("p", "q", "d", "dmp1", "dmq1", "iqmp", "e", "n")


def spoilt(signing_key: SigningKey, part: str, by: int) -> rsa.RSAPrivateKey:
    """Return the key with one of its numbers changed, as a damaged file would have it."""
    numbers = signing_key.private.private_numbers()
    parts = {name: getattr(numbers, name) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    public = {"e": numbers.public_numbers.e, "n": numbers.public_numbers.n}
    (parts if part in parts else public)[part] += by
    made = rsa.RSAPrivateNumbers(**parts, public_numbers=rsa.RSAPublicNumbers(**public))
    return made.private_key(unsafe_skip_rsa_key_validation=True)


@pytest.mark.parametrize("by", [1, 2, 2**64])
@pytest.mark.parametrize("part", PARTS)
def test_a_key_of_which_one_number_is_wrong_is_refused(signing_key, part, by):
    """It would sign what no platform takes, or give its own secret away."""
    try:
        text = pem(spoilt(signing_key, part, by))
    except ValueError:  # nobody can even write it down
        return

    with pytest.raises(InvalidKeyError, match="its parts do not make an RSA private key"):
        SigningKey.parse(text)


def test_a_key_of_numbers_that_are_not_prime_is_refused():
    """They fit together in all that can be computed from them, and what they sign is wrong."""
    p, q, e = 3**640 * 7**10 + 2, 5**441 * 11**7 + 4, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    made = rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(e, p * q))

    with pytest.raises(InvalidKeyError, match="its parts do not make an RSA private key"):
        SigningKey.parse(pem(made.private_key(unsafe_skip_rsa_key_validation=True)))
