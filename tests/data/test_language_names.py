"""Names and codes of languages."""

import pytest

from acord.data.language_names import NAMES, is_wanted, tag_of_code, tag_of_name


@pytest.mark.parametrize(
    ("name", "tag"),
    [("english", "en"), (" Spanish ", "es"), ("catalan", "ca"), ("valencian", "va"), ("python", None), ("", None)],
)
def test_names_become_tags(name: str, tag: str | None) -> None:
    assert tag_of_name(name) == tag


def test_no_two_names_share_a_tag() -> None:
    assert len(set(NAMES.values())) == len(NAMES)


@pytest.mark.parametrize(
    ("code", "tag"),
    [("en", "en"), ("pt-BR", "pt-BR"), ("ca-valencia", "va"), ("ca_VALENCIA", "va"), ("va", "va"), (" ", "und")],
)
def test_codes_stay_as_given_but_for_valencian(code: str, tag: str) -> None:
    assert tag_of_code(code) == tag


def test_wanted_languages_are_compared_as_tags() -> None:
    assert is_wanted("ca", None)
    assert is_wanted("va", ["ca-valencia"])
    assert not is_wanted("ca", ["va"])
    assert not is_wanted("va", ["ca"])
