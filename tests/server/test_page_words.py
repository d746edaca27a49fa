"""The page's Chinese: every sentence has one, and none is left over."""

from __future__ import annotations

import re

from conftest import ROOT

PAGE = ROOT / "server" / "page"
KEY = re.compile(r'^  (?:"((?:[^"\\]|\\.)+)"|(\w+)):', re.M)
SAID = re.compile(r'\bsay\(\s*("[^"]+"(?:\s*\+\s*"[^"]+")*)')
SHOWN = re.compile(r"data-say>([^<]+)<")


def sentences() -> set[str]:
    """What the scripts say and what stands in the page."""
    said = set(SHOWN.findall((PAGE / "index.html").read_text()))
    for script in PAGE.glob("*.js"):
        for text in SAID.findall(script.read_text()):
            said.add(re.sub(r'"\s*\+\s*"', "", text).strip('"'))
    return said


def test_every_sentence_has_its_chinese():
    words = (PAGE / "words.js").read_text()
    table = words[words.index("const chinese") : words.index("};")]
    keys = {quoted or bare for quoted, bare in KEY.findall(table)}
    assert len(keys) > 40
    assert sentences() - keys == set()
    # Words that come out of a table or an answer.
    scripts = "".join(p.read_text() for p in PAGE.glob("*.js"))
    told = scripts.replace(table, "")
    reasons = (ROOT / "src" / "result" / "wording.c").read_text()
    for key in keys - sentences():
        assert f'"{key}"' in told or f'"{key.replace(" ", "_")}"' in reasons
