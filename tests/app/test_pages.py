"""The memory and receipts pages, as a browser asks for them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bullpen.pages.ideas import IdeasPage
from bullpen.pages.look import Drawing, Frame, Link, Viewer, bare, marked, safe_link
from bullpen.pages.memory import MemoryPage
from bullpen.pages.receipts import ReceiptsPage
from bullpen_memory.ideas import Ideas, Outcome, Terms
from bullpen_memory.records import Draft, Source, channel_scope, person_scope
from bullpen_memory.store import Store
from bullpen_tools.context import Artifact, DataRef, Result, Value
from bullpen_tools.receipts import NewReceipt, Receipts

SAME = {"Origin": "http://testserver"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "context.db")
    yield opened
    opened.close()


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[Receipts]:
    opened = Receipts(tmp_path / "receipts.db")
    yield opened
    opened.close()


@pytest.fixture
def page(store: Store, receipts: Receipts, tmp_path: Path) -> Iterator[TestClient]:
    async def eyes() -> Viewer:
        scopes = frozenset({"workspace", person_scope("U1"), channel_scope("C1")})
        return Viewer("U1", scopes, {"U1": "Ada", "quant": "Quant"}, {"C1": "deals"})

    drawing = Drawing(Frame("Bullpen", (Link("Channels", "/"), Link("Memory", "/memory/"))))
    (tmp_path / "artifacts").mkdir()
    app = Starlette(
        routes=[
            MemoryPage(store, receipts, drawing, eyes).mount(),
            ReceiptsPage(receipts, tmp_path / "artifacts", drawing, eyes, lambda: None).mount(),
            IdeasPage(store, drawing, eyes).mount(),
        ]
    )
    with TestClient(app) as client:
        yield client


def draft(text: str, **more: object) -> Draft:
    source = Source(
        kind="message", ref=f"m{len(text)}", permalink="http://127.0.0.1:4747/archives/C1/p1"
    )
    fields = {"kind": "finding", "author": "quant", "scope": "workspace", "source": source} | more
    return Draft(text=text, **fields)  # type: ignore[arg-type]


def test_nothing_yet_says_how_to_begin(page: TestClient) -> None:
    assert "Nothing is remembered yet" in page.get("/memory/").text


def test_records_are_found_filtered_and_opened(page: TestClient, store: Store) -> None:
    oil = store.add(draft("Oil was **volatile** in 2008.", title="Oil", symbols=("WTI",)))
    store.add(draft("Copper was calm.", kind="note", author="U1"))
    assert "Copper was calm" in page.get("/memory/").text
    found = page.get("/memory/rows?q=volatile").text
    assert "<mark>volatile</mark>" in found
    assert "Copper" not in found
    assert "Oil" not in page.get("/memory/rows?author=U1").text
    assert "Copper" not in page.get("/memory/rows?symbol=wti").text
    assert "No record fits" in page.get("/memory/rows?q=uranium").text
    shown = page.get(f"/memory/{oil.id}").text
    assert "<strong>volatile</strong>" in shown
    assert 'href="/archives/C1/p1"' in shown
    assert "Everybody in this workspace" in shown


def test_only_what_the_viewer_may_see_is_shown(page: TestClient, store: Store) -> None:
    other = store.add(draft("A secret deal.", scope=channel_scope("C9")))
    direct = store.add(draft("Another's note.", scope=person_scope("U2")))
    mine = store.add(draft("A deal of ours.", scope=channel_scope("C1")))
    listed = page.get("/memory/?q=deal").text
    assert "ours" in listed
    assert "secret" not in listed
    for record in (other, direct):
        assert page.get(f"/memory/{record.id}").status_code == 404
        answer = page.post(f"/memory/{record.id}/pin", headers=SAME, follow_redirects=False)
        assert answer.status_code == 404
    assert "Only people in #deals" in page.get(f"/memory/{mine.id}").text


def test_text_of_a_record_cannot_act(page: TestClient, store: Store) -> None:
    record = store.add(
        draft(
            "<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://evil/p.png)",
            title="<img src=x onerror=alert(1)>",
        )
    )
    for address in (f"/memory/{record.id}", "/memory/", "/memory/rows?q=alert"):
        shown = page.get(address).text
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert 'href="javascript' not in shown


def test_a_person_reviews_and_each_change_carries_the_name(page: TestClient, store: Store) -> None:
    record = store.add(draft("A proposal.", status="proposed"))
    assert "1 to review" in page.get("/memory/").text
    assert 'data-do="approve"' in page.get(f"/memory/{record.id}").text
    for action, status in (("approve", "active"), ("retract", "retracted"), ("restore", "active")):
        done = page.post(f"/memory/{record.id}/{action}", data={"reason": "checked"}, headers=SAME)
        assert done.status_code == 200
        now = store.get(record.id)
        assert now is not None
        assert now.status == status
    page.post(f"/memory/{record.id}/pin", headers=SAME)
    shown = page.get(f"/memory/{record.id}").text
    assert "pinned" in shown
    for did in ("approved it", "withdrew it", "restored it", "pinned it"):
        assert f"<b>Ada</b> {did}" in shown
    page.post(f"/memory/{record.id}/forget", data={"reason": "wrong"}, headers=SAME)
    shown = page.get(f"/memory/{record.id}").text
    assert "A proposal" not in shown
    assert "erased for good" in shown


def test_nobody_approves_their_own_proposal(page: TestClient, store: Store) -> None:
    own = Source(kind="person", ref="U1")
    record = store.add(draft("My own idea.", author="U1", status="proposed", source=own))
    assert 'data-do="approve"' not in page.get(f"/memory/{record.id}").text
    answer = page.post(f"/memory/{record.id}/approve", headers=SAME, follow_redirects=False)
    assert answer.status_code == 409
    now = store.get(record.id)
    assert now is not None
    assert now.status == "proposed"


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_changes_nothing(
    page: TestClient, store: Store, headers: dict[str, str]
) -> None:
    record = store.add(draft("Stays."))
    answer = page.post(f"/memory/{record.id}/retract", data={"reason": "x"}, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text
    now = store.get(record.id)
    assert now is not None
    assert now.status == "active"


def made(receipts: Receipts, scope: str = "workspace", path: str = "p.png") -> str:
    return receipts.add(
        NewReceipt(
            tool="strategy_payoff", version="1", inputs={"cost": 2.5}, error="", agent="quant",
            run_id="run1", call_key=scope + path, scope=scope, seconds=0.1,
            result=Result(
                summary="A butterfly.",
                values={"max_profit": Value(value=17.5, unit="usd", label="Maximum profit")},
                data=(DataRef(dataset="wti", rows=12, sha256="abcdef0123456789", kind="synthetic"),),
                warnings=("Only 12 rows.",),
                artifacts=(Artifact(path=path, name="p.png", mimetype="image/png", title="Payoff",
                                    alt="A payoff", sha256="0"),),
            ),
        )
    ).id  # fmt: skip


def test_a_receipt_shows_everything_it_holds(
    page: TestClient, receipts: Receipts, tmp_path: Path
) -> None:
    receipt = made(receipts)
    (tmp_path / "artifacts/p.png").write_bytes(b"\x89PNG")
    shown = page.get(f"/receipts/{receipt}").text
    for part in ("Maximum profit", "$17.50", f"{receipt}.max_profit", "12 rows", "abcdef012345",
                 "SYNTHETIC", "Only 12 rows.", "<dt>cost</dt><dd>2.5</dd>"):  # fmt: skip
        assert part in shown, part
    picture = page.get(f"/receipts/{receipt}/artifact/0")
    assert (picture.content, picture.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert receipt in page.get("/receipts/").text


def test_receipts_of_others_and_files_elsewhere_are_not_served(
    page: TestClient, receipts: Receipts
) -> None:
    hidden = made(receipts, scope=channel_scope("C9"))
    outside = made(receipts, path="../receipts.db")
    assert page.get(f"/receipts/{hidden}").status_code == 404
    assert page.get(f"/receipts/{hidden}/artifact/0").status_code == 404
    assert page.get(f"/receipts/{outside}/artifact/0").status_code == 404
    assert hidden not in page.get("/receipts/").text
    assert page.get("/receipts/nonsense").status_code == 404


def test_small_words() -> None:
    assert safe_link("javascript:alert(1)") == safe_link("//evil.example") == ""
    assert safe_link("http://127.0.0.1:5000/archives/C1/p1?x=1") == "/archives/C1/p1?x=1"
    assert bare("**The chart** `x`") == "The chart x"
    assert marked("**Oil** was <i> volatile", "oil volatility") == (
        "<mark>Oil</mark> was &lt;i&gt; <mark>volatile</mark>"
    )
    assert marked("plain", "") == "plain"


FRAGMENT = SAME | {"X-Fragment": "1"}


def test_two_who_edit_the_same_record_lose_nothing(page: TestClient, store: Store) -> None:
    record = store.add(draft("Silver is at 30.", title="Silver"))
    store.revise(record.id, expected_version=1, by="U7", reason="", text="Silver is at 31.")
    mine = {"version": "1", "text": "Silver is at 30, and falling.", "title": "Silver"}
    answer = page.post(f"/memory/{record.id}/revise", data=mine, headers=FRAGMENT)
    assert answer.status_code == 409
    assert "<b>U7 changed it while you were writing.</b>" in answer.text
    assert "<del>31.</del><ins>30, and falling.</ins>" in answer.text.replace("\n", "")
    assert ">Silver is at 30, and falling.</textarea>" in answer.text
    assert 'name="version" value="2"' in answer.text
    again = page.post(f"/memory/{record.id}/revise", data=mine | {"version": "2"}, headers=FRAGMENT)
    assert again.status_code == 200
    now = store.get(record.id)
    assert now is not None
    assert (now.version, now.text) == (3, "Silver is at 30, and falling.")
    assert "<del>31.</del>" in again.text.replace("\n", "")


def test_wrong_fields_are_told_and_kept(page: TestClient, store: Store) -> None:
    record = store.add(draft("Silver is at 30."))
    for wrong, said in (
        ({"text": ""}, "The text is empty"),
        ({"text": "x", "valid_from": "soon"}, "is not a date"),
        ({"text": "x", "confidence": "much"}, "is not a percentage"),
        ({"text": "x", "confidence": "250"}, "not between 0 and 1"),
    ):
        answer = page.post(
            f"/memory/{record.id}/revise", data={"version": "1"} | wrong, headers=FRAGMENT
        )
        assert (answer.status_code, said in answer.text) == (409, True), said
    for action in ("retract", "dispute", "forget"):
        answer = page.post(f"/memory/{record.id}/{action}", data={"reason": " "}, headers=FRAGMENT)
        assert (answer.status_code, "No reason was given" in answer.text) == (409, True)
    assert page.post(f"/memory/{record.id}/burn", headers=FRAGMENT).status_code == 409
    assert page.get(f"/memory/{record.id}/burn").status_code == 404


def test_a_person_writes_disputes_settles_and_moves(page: TestClient, store: Store) -> None:
    made = page.post("/memory/add", data={"kind": "fact", "text": "Silver trades in ounces.", "scope": "channel:C1",
                     "symbols": "slv, xag"}, headers=SAME)  # fmt: skip
    assert made.status_code == 200
    record_id = str(made.url).rsplit("/", 1)[-1]
    written = store.get(record_id)
    assert written is not None
    assert (written.author, written.speaker, written.symbols) == ("U1", "Ada", ("SLV", "XAG"))
    hidden = page.post("/memory/add", data={"text": "x", "scope": "channel:C9"}, headers=FRAGMENT)
    assert (hidden.status_code, "is not a place" in hidden.text) == (409, True)
    disputed = page.post(
        f"/memory/{record_id}/dispute", data={"reason": "troy ounces"}, headers=FRAGMENT
    )
    assert "disputed it" in disputed.text
    assert "“troy ounces”" in disputed.text
    assert "1" in page.get("/memory/?view=disputed").text
    kept = page.post(f"/memory/{record_id}/revise", data={"text": "Silver trades in troy ounces.", "tags": "metal"}, headers=FRAGMENT)  # fmt: skip
    assert kept.status_code == 200
    assert store.get(record_id).tags == ("metal", "disputed")  # type: ignore[union-attr]
    page.post(f"/memory/{record_id}/settle", headers=SAME)
    assert store.get(record_id).tags == ("metal",)  # type: ignore[union-attr]
    assert (
        page.post(
            f"/memory/{record_id}/share", data={"scope": "channel:C9"}, headers=SAME
        ).status_code
        == 404
    )
    moved = page.post(f"/memory/{record_id}/share", data={"scope": "workspace"}, headers=SAME)
    assert "Everybody in this workspace" in moved.text
    assert "It no longer holds; this does" in page.get(f"/memory/{record_id}").text


def test_a_headline_that_was_the_text_s_beginning_goes_with_it(
    page: TestClient, store: Store
) -> None:
    record = store.add(draft("Silver is at 30 dollars.", title="Silver is at 30 …"))
    assert "<h2>" not in page.get(f"/memory/{record.id}", headers={"X-Fragment": "1"}).text
    data = {"version": "1", "title": "Silver is at 30 …", "text": "Silver is at 31 dollars."}
    page.post(f"/memory/{record.id}/revise", data=data, headers=FRAGMENT)
    now = store.get(record.id)
    assert now is not None
    assert (now.title, now.text) == ("Silver is at 31 dollars", "Silver is at 31 dollars.")


def test_a_proposal_edited_by_the_only_person_can_still_come_into_force(
    page: TestClient, store: Store
) -> None:
    record = store.add(draft("Sell gold.", status="proposed"))
    form = page.get(f"/memory/{record.id}/edit", headers={"X-Fragment": "1"}).text
    assert "Put in force in my name" in form
    data = {"version": "1", "text": "Sell half the gold.", "how": "restate"}
    made = page.post(f"/memory/{record.id}/revise", data=data, headers=FRAGMENT)
    assert "Sell half the gold." in made.text
    assert store.get(record.id).status == "superseded"  # type: ignore[union-attr]


def test_many_at_once_each_stands_by_itself(page: TestClient, store: Store) -> None:
    theirs = [store.add(draft(f"Proposal {n}", status="proposed")) for n in range(3)]
    hand = Source(kind="person", ref="U1")
    own = store.add(draft("My own", author="U1", status="proposed", source=hand))
    hidden = store.add(draft("Hidden", status="proposed", scope=channel_scope("C9")))
    chosen = ",".join(f"{r.id}:{r.version}" for r in (*theirs, own, hidden))
    answer = page.post("/memory/bulk/approve", data={"records": chosen}, headers=SAME).json()
    assert answer["done"] == 3
    assert "nobody approves their own" in answer["said"]
    assert store.get(hidden.id).status == "proposed"  # type: ignore[union-attr]
    pairs = ",".join(f"{r.id}:2" for r in theirs)
    merged = page.post(
        "/memory/bulk/merge", data={"records": pairs, "keep": theirs[1].id}, headers=SAME
    )
    assert merged.json()["done"] == 3
    assert store.get(theirs[0].id).superseded_by == theirs[1].id  # type: ignore[union-attr]
    assert "Undo the merge" in page.get(f"/memory/{theirs[0].id}").text
    page.post(f"/memory/{theirs[0].id}/separate", headers=SAME)
    assert store.get(theirs[0].id).status == "active"  # type: ignore[union-attr]
    assert page.post("/memory/bulk/merge", data={"records": ""}, headers=SAME).status_code == 409
    assert page.post("/memory/bulk/pin", data={"records": pairs}).status_code == 403


def test_nothing_is_moved_to_where_the_person_does_not_look(page: TestClient, store: Store) -> None:
    mine = store.add(draft("Only ours"))
    chosen = {"records": f"{mine.id}:1", "version": "1"}
    for scope in (channel_scope("C9"), person_scope("U2"), ""):
        for path in ("bulk", mine.id):
            answer = page.post(f"/memory/{path}/share", data=chosen | {"scope": scope}, headers=SAME)  # fmt: skip
            assert answer.status_code == 404
    assert store.get(mine.id) == mine
    inside = chosen | {"scope": channel_scope("C1")}
    assert page.post("/memory/bulk/share", data=inside, headers=SAME).json()["done"] == 1


def test_why_the_desk_believes_it(page: TestClient, store: Store, receipts: Receipts) -> None:
    receipt = made(receipts)
    record = store.add(draft("Silver is volatile.", status="proposed", confidence=0.8,
                       evidence=(Source(kind="receipt", ref=receipt, title="volatility@1"),)))  # fmt: skip
    store.approve(record.id, by="U1")
    store.log_recall(run_id="run1", agent="quant", query="how volatile?", record_ids=[record.id])
    store.log_recall(
        run_id="run9", agent="quant", query="a private question", record_ids=[record.id]
    )
    shown = page.get(f"/memory/{record.id}").text
    for part in ("<b>Quant</b> wrote it", f'href="/receipts/{receipt}">volatility@1', "<b>Ada</b> approved it",
                 "80 % sure", "shown to Quant twice", "how volatile?"):  # fmt: skip
        assert part in shown, part
    assert "a private question" not in shown


def test_timeline_and_map_link_to_every_record(page: TestClient, store: Store) -> None:
    both = [
        store.add(draft(f"Silver {n} <b>", symbols=("SLV",), tags=("slv", "metal")))
        for n in range(2)
    ]
    for which in ("timeline", "map"):
        drawn = page.get(f"/memory/{which}?q=silver").text
        assert all(f'href="/memory/{record.id}"' in drawn for record in both)
        assert "<b>" not in drawn.partition("<svg")[2].partition("</svg>")[0]
        assert "No record fits" in page.get(f"/memory/{which}?q=uranium").text
    assert page.get("/memory/map").text.count('class="hub"') == 2


def test_windows_and_choosing_all(page: TestClient, store: Store) -> None:
    store.add_many([draft(f"Number {n}", kind="note") for n in range(70)])
    first, second = page.get("/memory/rows").text, page.get("/memory/rows?from=50").text
    assert (first.count("<li"), second.count("<li")) == (50, 20)
    assert 'aria-posinset="51" aria-setsize="70"' in second
    told = page.get("/memory/ids?kind=note").json()
    assert (len(told["chosen"]), told["total"]) == (70, 70)
    assert "No record fits" in page.get("/memory/rows?first=1&as_of=2001-01-01").text


def test_ideas_are_listed_with_their_record(page: TestClient, store: Store) -> None:
    assert "No ideas yet" in page.get("/ideas/").text
    record = store.add(draft("Deficits persist.", kind="idea", author="U1"))
    book = Ideas(store)
    terms = Terms(
        record_id=record.id, scope="workspace", author="U1", instrument="<silver>", series="silver",
        unit="usd", measure="return", side="long", size=2.0, opened_at=datetime.now(UTC),
        entry_day=date(2026, 1, 1), entry=50.0, horizon=date(2026, 6, 30), probability=0.6,
        base_rate=0.5, base_rate_from="history", take_profit=60.0,
    )  # fmt: skip
    book.open(terms)
    shown = page.get("/ideas/").text
    assert "&lt;silver&gt;" in shown
    assert f"/memory/{record.id}" in shown
    assert "target $60.00" in shown
    assert "0 resolved, 1 open" in shown
    book.resolve(
        "i1",
        Outcome(
            day=date(2026, 3, 1), value=61.0, reason="take_profit", profit=22.0,
            resolved_at=datetime.now(UTC), by="quant",
        ),
    )  # fmt: skip
    shown = page.get("/ideas/").text
    assert "1 Mar 2026" in shown
    assert "22.0%" in shown
    hidden = store.add(draft("Secret.", kind="idea", author="U2", scope="channel:C9"))
    book.open(replace(terms, record_id=hidden.id, scope="channel:C9", instrument="uranium"))
    assert "uranium" not in page.get("/ideas/").text


def test_a_list_is_taken_away_as_files(page: TestClient, store: Store) -> None:
    silver = store.add(draft("Silver is volatile.", title="Silver"))
    store.revise(silver.id, expected_version=1, by="UADA", reason="", text="Silver is calm.")
    store.add(draft("Gold is calm."))
    store.add(draft("Silver, in private", scope="channel:CSECRET"))
    said = page.get("/memory/export?form=jsonl&q=silver")
    assert said.headers["content-disposition"].endswith('.jsonl"')
    [line] = said.text.splitlines()
    told = json.loads(line)
    assert (told["id"], told["text"], told["older"][0]["text"]) == (silver.id, "Silver is calm.", "Silver is volatile.")  # fmt: skip
    packed = zipfile.ZipFile(io.BytesIO(page.get("/memory/export?form=markdown").content))
    names = packed.namelist()
    assert len(names) == 2
    assert f"finding/silver-{silver.id}.md" in names
    text = packed.read(f"finding/silver-{silver.id}.md").decode()
    assert "Silver is calm." in text
    assert "## Version 1" in text
    assert page.get("/memory/export?form=pdf").status_code == 404
