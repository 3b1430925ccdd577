"""Servers say in headers that a picture is not for datasets."""

from email.message import Message

import pytest

from synthset.pools.opt_out import find_opt_out


def headers(*values, name="X-Robots-Tag"):
    found = Message()
    for value in values:
        found[name] = value
    return found


@pytest.mark.parametrize(
    ("values", "directive"),
    [
        (["noai"], "noai"),
        (["nofollow, NoImageAI"], "noimageai"),
        (["nofollow", "noindex"], "noindex"),
        (["none"], "none"),
        (["img2dataset: noai"], "noai"),
        (["synthset: nofollow, noindex"], "noindex"),
        (["unavailable_after: 25 Jun 2030 15:00:00 PST, noai"], "noai"),
    ],
)
def test_an_opt_out_is_heard(values, directive):
    assert find_opt_out(headers(*values)) == directive


@pytest.mark.parametrize(
    "values", [[], ["all"], ["nofollow, noarchive"], ["googlebot: noindex"], ["max-snippet:-1"]]
)
def test_what_is_no_opt_out_or_meant_for_others_is_not(values):
    assert find_opt_out(headers(*values)) is None


def test_a_reservation_of_text_and_data_mining_is_heard():
    assert find_opt_out(headers("1", name="TDM-Reservation")) == "tdm-reservation"
    assert find_opt_out(headers("0", name="TDM-Reservation")) is None
