import pytest

from synthset.pools.licenses import is_taken, parse_license


@pytest.mark.parametrize(
    "spelt",
    [
        "CC BY-SA 4.0", "cc-by-sa-4.0", "CC_BY_SA 4", "CCBY-SA 4.0", "CC BY-SA 4.0 US",
        "Creative Commons Attribution-ShareAlike 4.0 International",
        "Attribution-Share Alike 4.0 Generic License (CC BY-SA 4.0)",
        "http://creativecommons.org/licenses/by-sa/4.0/",
        "//creativecommons.org/licenses/by-sa/4.0/deed.de",
    ],
)  # fmt: skip
def test_a_licence_is_known_in_any_spelling(spelt):
    assert is_taken(spelt, {"cc-by-sa-4.0"})
    assert is_taken(spelt, {"CC BY-SA"})
    assert not is_taken(spelt, {"CC BY-SA 3.0", "CC BY", "CC BY-NC-SA 4.0", "CC0"})


def test_what_is_in_the_public_domain_has_its_own_names():
    zero = ("CC0", "cc0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/", "CC Zero",
            "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication")  # fmt: skip
    assert all(is_taken(spelt, {"CC0"}) for spelt in zero)
    assert not is_taken("Public Domain Mark 1.0", {"CC0"})
    assert is_taken("https://creativecommons.org/publicdomain/mark/1.0/", {"Public Domain Mark"})


def test_a_version_that_is_asked_for_is_not_guessed():
    assert not is_taken("CC BY", {"CC BY 2.0"})


def test_other_licences_are_compared_word_by_word():
    assert is_taken("The MIT License", {"mit"})
    assert is_taken("Apache License 2.0", {"Apache-2.0"})
    assert not is_taken("not CC BY", {"CC BY"})
    assert not is_taken(None, {"CC0"})
    assert is_taken(None, None)
    assert parse_license("?") != parse_license("")
