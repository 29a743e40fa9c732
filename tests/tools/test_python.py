from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.sandbox import selftest
from bullpen_tools.sandbox.bubblewrap import INSIDE, Bubblewrap
from bullpen_tools.sandbox.port import Limits
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("boxes")
    finding = selftest.check(made)
    if not finding.ready:
        pytest.skip(f"no sandbox on this machine: {finding.reason}")
    return made


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


async def run(call: Call, ctx: ToolContext, code: str, **args: Any) -> Outcome:
    return await call(ctx, "run_python", code=code, **args)


class TestEscapes:
    def test_every_quick_attempt_is_stopped(self, folder: Path) -> None:
        finding = selftest.probe(folder)
        assert finding.ready, finding.reason
        assert finding.tried >= 55
        assert finding.through == ()

    def test_the_attempts_get_through_where_nothing_stops_them(self, tmp_path: Path) -> None:
        """A check that cannot fail proves nothing: bubblewrap as in its README, without the rest."""
        tmp_path.chmod(0o755)
        command = ["bwrap", "--unshare-user", "--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--cap-drop", "ALL", "--proc", "/proc",
                   "--tmpfs", "/mnt", "--bind", str(INSIDE), "/mnt", "--chdir", "/tmp", sys.executable, "-I", "-S",
                   "/mnt/probes.py", '{"port": 9}']  # fmt: skip
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            pytest.skip(f"bubblewrap did not start: {ran.stderr[:200]}")
        through = json.loads(ran.stdout.splitlines()[-1])["through"]
        assert len(through) >= 20, through
        assert {"call io_uring_setup", "see /etc/passwd", "no filter"} <= set(through)

    @pytest.mark.parametrize(
        ("code", "limit"),
        [
            ("while True: pass", "time"),
            ("import time; time.sleep(60)", "time"),
            ("while True: print('x' * 65536)", "output"),
            ("open('a','wb').truncate(1); f=open('b','wb')\nwhile True: f.write(b'x'*1048576); f.flush()", "disk"),
            ("import os\nf=open('b','wb'); os.unlink('b')\nwhile True: f.write(b'x'*1048576); f.flush()", "disk"),
            ("import os\nfor i in range(40):\n os.mkdir('d'); os.chdir('d')\nimport time; time.sleep(60)", "files"),
            ("for i in range(50000): open(f'f{i}','w').close()\nimport time; time.sleep(60)", "files"),
            ("x=[]\nimport time\nwhile True: x.append(bytearray(30_000_000)); time.sleep(.01)", "memory"),
        ],
    )  # fmt: skip
    def test_what_is_used_is_bounded(self, folder: Path, code: str, limit: str) -> None:
        bounded = Limits(seconds=2, disk=20_000_000, memory=300_000_000, files=500)
        with Bubblewrap(folder, bounded) as box:
            ran = box.run([sys.executable, "-c", code])
        assert ran.stopped == limit or (limit == "disk" and "File too large" in ran.output)

    @pytest.mark.parametrize(
        "code",
        [
            "import os\nwhile True:\n try: os.fork()\n except OSError: pass",
            "import os\nfor _ in range(6):\n if os.fork()==0:\n  x=bytearray(200_000_000)\n  import time; time.sleep(60)\nimport time; time.sleep(60)",
            "f=open('/dev/shm/x','wb')\nfor _ in range(200): f.write(b'x'*1048576)",
            "f=open('/tmp/x','wb')\nfor _ in range(200): f.write(b'x'*1048576)",
            "import zipfile,io\nb=io.BytesIO()\nz=zipfile.ZipFile(b,'w',zipfile.ZIP_DEFLATED)\nz.writestr('a',b'0'*160_000_000)\nz.close()\nfor i in range(10): zipfile.ZipFile(b).extract('a',f'o{i}')",
            "import os,signal\nos.kill(-1, signal.SIGKILL)\nimport time; time.sleep(60)",
        ],
        ids=["forks", "memory of six", "/dev/shm", "/tmp", "zip bomb", "kill -1"],
    )  # fmt: skip
    def test_bombs_end_and_leave_nothing_running(self, folder: Path, code: str) -> None:
        bounded = Limits(seconds=3, disk=40_000_000, memory=300_000_000)
        with Bubblewrap(folder, bounded) as box:
            ran = box.run([sys.executable, "-c", code])
            assert ran.stopped or ran.exit_code != 0 or "kill" in code
            box_path = str(box.box)
        assert not Path(box_path).exists()
        alive = [p for p in Path("/proc").glob("[0-9]*/cmdline") if box_path in _text(p)]
        assert alive == []

    @pytest.mark.parametrize("ends", ["exits", "runs on"])
    def test_a_process_that_hid_ends_with_the_sandbox(self, folder: Path, ends: str) -> None:
        hide = (
            "import os,time\n"
            "if os.fork()==0:\n os.setsid()\n"
            " if os.fork()==0:\n"
            "  for n in range(600): open('alive','a').write('x'); time.sleep(.05)\n"
            " os._exit(0)\ntime.sleep(.3)\n"
        )
        code = hide + ("" if ends == "exits" else "time.sleep(60)")
        with Bubblewrap(folder, Limits(seconds=1.5)) as box:
            box.run([sys.executable, "-c", code])
            size = len(box.download_files(["alive"])[0].content or b"")
            assert size > 0
            again = len(box.download_files(["alive"])[0].content or b"")
        assert again == size


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


class TestFiles:
    def test_what_the_code_left_as_a_trap_is_not_followed(
        self, folder: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text("canary")
        traps = (
            f"import os; s={str(tmp_path / 'secret')!r}\n"
            "os.symlink(s, 'link'); os.symlink('/', 'root'); os.mkfifo('pipe')\n"
            "open('one','w').write('x'); os.link('one','two'); os.mkdir('dir')\n"
            "open('fine','w').write('good'); os.symlink('dir','alias'); open('dir/in','w').write('in')\n"
        )
        with Bubblewrap(folder) as box:
            assert box.run([sys.executable, "-c", traps]).exit_code == 0
            bad = ["link", f"root{tmp_path}/secret", "pipe", "one", "two", "dir", "alias/in", "../x", "/etc/passwd",
                   "a\0b", "", ".", "dir/../../x", "none"]  # fmt: skip
            assert [found.content for found in box.download_files(bad)] == [None] * len(bad)
            assert all(found.error for found in box.download_files(bad))
            assert box.download_files(["fine", "dir/in"])[1].content == b"in"
            assert box.files() == ["dir/in", "fine"]

    def test_an_upload_follows_no_link_either(self, folder: Path, tmp_path: Path) -> None:
        with Bubblewrap(folder) as box:
            box.run([sys.executable, "-c", f"import os; os.symlink({str(tmp_path)!r}, 'out')"])
            answers = box.upload_files(
                [("out/x", b"x"), ("../y", b"x"), ("/z", b"x"), ("a/b/c.txt", b"fine")]
            )
            assert [bool(answer.error) for answer in answers] == [True, True, True, False]
            assert box.execute("cat a/b/c.txt").output == "fine"
        assert list(tmp_path.iterdir()) == []


class TestTool:
    async def test_figures_come_back_with_unit_and_data(
        self, desk: ToolContext, call: Call, folder: Path
    ) -> None:
        code = (
            "import desk\nwti = desk.series('wti')\n"
            "desk.value('highest', wti.max(), unit='usd/bbl', label='Highest WTI')\n"
            "desk.value('nothing', float('nan'))\nprint(len(wti))\n"
            "wti.tail(3).to_csv('tail.csv')"
        )
        found = body(await run(call, desk, code, series=["oil"]))
        assert found["values"]["highest"] == {
            "value": 145.31, "unit": "usd/bbl", "kind": "derived", "label": "Highest WTI",
            "cite": f"{{{{{found['receipt']}.highest}}}}",
        }  # fmt: skip
        assert found["values"]["nothing"]["value"] is None
        assert int(found["values"]["output"]["value"]) > 8000
        receipt = desk.receipts.get(found["receipt"])
        assert receipt is not None
        assert receipt.result.data[0].dataset == "wti"
        assert len(receipt.result.data[0].sha256) == 64
        assert _text(Path(receipt.result.artifacts[0].path)).count("\n") == 4

    async def test_it_sees_nothing_that_was_known_later(
        self, desk: ToolContext, call: Call, folder: Path
    ) -> None:
        pinned = replace(desk, as_of=datetime(2008, 6, 30, tzinfo=UTC))
        code = "import desk; s=desk.series('wti'); desk.value('last', str(s.index[-1].date()))"
        found = body(await run(call, pinned, code, series=["wti"]))
        assert found["values"]["last"]["value"] < "2008-06-30"

    async def test_a_series_that_was_not_asked_for_is_not_there(
        self, desk: ToolContext, call: Call, folder: Path
    ) -> None:
        outcome = await run(call, desk, "import desk; desk.series('vix')", series=["wti"])
        assert outcome.error
        assert "was not asked for; at hand: wti" in outcome.text

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("1/0", "ZeroDivisionError"),
            ("while True: pass", "longer than 1 seconds"),
            ("import desk; desk.value('x', float('inf'))", "infinite"),
            ("import desk; desk.value('No Key', 1)", "is no key"),
            ("open('values.json','w').write('[1]')", "values.json was overwritten"),
            ("open('values.json','w').write('{\"output\": {\"value\": 1}}')", "cannot be read"),
        ],
    )
    async def test_what_fails_says_how(
        self, ctx: ToolContext, call: Call, folder: Path, code: str, said: str
    ) -> None:
        outcome = await run(call, ctx, code, seconds=1)
        assert outcome.error
        assert said in outcome.text

    async def test_formulas_in_files_become_text(
        self, ctx: ToolContext, call: Call, folder: Path
    ) -> None:
        code = "open('a.csv','w').write('k,v\\n=1+1,-2.5\\n@x,+3\\n\"\\tq\",-a\\n')"
        found = body(await run(call, ctx, code))
        receipt = ctx.receipts.get(found["receipt"])
        assert receipt is not None
        text = _text(Path(receipt.result.artifacts[0].path))
        assert text == "k,v\n'=1+1,-2.5\n'@x,+3\n'\tq,'-a\n"

    async def test_without_a_sandbox_it_is_off_and_says_why(
        self, ctx: ToolContext, call: Call, tmp_path: Path
    ) -> None:
        """A folder that cannot hold workspaces stands for a machine that cannot build them."""
        (tmp_path / "file").write_text("")
        broken = replace(ctx, artifacts=tmp_path / "file" / "artifacts")
        outcome = await run(call, broken, "print(1)")
        assert outcome.error
        assert "Running Python is off." in outcome.text
        assert "could not be made" in outcome.text
