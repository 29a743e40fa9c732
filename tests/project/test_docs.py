"""The documentation cannot lie: generated parts are fresh, links lead somewhere, commands exist."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "AGENTS.md"]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_generated_parts_are_fresh(page: Path, generate: ModuleType) -> None:
    assert generate.rendered(page) == page.read_text(), f"{page.name}: run `make docs`"


def test_every_generator_is_used(generate: ModuleType) -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    unused = [name for name in generate.PARTS if f"<!-- generated: {name} -->" not in text]
    assert not unused


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    missing = [t for t in targets if not (page.parent / t).exists()]
    assert not missing


def test_make_targets_that_are_named_exist() -> None:
    defined = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = {m for p in PAGES for m in re.findall(r"`make ([a-z-]+)", p.read_text())}
    assert named <= defined
    assert {"run", "test"} <= named


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f'__version__ = "{project["version"]}"' in (ROOT / "app/bullpen/__init__.py").read_text()
