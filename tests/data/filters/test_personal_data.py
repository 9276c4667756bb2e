import json
from dataclasses import asdict, replace

from acord.data.filters import Fault
from acord.data.filters.personal_data import REASON
from acord.data.pairs import pair_id
from tests.data.filters.samples import only, pair

ONE = pair("Sóc ana@correu.cat", "Escric a ana@correu.cat i al 637 49 28 16", "No en sé res")
HELD = "prompt 1 email; chosen 1 email, 1 telephone"


def test_flagging_counts_by_field_and_kind_and_changes_no_text() -> None:
    flagged = only(personal_data="flag").apply(ONE)
    assert not isinstance(flagged, Fault)
    assert flagged == replace(ONE, lineage=flagged.lineage)
    assert [(step.step, step.detail) for step in flagged.lineage[1:]] == [("personal_data", f"flagged: {HELD}")]
    assert "correu" not in json.dumps([asdict(step) for step in flagged.lineage])


def test_masking_changes_every_text_and_the_id_but_not_the_conversation() -> None:
    masked = only(personal_data="mask").apply(ONE)
    assert not isinstance(masked, Fault)
    assert masked.prompt == [{"role": "user", "content": "Sóc [EMAIL]"}]
    assert (masked.chosen, masked.rejected) == ("Escric a [EMAIL] i al [PHONE]", "No en sé res")
    assert masked.id == pair_id(masked.prompt, masked.chosen, masked.rejected) != ONE.id
    assert (masked.group, masked.prompt_id, masked.chosen_id) == (ONE.group, ONE.prompt_id, ONE.chosen_id)
    assert masked.lineage[-1].detail == f"masked: {HELD}"
    assert ONE.prompt == [{"role": "user", "content": "Sóc ana@correu.cat"}]


def test_dropping_tells_the_counts_and_not_the_data() -> None:
    assert only(personal_data="drop").apply(ONE) == Fault(REASON, HELD)
    assert only(personal_data="keep").apply(ONE) is ONE


def test_a_pair_without_any_is_the_same_object() -> None:
    for action in ("flag", "mask", "drop"):
        clean = pair()
        assert only(personal_data=action).apply(clean) is clean


def test_replies_that_differ_in_masked_data_only_are_no_pair() -> None:
    one = pair(chosen="637 49 28 16", rejected="637 49 28 17")
    assert only(personal_data="mask").apply(one) == Fault("replies differ in form only", "after masking")
    cased = pair(chosen="Al 637 49 28 16.", rejected="al 637 49 28 17")
    assert isinstance(only(personal_data="mask", equal=True).apply(cased), Fault)
    assert not isinstance(only(personal_data="mask").apply(cased), Fault)
