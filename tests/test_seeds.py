"""Ids and seeds are the same on every machine."""

from synthset.record import make_record_id
from synthset.seeds import derive_record_seed, digest, fingerprint


def test_the_order_of_keys_does_not_change_a_digest():
    assert digest({"a": 1, "b": [2, "ü"]}) == digest({"b": [2, "ü"], "a": 1})


def test_known_values_stay_what_they_are():
    assert derive_record_seed(0, "cat", 0) == 9108259423321779823
    assert fingerprint([1, "x"]) == "af642b72bb20"
    assert make_record_id("txt2img", "cat", {"seed": 1}) == "2212cd9240171a8783fb08cf4808a12e"


def test_every_place_has_its_own_seed():
    seeds = {
        derive_record_seed(s, c, i) for s in (0, 1) for c in ("cat", "dog") for i in range(500)
    }
    assert len(seeds) == 2000
    assert all(0 <= seed < 2**63 for seed in seeds)
