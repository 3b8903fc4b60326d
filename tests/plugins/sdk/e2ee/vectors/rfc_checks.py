"""The RFCs' own values, and the published suites in ../shared/vectors when they are there. Run before anything is made."""
import base64
import json
import pathlib

import channel
import merkle
import primitives as p

hx = bytes.fromhex


def same(what, got, want):
    if got != want:
        raise SystemExit(f"self-check failed: {what}")


def check_curves():
    same("RFC 7748 5.2, first", p.x25519(
        hx("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
        hx("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")).hex(),
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    same("RFC 7748 5.2, second (bit 255 set)", p.x25519(
        hx("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
        hx("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")).hex(),
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")
    k = u = (9).to_bytes(32, "little")
    for _ in range(1000):
        k, u = p.x25519(k, u), k
    same("RFC 7748 5.2, 1 000 rounds", k.hex(), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")
    for seed, public, message, signature in (
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ):
        same("RFC 8032 7.1, public key", p.ed25519_public(hx(seed)).hex(), public)
        same("RFC 8032 7.1, signature", p.ed25519_sign(hx(seed), hx(message)).hex(), signature)
        same("RFC 8032 7.1, verify", p.ed25519_verify(hx(public), hx(message), hx(signature)), True)
        same("verify refuses", p.ed25519_verify(hx(public), hx(message) + b"x", hx(signature)), False)


def check_aead():
    same("RFC 8439 2.3.2", p.chacha20_block(bytes(range(32)), 1, hx("000000090000004a00000000")).hex(),
         "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e")
    same("RFC 8439 2.5.2", p.poly1305(
        hx("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"), b"Cryptographic Forum Research Group").hex(),
        "a8061dc1305136c6c22b8baf0c0127a9")
    plain = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
             b"sunscreen would be it.")
    key, nonce, ad = bytes(range(0x80, 0xa0)), hx("070000004041424344454647"), hx("50515253c0c1c2c3c4c5c6c7")
    sealed = p.seal_aead(key, nonce, plain, ad)
    same("RFC 8439 2.8.2", sealed.hex(),
         "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
         "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
         "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691")
    same("RFC 8439 2.8.2, open", p.open_aead(key, nonce, sealed, ad), plain)
    same("open refuses", p.open_aead(key, nonce, sealed[:-1] + b"\x00", ad), None)
    same("draft-irtf-cfrg-xchacha-03 2.2.1", p.hchacha20(bytes(range(32)), hx("000000090000004a0000000031415927")).hex(),
         "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc")
    same("draft-irtf-cfrg-xchacha-03 A.3.1", p.seal_xaead(key, bytes(range(0x40, 0x58)), plain, ad).hex(),
         "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
         "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
         "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49")


def check_hkdf():
    same("RFC 5869 A.1", p.hkdf_expand(p.hkdf_extract(bytes(range(13)), b"\x0b" * 22), bytes(range(0xf0, 0xfa)), 42).hex(),
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    same("RFC 5869 A.2", p.hkdf_expand(p.hkdf_extract(bytes(range(0x60, 0xb0)), bytes(range(0x50))),
                                       bytes(range(0xb0, 0x100)), 82).hex(),
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
         "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87")
    same("RFC 5869 A.3", p.hkdf(b"\x0b" * 22, b"", 42).hex(),
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")


def check_hpke():
    """RFC 9180 A.2.1 (base mode); the first encryption has an `aad`, so the schedule is used by hand."""
    sk_e, pk_e = p.derive_key_pair(hx("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b"))
    sk_r, pk_r = p.derive_key_pair(hx("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"))
    same("RFC 9180 A.2.1, skEm", sk_e.hex(), "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600")
    same("RFC 9180 A.2.1, pkEm", pk_e.hex(), "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
    same("RFC 9180 A.2.1, pkRm", pk_r.hex(), "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
    shared = p.kem_secret(p.dh(sk_e, pk_r), pk_e, pk_r)
    same("RFC 9180 A.2.1, shared secret", shared.hex(), "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7")
    key, nonce = p.key_schedule(shared, hx("4f6465206f6e2061204772656369616e2055726e"))
    same("RFC 9180 A.2.1, key", key.hex(), "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91")
    same("RFC 9180 A.2.1, nonce", nonce.hex(), "5c4d98150661b848853b547f")
    same("RFC 9180 A.2.1, seq 0", p.seal_aead(key, nonce, hx("4265617574792069732074727574682c20747275746820626561757479"),
                                               b"Count-0").hex(),
         "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28")
    enc, ct = p.hpke_seal(sk_e, pk_r, b"info", b"plain")
    same("HPKE round trip", p.hpke_open(sk_r, enc, b"info", ct), b"plain")


def check_merkle():
    """Roots of the certificate-transparency project's eight test leaves, and the example of C2SP signed-note."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [merkle.leaf_hash(hx(x)) for x in inputs]
    same("RFC 6962 empty tree", merkle.root([]).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    for size, want in ((1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
                       (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
                       (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
                       (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")):
        same(f"CT root of {size}", merkle.root(leaves[:size]).hex(), want)
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    blob = base64.b64decode("x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=")
    same("C2SP note key id", merkle.key_id("PeterNeumann", public), blob[:4])
    same("C2SP note signature", p.ed25519_verify(public, text.encode(), blob[4:]), True)


def check_noise_suite(path):
    for case in json.loads(path.read_text())["vectors"]:
        if "_IK_" not in case["protocol_name"]:
            continue
        payloads = [hx(m["payload"]) for m in case["messages"]]
        made = channel.handshake(hx(case["init_prologue"]), hx(case["init_static"]), hx(case["init_ephemeral"]),
                                 hx(case["resp_static"]), hx(case["resp_ephemeral"]), payloads[:2])
        ciphers = [channel.Cipher(made["to_responder"]), channel.Cipher(made["to_initiator"])]
        messages = made["messages"] + [ciphers[i % 2].seal(x) for i, x in enumerate(payloads[2:])]
        same(path.name, [m.hex() for m in messages], [m["ciphertext"] for m in case["messages"]])
        if "handshake_hash" in case:
            same(path.name + " hash", made["hash"].hex(), case["handshake_hash"])


def check_rekey():
    """First rekey vector of e2ee 7.6."""
    same("rekey", channel.rekeyed(hx("08747499ec590f2ed8e168d12514006b66f50a670323d86cbb1f53ffe6b7b51a")).hex(),
         "de7de712a3ba779b4421bc8122facfd2603d82272c1188f6dab68083d6e227b6")


def check_shared(shared):
    """True if the published suites were there."""
    folder = pathlib.Path(shared) / "vectors"
    if not folder.is_dir():
        return False
    for suite in sorted((folder / "noise").glob("*.json")):
        check_noise_suite(suite)
    for case in json.loads((folder / "hpke/rfc9180-x25519-sha256-chacha20poly1305-base.json").read_text()):
        shared_secret = p.kem_secret(p.dh(hx(case["skEm"]), hx(case["pkRm"])), hx(case["enc"]), hx(case["pkRm"]))
        key, base = p.key_schedule(shared_secret, hx(case["info"]))
        same("HPKE key", (key.hex(), base.hex()), (case["key"], case["base_nonce"]))
        for line in case["encryptions"]:
            same("HPKE seal", p.seal_aead(key, hx(line["nonce"]), hx(line["pt"]), hx(line["aad"])).hex(), line["ct"])
    return True


def check_all(shared):
    check_curves()
    check_aead()
    check_hkdf()
    check_hpke()
    check_merkle()
    check_rekey()
    return check_shared(shared)
