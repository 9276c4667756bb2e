"""What no model should say, what a server can do wrong: the page stays whole, and says what to do."""

import pytest

from acord.serve.protocol import TooManyWaiting
from tests.serve.page.browser import watched
from tests.serve.page.scripted import Script, scripted

pytestmark = pytest.mark.slow

HOSTILE = """Abans <img src=x onerror="window.broken=1"> <script>window.broken=2</script>

[prem ací](javascript:window.broken=3) [o ací](data:text/html,<script>alert(4)</script>) [enllaç](https://example.org/a)

![foto](https://example.com/foto.png)

<iframe src="https://example.com"></iframe><style>*{display:none}</style>

```html
<img src=x onerror="window.broken=5">
```

| a | <b onclick="window.broken=6">b</b> |
|---|---|
| <svg onload="window.broken=7"> | [x](javascript:alert(8)) |
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with scripted(tmp_path_factory.mktemp("kept")) as one:
        yield one


@pytest.fixture
def script(server):
    fresh = Script()
    server.script.__dict__.update(fresh.__dict__)
    return server.script


@pytest.fixture
def page(browser, server, script):  # noqa: ARG001  the script is fresh before the page asks
    with watched(browser, server.address) as one:
        yield one


def test_hostile_markdown_is_text(page, script):
    script.replies = [[HOSTILE[at : at + 7] for at in range(0, len(HOSTILE), 7)]]
    page.page.check("#compare")
    page.send('Jo mateix: <img src=x onerror="window.broken=9">')
    page.page.locator(".question").wait_for()
    page.page.click("[data-choice=none]")
    page.page.uncheck("#compare")
    page.send("I una sola")
    page.finished()
    page.page.reload()
    page.page.locator("#log .turn").nth(3).wait_for()
    assert page.page.evaluate("window.broken") is None
    reply = page.page.locator("#log .turn").nth(3).locator(".said")
    for text in (
        '<img src=x onerror="window.broken=1">',
        "<script>window.broken=2</script>",
        "[prem ací](javascript:window.broken=3)",
        "[o ací](data:text/html,<script>alert(4)</script>)",
        '<iframe src="https://example.com"></iframe><style>*{display:none}</style>',
        '<img src=x onerror="window.broken=5">',
        '<b onclick="window.broken=6">b</b>',
        "[x](javascript:alert(8))",
    ):
        assert text in reply.inner_text(), text
    assert page.page.locator("#log :is(img, script, iframe, style, svg, b)").count() == 0
    links = reply.locator("a").evaluate_all("(all) => all.map((a) => [a.href, a.rel, a.target, a.textContent])")
    opened = ["noopener noreferrer", "_blank"]
    assert links == [
        ["https://example.org/a", *opened, "enllaç"],
        ["https://example.com/foto.png", *opened, "Imatge sense carregar: foto"],
        ["https://example.com/", *opened, "https://example.com"],
    ]
    page.assert_quiet()


def test_stop_frees_the_server_and_keeps_what_was_said(page, script):
    script.replies, script.pause = [["paraula "] * 500, ["fi"]], 0.02
    page.send("Conta fins a mil")
    page.page.locator("#log .assistant .said", has_text="paraula").wait_for()
    page.page.keyboard.press("Escape")
    page.finished()
    assert "no està completa" in page.page.inner_text("#log .assistant .note")
    assert page.announced().startswith("aitana: paraula")
    page.page.wait_for_timeout(300)
    assert script.cancelled == 1
    words = page.said()[1].split()
    assert set(words) == {"paraula"}
    assert len(words) < 500
    assert page.page.evaluate("document.activeElement.id") == "message"
    page.send("Continua")  # what was said is part of the conversation
    page.finished()
    assert page.said()[3] == "fi"
    page.assert_quiet()


def test_a_new_conversation_in_the_middle_of_a_reply(page, script):
    script.replies, script.pause = [["paraula "] * 500, ["fi"]], 0.02
    page.send("Conta")
    page.page.locator("#log .assistant .said", has_text="paraula").wait_for()
    page.page.click("#new")
    page.page.locator("#welcome:visible").wait_for()
    page.finished()
    page.send("Una altra cosa")
    page.finished()
    assert page.said() == ["Una altra cosa", "fi"]


def test_replies_are_told_to_screen_readers_when_they_are_whole(page, script):
    script.replies, script.pause = [["u ", "dos ", "tres ", "quatre"]], 0.15
    page.page.evaluate("""() => {
      window.told = [];
      new MutationObserver(() => window.told.push(document.getElementById("announcer").textContent))
        .observe(document.getElementById("announcer"), { childList: true });
    }""")
    page.send("Compta")
    page.finished()
    page.announced()
    assert [line for line in page.page.evaluate("window.told") if line] == ["aitana: u dos tres quatre"]
    assert page.page.get_attribute("#log", "aria-live") == "off"


def test_a_page_closed_in_the_middle_keeps_what_had_come(page, script):
    script.replies, script.pause = [["paraula "] * 500], 0.02
    page.send("Conta")
    page.page.locator("#log .assistant .said", has_text="paraula paraula").wait_for()
    page.page.reload()
    page.page.locator("#log .assistant .note", has_text="no està completa").wait_for()
    assert "paraula paraula" in page.said()[1]


def test_a_busy_server_says_when_to_come_back_and_retry_works(page, script):
    script.fault = TooManyWaiting("full")
    page.send("Hola")
    page.finished()
    note = page.page.locator("#log .note.wrong")
    assert "El servidor està ocupat. Torneu-ho a provar d'ací a" in note.inner_text()
    assert "queue is full" in note.locator("[lang=en]").inner_text()
    script.fault = None
    page.page.get_by_role("button", name="Torna-ho a provar").click()
    page.page.locator("#log .assistant .said", has_text="D'acord.").wait_for()
    assert page.said() == ["Hola", "D'acord."]


def test_an_engine_that_dies_is_told_and_watched_until_it_is_back(page, script):
    script.replies, script.pause, script.fault = [["la meitat "] * 3], 0.05, RuntimeError("the engine died")
    page.send("Hola")
    page.finished()
    assert "El model no està a punt" in page.page.inner_text("#log .note.wrong")
    state = page.page.locator("#state-words")
    state.filter(has_text="El model s'ha parat tot sol").wait_for()
    script.now, script.fault = "ready", None
    page.page.get_by_role("button", name="Torna a mirar").click()
    state.wait_for(state="hidden")
    assert page.announced() == "El model està a punt."
    assert page.said()[1].startswith("la meitat")


def test_a_server_that_goes_away_and_comes_back(browser, tmp_path):
    with scripted(tmp_path) as first:
        port = int(first.address.rpartition(":")[2])
        opened = watched(browser, first.address)
        page = opened.__enter__()
        page.page.locator("#composer:visible").wait_for()
    page.send("Hola")
    page.finished()
    assert "No es pot arribar al servidor" in page.page.inner_text("#log .note.wrong")
    page.page.locator("#state-words", has_text="No es pot arribar").wait_for()
    with scripted(tmp_path, port=port):
        page.page.get_by_role("button", name="Torna a mirar").click()
        page.page.locator("#state").wait_for(state="hidden")
        page.page.get_by_role("button", name="Torna-ho a provar").click()
        page.page.locator("#log .assistant .said", has_text="D'acord.").wait_for()
        opened.__exit__(None, None, None)


def test_a_key_is_asked_for_and_kept_in_the_tab_alone(browser):
    key = "a-key-of-this-test-0123456789"
    with scripted(key=key) as server, watched(browser, server.address) as page:
        page.page.get_by_label("Clau de l'API").fill("not-the-right-one")
        page.page.get_by_role("button", name="Usa la clau").click()
        page.send("Hola")
        page.page.get_by_text("El servidor ha rebutjat eixa clau.").wait_for()
        page.page.get_by_label("Clau de l'API").fill(key)
        page.page.keyboard.press("Enter")
        page.page.locator("#log .assistant .said", has_text="D'acord.").wait_for()
        assert page.said() == ["Hola", "D'acord."]
        assert page.page.evaluate("JSON.stringify(localStorage)").count(key) == 0
        page.page.reload()
        page.page.locator("#composer:visible").wait_for()
        assert page.page.locator("dialog[open]").count() == 0
