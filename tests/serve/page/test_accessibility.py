"""axe-core finds nothing serious, light and dark, wide and narrow, in every state that people meet."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.serve.page.browser import Watched, watched
from tests.serve.page.scripted import scripted

pytestmark = pytest.mark.slow

REPLY = """# Un títol

Un paràgraf amb `codi`, **força** i un [enllaç](https://avl.gva.es).

- u
- dos

> una cita

| forma | número |
|---|---|
| este | 1 |

```python
una_línia_molt_llarga = "que no cap en una pantalla menuda i que per tant es desplaça dins del seu bloc"
```
"""
SESSION = """
name: Prova de preferències
purpose: saber quina resposta agrada més
retention: un any
contact: equip@example.org
annotators: named
prompts: [Bon dia, "Què és el padró?"]
"""
VIEWS = {
    "light": {},
    "dark": {"dark": True},
    "phone": {"size": (360, 740)},
    "phone, dark, Spanish": {"size": (360, 740), "dark": True, "locale": "es-ES"},
    "200%": {"size": (640, 360), "locale": "en-GB"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with scripted(tmp_path_factory.mktemp("kept")) as one:
        one.script.replies = [[REPLY]]
        yield one


def assert_accessible(page: Watched) -> None:
    found = Axe().run(page.page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
    # Nothing wider than the window: what is wide scrolls by itself.
    assert page.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("view", ["light", "dark", "phone, dark, Spanish", "200%"])
def test_every_state_of_a_conversation(browser, server, view):
    with watched(browser, server.address, **VIEWS[view]) as page:
        page.page.locator("#welcome:visible").wait_for()
        assert_accessible(page)
        page.send("Bon dia")
        page.finished()
        page.page.check("#compare")
        page.send("I ara?")
        page.page.locator(".question").wait_for()
        assert_accessible(page)
        page.page.click("[data-choice='1']")
        page.page.locator(".side.chosen").wait_for()
        page.page.locator(".edit").first.click()
        assert_accessible(page)
        for name in ("settings", "export"):
            page.page.click(f"#{name}")
            assert_accessible(page)
            page.page.keyboard.press("Escape")
        page.assert_quiet()


@pytest.mark.parametrize("view", ["light", "phone, dark, Spanish"])
def test_errors_and_the_state_of_the_server(browser, server, view):
    with watched(browser, server.address, **VIEWS[view]) as page:
        page.page.locator("#composer:visible").wait_for()
        server.script.now = "dead"
        try:
            page.send("Bon dia")
            page.page.locator("#state:visible").wait_for()
            page.page.locator("#log .note.wrong").wait_for()
            assert_accessible(page)
        finally:
            server.script.now = "ready"


@pytest.mark.parametrize("view", ["dark", "phone"])
def test_a_session(browser, tmp_path, view):
    with scripted(tmp_path, session=SESSION) as server, watched(browser, server.address, **VIEWS[view]) as page:
        page.page.locator("#session-agree").wait_for()
        assert_accessible(page)
        page.page.fill("#session-who", "Anna")
        page.page.check("#session-agree")
        page.page.get_by_role("button", name="Comença").click()
        page.page.locator(".question").wait_for()
        assert_accessible(page)


def test_words_of_the_page_are_in_its_language_and_named(browser, server):
    """What a screen reader finds: landmarks, a heading for each turn, a name for each control."""
    with watched(browser, server.address) as page:
        page.page.locator("#composer:visible").wait_for()
        page.send("Bon dia")
        page.finished()
        for role in ("banner", "main", "contentinfo", "log"):
            assert page.page.get_by_role(role).count() == 1, role
        assert page.page.get_by_role("log").get_attribute("aria-label") == "Conversa"
        names = page.page.get_by_role("log").get_by_role("heading", level=2).all_inner_texts()
        assert names == ["Vós", "aitana"]
        assert page.page.get_by_role("heading", level=3).inner_text() == "Un títol"
        assert page.page.get_by_role("textbox", name="Missatge").count() == 1
        unnamed = page.page.evaluate(
            "[...document.querySelectorAll('[data-text]')].filter((node) => !node.textContent).map((node) => node.id)"
        )
        assert unnamed == []
