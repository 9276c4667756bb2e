"""The page's Markdown, read by node: a tree of known kinds, quickly, whatever it is given."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from acord import serve

PAGE = Path(serve.__file__).parent / "page"
READ = """
import { markdown } from "%s";
const texts = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(texts.map((text) => { const from = performance.now(); const tree = markdown(text);
  return { tree: text.length < 5000 ? tree : null, took: performance.now() - from }; })));
"""


def read(*texts: str) -> list[dict]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node; test_hostile reads Markdown in the page")
    program = READ % (PAGE / "markdown.js").as_uri()
    run = subprocess.run(
        [
            node,
            "--input-type=module",
            "-e",
            program.replace("process.stdin", "(await import('node:stream')).Readable.toWeb(process.stdin)"),
        ],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def paragraph(*spans):
    return {"kind": "paragraph", "spans": list(spans)}


def link(address, *spans, image=False):
    return {"kind": "link", "address": address, "image": image, "spans": list(spans)}


def span(kind, *spans):
    return {"kind": kind, "spans": list(spans)}


CASES = {
    "# Títol #": [{"kind": "heading", "level": 1, "spans": ["Títol"]}],
    "una\nlínia\n\naltra": [paragraph("una", {"kind": "break"}, "línia"), paragraph("altra")],
    "**fort**, *èmfasi*, ***tot***, ~~no~~": [
        paragraph(
            span("strong", "fort"),
            *(", ", span("em", "èmfasi"), ", ", span("strong", span("em", "tot")), ", ", span("del", "no")),
        )
    ],
    "snake_case_name i 2 * 3 * 4 i ** no **": [paragraph("snake_case_name i 2 * 3 * 4 i ** no **")],
    r"\*pla\* i l'aigua": [paragraph("*pla* i l'aigua")],
    "`a < b` i `` ` ``": [paragraph({"kind": "code", "text": "a < b"}, " i ", {"kind": "code", "text": "`"})],
    "```py\nx = '<b>'\n```\ndesprés": [{"kind": "code", "text": "x = '<b>'", "language": "py"}, paragraph("després")],
    "~~~\nobert": [{"kind": "code", "text": "obert", "language": ""}],
    "- u\n- dos\n  1. dins\n\ntext": [
        {
            "kind": "list",
            "ordered": False,
            "start": 1,
            "items": [
                [paragraph("u")],
                [paragraph("dos"), {"kind": "list", "ordered": True, "start": 1, "items": [[paragraph("dins")]]}],
            ],
        },
        paragraph("text"),
    ],
    "3. tres": [{"kind": "list", "ordered": True, "start": 3, "items": [[paragraph("tres")]]}],
    "> cita\n> > dins": [
        {"kind": "quote", "blocks": [paragraph("cita"), {"kind": "quote", "blocks": [paragraph("dins")]}]}
    ],
    "| a | b |\n|---|:-:|\n| `1` | \\| |\n| 2 |": [
        {
            "kind": "table",
            "heads": [["a"], ["b"]],
            "rows": [[[{"kind": "code", "text": "1"}], ["|"]], [["2"], []]],
        }
    ],
    "---": [{"kind": "rule"}],
    "[GVA](https://gva.es/a_(b) 'x')": [paragraph(link("https://gva.es/a_(b)", "GVA"))],
    "Mireu https://avl.gva.es/x. I <mailto:a@b.es>": [
        paragraph(
            *("Mireu ", link("https://avl.gva.es/x", "https://avl.gva.es/x"), ". I "),
            link("mailto:a@b.es", "mailto:a@b.es"),
        )
    ],
    "![el mapa](https://e.example/i.png)": [paragraph(link("https://e.example/i.png", "el mapa", image=True))],
}


@pytest.fixture(scope="module")
def trees():
    return dict(zip(CASES, (one["tree"] for one in read(*CASES)), strict=True))


@pytest.mark.parametrize("text", CASES)
def test_markdown_is_read_into_a_tree(trees, text):
    assert trees[text] == CASES[text]


INERT = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](/acord/about)",
    "[x](//evil.example)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x](java\tscript:alert(1))",
]


def test_what_could_do_harm_stays_text():
    for text, one in zip(INERT, read(*INERT), strict=True):
        assert one["tree"] == [paragraph(text.replace("\t", "    "))], text


def test_long_and_crooked_texts_are_read_in_time():
    crooked = [
        "*",
        "[",
        "**a ",
        "`a``",
        "> ",
        "- ",
        "_a*b",
        "[a](",
        "**a __b *c ",
        "\n- a\n\n",
        "a|b\n",
        "![",
        "<http://",
    ]
    rows = ["# {}a", "{}-|", "a|b\n{}-x", "```{}`", "https://a.{}x", "- {}", "[a]({}", "* {}x"]
    texts = [part * (60_000 // len(part)) for part in crooked]
    texts += [row.format(mark * 60_000) for row in rows for mark in (" ", ".")]
    for text, one in zip(texts, read(*texts), strict=True):
        assert one["took"] < 1000, text[:20]
