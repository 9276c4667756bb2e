"""A preference session in the page: nothing is asked before the notice, and every answer is kept."""

import pytest

from tests.serve.page.browser import watched
from tests.serve.page.scripted import scripted

pytestmark = pytest.mark.slow

SESSION = """
name: Prova
purpose: saber quina resposta agrada més
retention: un any
contact: equip@example.org
annotators: {annotators}
prompts: [Bon dia, "Què és el padró?"]
"""


def test_from_the_notice_to_the_thanks(browser, tmp_path):
    session = SESSION.format(annotators="named")
    with scripted(tmp_path, session=session) as server, watched(browser, server.address) as page:
        page.page.locator("#session-agree").wait_for()
        notice = page.page.locator("#session").inner_text()
        for told in ("saber quina resposta agrada més", "un any", "equip@example.org", "Participar-hi és voluntari"):
            assert told in notice
        begin = page.page.get_by_role("button", name="Comença")
        page.page.fill("#session-who", "Anna")
        begin.click()  # without agreement nothing begins
        assert server.script.asked == []
        page.page.check("#session-agree")
        begin.click()
        page.page.locator(".question").wait_for()
        assert "0 de 2" in page.page.inner_text("#session-done")
        assert "equip@example.org" in page.page.inner_text(".withdraw")
        assert "Anna" in page.page.inner_text(".withdraw")
        assert page.page.locator("#composer").is_hidden()
        page.page.click("[data-choice='1']")
        page.page.locator("#session-done", has_text="1 de 2").wait_for()
        page.page.reload()
        page.page.locator(".question").wait_for()
        assert "1 de 2" in page.page.inner_text("#session-done")
        page.page.select_option("#language", "es")
        page.page.get_by_role("button", name="Empate").click()
        page.page.locator(".thanks", has_text="Era la última. Gracias.").wait_for()
        assert "aitana" not in page.page.inner_text("#session")  # who was who is not told in between
        assert server.store is not None
        kept = server.store.read()
        assert [(one.annotator, one.session, one.choice) for one in kept] == [
            ("Anna", "Prova", "1"),
            ("Anna", "Prova", "tie"),
        ]
        assert {one.prompt[-1]["content"] for one in kept} == {"Bon dia", "Què és el padró?"}
        page.assert_quiet()


def test_a_pseudonymous_session_asks_for_no_name(browser, tmp_path):
    session = SESSION.format(annotators="pseudonymous")
    with scripted(tmp_path, session=session) as server, watched(browser, server.address) as page:
        page.page.check("#session-agree")
        assert page.page.locator("#session-who").count() == 0
        page.page.get_by_role("button", name="Comença").click()
        page.page.locator(".question").wait_for()
        page.page.click("[data-choice='2']")
        page.page.locator("#session-done", has_text="1 de 2").wait_for()
        assert server.store is not None
        (kept,) = server.store.read()
        assert kept.annotator is not None
        assert kept.annotator in page.page.inner_text(".withdraw")
