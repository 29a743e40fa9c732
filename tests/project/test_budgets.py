"""The budgets that keep every file readable; a breach names the file, the line and the number."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "bullpen_memory": ROOT / "memory/bullpen_memory",
    "bullpen_tools": ROOT / "tools/bullpen_tools",
    "bullpen_agents": ROOT / "agents/bullpen_agents",
    "bullpen_orchestrator": ROOT / "orchestrator/bullpen_orchestrator",
    "bullpen_workspace": ROOT / "workspace/bullpen_workspace",
    "bullpen": ROOT / "app/bullpen",
}
MODULE_LINES = 400
FUNCTION_LINES = 45
FUNCTIONS_WITHIN = 0.95
PARAMETERS = 7
INHERITANCE = 2
PATCHES_PER_1000_LINES = 2
REFUSED_NAMES = {"utils", "common", "base", "helpers", "misc", "manager"}


def modules() -> list[Path]:
    return sorted(file for root in PACKAGES.values() for file in root.rglob("*.py"))


def relative(file: Path) -> str:
    return str(file.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_modules_are_short() -> None:
    long = {
        relative(file): lines
        for file in modules()
        if (lines := len(file.read_text().splitlines())) > MODULE_LINES
    }
    assert not long, f"modules over {MODULE_LINES} lines: {long}"


def test_modules_say_what_they_are() -> None:
    mute = [relative(f) for f in modules() if not ast.get_docstring(ast.parse(f.read_text()))]
    assert not mute, f"modules without a docstring: {mute}"


def test_functions_fit_on_a_screen() -> None:
    sizes = {
        f"{relative(file)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for file in modules()
        for node in functions(ast.parse(file.read_text()))
    }
    long = {name: size for name, size in sizes.items() if size > FUNCTION_LINES}
    assert len(sizes) > 100
    assert len(long) <= (1 - FUNCTIONS_WITHIN) * len(sizes), f"long functions: {long}"
    assert max(sizes.values()) <= 2 * FUNCTION_LINES, f"far too long: {long}"


def test_functions_take_few_parameters() -> None:
    def count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        return len([name for name in names if name not in ("self", "cls", "ctx")])

    # A tool's parameters are its schema, drawn from the signature: they are data, not coupling.
    many = {
        f"{relative(file)}:{node.lineno} {node.name}": count(node)
        for file in modules()
        for node in functions(ast.parse(file.read_text()))
        if count(node) > PARAMETERS
        and not any("tool(" in ast.unparse(d) for d in node.decorator_list)
    }
    assert not many


def test_inheritance_is_shallow() -> None:
    classes = {
        node.name: [ast.unparse(b).split("[")[0].split(".")[-1] for b in node.bases]
        for file in modules()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    }

    def depth(name: str, seen: frozenset[str] = frozenset()) -> int:
        if name not in classes or name in seen:
            return 0
        return 1 + max((depth(b, seen | {name}) for b in classes[name]), default=0)

    deep = {name: depth(name) for name in classes if depth(name) > INHERITANCE + 1}
    assert not deep, f"classes that inherit through more than {INHERITANCE} of ours: {deep}"


def test_no_drawer_for_odds_and_ends() -> None:
    drawers = [relative(f) for f in modules() if f.stem in REFUSED_NAMES]
    managers = [
        f"{relative(file)} {node.name}"
        for file in modules()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Manager")
    ]
    assert not drawers + managers


def test_the_environment_is_read_in_one_place() -> None:
    readers = [
        relative(file)
        for file in modules()
        if ("os.environ" in file.read_text() or "getenv(" in file.read_text())
        and file != PACKAGES["bullpen"] / "settings.py"
    ]
    assert not readers


def test_tests_patch_little() -> None:
    files = [f for f in (ROOT / "tests").rglob("*.py") if f != Path(__file__)]
    text = "\n".join(f.read_text() for f in files)
    patches = text.count("monkeypatch.setattr") + text.count("mock.patch") + text.count("@patch")
    assert patches <= PATCHES_PER_1000_LINES * max(1, len(text.splitlines()) // 1000)


def test_the_fences_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(str(p.parent) for p in PACKAGES.values()), "PATH": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr


SINGLE_HOMES = {
    "chromadb": "bullpen_memory/index.py",
    "anthropic": "bullpen_agents/claude.py",
    "dbos": "bullpen_orchestrator/engine.py",
}


@pytest.mark.parametrize(("library", "home"), SINGLE_HOMES.items())
def test_a_library_has_one_home(library: str, home: str) -> None:
    def imports(file: Path) -> bool:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(name.split(".")[0] == library for name in names):
                return True
        return False

    homes = [relative(file) for file in modules() if imports(file)]
    assert [h for h in homes if not h.endswith(home)] == []
    assert homes, f"nobody imports {library}: is the fence still about something?"
