"""The page with the bundled model behind `acord serve`: a conversation in Valencian, as people have it."""

import json
import re
from pathlib import Path

import pytest

from acord.feedback.store import FeedbackStore
from tests.serve.http.servers import serving
from tests.serve.page.browser import watched

pytestmark = pytest.mark.slow

TRANSLATE = "Traduïx al valencià: La reunión es mañana."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def server(folder):
    with serving("--slots", "2", "--feedback", str(folder / "kept.jsonl")) as one:
        yield one


@pytest.fixture
def page(browser, server):
    with watched(browser, server.address) as one:
        yield one
        one.assert_quiet()


def test_a_conversation_in_valencian_outlives_a_reload(page, server):
    assert page.page.get_attribute("html", "lang") == "ca-valencia"
    assert page.page.title() == "Acord: conversa"
    assert page.page.inner_text("#ai").startswith("Parleu amb una intel·ligència artificial")
    assert "temperatura 0" in page.page.inner_text("#defaults")
    page.send("Bon dia")
    page.finished()
    page.send(TRANSLATE)
    page.finished()
    said = page.said()
    assert said[0::2] == ["Bon dia", TRANSLATE]
    assert all(said[1::2])
    assert page.announced().removeprefix("bundled: ") == said[3]
    page.page.reload()
    page.page.locator("#log .turn").nth(3).wait_for()
    assert page.said() == said
    # A stream that was read to its end is no client that went away.
    assert "499" not in server.log.read_text()


def test_the_policy_of_what_may_load_is_strict(page, server):
    policy = page.page.goto(server.address).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_retry_and_edit_ask_again_with_what_stands_before(page):
    page.send("Bon dia")
    page.finished()
    first = page.said()
    page.page.get_by_role("button", name="Torna-ho a provar").click()
    page.finished()
    assert page.said() == first  # greedily, the same words come again
    assert "Amb temperatura 0 ix sempre la mateixa resposta" in page.page.inner_text("#log .note")
    page.page.get_by_role("button", name="Edita").click()
    editor = page.page.get_by_label("El vostre missatge, per a canviar-lo")
    assert editor.input_value() == "Bon dia"
    editor.fill(TRANSLATE)
    editor.press("Enter")
    page.finished()
    assert page.said()[0] == TRANSLATE
    assert len(page.said()) == 2
    assert page.said()[1] != first[1]


def test_settings_reach_the_model_and_are_kept(page):
    page.page.click("#settings")
    page.page.fill("#set-system", "Contesta breument.")
    page.page.fill("#set-max_tokens", "2")
    page.page.fill("#set-top_p", "7")
    assert page.page.get_attribute("#set-top_p", "aria-invalid") == "true"
    page.page.get_by_role("button", name="Tanca").click()
    with page.page.expect_request("**/v1/chat/completions") as request:
        page.send("Bon dia")
    page.finished()
    asked = request.value.post_data_json
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert (asked["max_tokens"], "top_p" in asked, "temperature" in asked) == (2, False, False)
    assert "Tallada" in page.page.inner_text("#log .note")
    page.page.reload()
    page.page.click("#settings")
    assert page.page.input_value("#set-system") == "Contesta breument."
    page.page.get_by_role("button", name="Esborra-ho tot").click()
    page.page.locator("#welcome:visible").wait_for()
    assert page.page.evaluate("Object.keys(localStorage)") == []


def test_a_comparison_is_blind_until_the_choice_which_is_kept(page, folder):
    page.page.check("#compare")
    page.send("Escriu una frase sobre el temps.")
    question = page.page.get_by_role("group", name="Quina resposta és millor?")
    question.wait_for()
    assert "bundled" not in page.page.inner_text("#log")
    shown = page.page.locator(".side .said").all_inner_texts()
    page.send("I ara?")  # an answer is due first
    assert len(page.page.locator("#log .turn").all()) == 2
    page.page.reload()  # and can still be given after a reload
    question.get_by_role("button", name="La 2").click()
    page.page.locator(".side.chosen").wait_for()
    kept = FeedbackStore(folder / "kept.jsonl").read()[-1]
    assert kept.choice == "2"
    assert [" ".join(reply.split()) for reply in kept.replies] == [" ".join(reply.split()) for reply in shown]
    names = page.page.locator(".side h3").all_inner_texts()
    assert names == [f"Resposta 1: {kept.models[0]}", f"Resposta 2: {kept.models[1]} ✓ preferida"]
    assert kept.id in page.page.inner_text("#log")
    page.page.uncheck("#compare")
    with page.page.expect_request("**/v1/chat/completions") as request:
        page.send("Gràcies")
    page.finished()
    assert request.value.post_data_json["messages"][1] == {"role": "assistant", "content": kept.replies[1]}


def test_the_conversation_leaves_as_json_and_as_markdown(page):
    page.send("Bon dia")
    page.finished()
    page.page.click("#export")
    with page.page.expect_download() as download:
        page.page.click("#export-json")
    content = json.loads(Path(download.value.path()).read_text())
    assert [message["role"] for message in content["messages"]] == ["user", "assistant"]
    assert content["messages"][1]["content"] == page.said()[1]
    assert content["model"] == "bundled"
    with page.page.expect_download() as download:
        page.page.click("#export-markdown")
    assert Path(download.value.path()).read_text() == f"## Vós\n\nBon dia\n\n## bundled\n\n{page.said()[1]}\n"
    assert re.fullmatch(r"acord-[\dT-]+\.md", download.value.suggested_filename)


def test_a_new_conversation_can_be_undone(page):
    page.send("Bon dia")
    page.finished()
    said = page.said()
    page.page.click("#new")
    assert page.said() == []
    page.page.get_by_role("button", name="Recupera la conversa anterior").click()
    assert page.said() == said


def test_all_of_it_by_keyboard(page):
    """From the top of the page with nothing but Tab, Enter, Space, Escape and letters."""
    keyboard = page.page.keyboard

    def tab_to(selector: str) -> None:
        for _ in range(30):
            keyboard.press("Tab")
            if page.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                width = page.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
                assert width != "0px", selector
                return
        raise AssertionError(f"{selector} was not reached")

    page.page.evaluate("document.activeElement.blur()")
    tab_to(".skip")
    keyboard.press("Enter")
    page.page.wait_for_function("document.activeElement.id === 'message'")
    keyboard.type("Bon dia")
    keyboard.press("Shift+Enter")
    keyboard.type("a tots")
    keyboard.press("Enter")
    page.finished()
    assert page.said()[0] == "Bon dia\na tots"
    tab_to("#compare")
    keyboard.press("Space")
    tab_to("#language")
    tab_to(".edit")
    keyboard.press("Enter")
    keyboard.press("Escape")
    assert page.page.evaluate("document.activeElement.className") == "edit"
    tab_to("#message")
    keyboard.type("Escriu una frase")
    keyboard.press("Enter")
    page.page.locator(".question").wait_for()
    tab_to("[data-choice=tie]")
    keyboard.press("Enter")
    page.page.locator(".side h3", has_text="bundled (2)").wait_for()
    assert page.page.evaluate("document.activeElement.id") == "message"


@pytest.mark.parametrize(
    ("locale", "tag", "lang"), [("es-ES", "es", "es"), ("fr-FR", "en", "en"), ("ca-AD", "va", "ca-valencia")]
)
def test_the_browser_chooses_the_language_and_the_reader_another(browser, server, locale, tag, lang):
    with watched(browser, server.address, locale=locale) as page:
        assert (page.page.input_value("#language"), page.page.get_attribute("html", "lang")) == (tag, lang)
        assert page.page.inner_text("#send") == {"es": "Enviar", "en": "Send", "va": "Envia"}[tag]
        page.page.select_option("#language", "va")
        envia = page.page.get_by_role("button", name="Envia", exact=True)
        envia.wait_for()
        page.page.reload()
        envia.wait_for()
        assert page.page.get_attribute("html", "lang") == "ca-valencia"
        page.assert_quiet()


def test_a_browser_that_keeps_nothing_still_converses(browser, server):
    blocked = """
    for (const kind of ["localStorage", "sessionStorage"])
      Object.defineProperty(window, kind, { get() { throw new DOMException("no", "SecurityError"); } });
    """
    with watched(browser, server.address, setup=blocked) as page:
        page.send("Bon dia")
        page.finished()
        assert len(page.said()) == 2
        page.page.click("#settings")
        assert page.page.inner_text("#kept").startswith("Este navegador no deixa guardar res")
        page.assert_quiet()
