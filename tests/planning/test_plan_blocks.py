"""Plans for who reviews them: a block for each course, one line for each of many, and LIVE where it is real money."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.text import Text

from learnermax_cli.planning.change import Change, Finding, Result, Skipped, planned
from learnermax_cli.planning.render_markdown import render_markdown
from learnermax_cli.planning.render_text import Extent, detail_lines, plan_lines, reduced, verdict_lines
from learnermax_cli.planning.report import Changes, Data, Items, Report, StripeIdentity

PRICE = {"amount": 125_000_00, "currency": "usd"}


def created(number: int, name: str = "A course", description: str = "All about it.") -> tuple[Change, Change]:
    """Return the changes of a course that has no product yet."""
    key, product = f"course-{number:03}", f"lmx_preview_course-{number:03}"
    fields = {"product": product, "name": name, "description": description, "images": [], "price": PRICE}
    linked = {"stripeProductId": product, "price": PRICE}
    return (
        Change("product", key, "create", None, fields),
        Change("product", key, "link", {"stripeProductId": None, "stripePriceId": None}, linked),
    )


def report(results: Sequence[Result], mode: str = "test") -> Report:
    """Return the report of a sync that has these results."""
    stripe = StripeIdentity(mode, "acct_1")
    line = "Plan: 1 to add."
    return Report("products sync", "preview", Changes(results), True, stripe, unit="course", summary_line=line)


def lines(shown: Report, extent: Extent) -> list[str]:
    """Return the lines of a plan."""
    return [line.plain for line in plan_lines(shown, extent) if isinstance(line, Text)]


def plan(count: int) -> Report:
    """Return the report of a sync that creates so many courses."""
    return report(planned(change for number in range(count) for change in created(number, "An ever longer name " * 9)))


def test_block_says_nothing_twice() -> None:
    """The link of a new product has no line of its own, nor has what is empty."""
    assert [
        "Environment preview, Stripe test mode, account acct_1",
        "  + create product course-000, link product",
        "      product: lmx_preview_course-000",
        "      name: A course",
        "      description: All about it.",
        "      price: 125,000.00 usd",
        "Plan: 1 to add.",
    ] == lines(report(planned(created(0))), Extent())


def test_link_to_another_product_is_shown() -> None:
    """The course named a product that is not the one above."""
    create, link = created(0)
    relinked = Change("product", link.key, "link", {"stripeProductId": "prod_gone"}, link.after)
    assert "      stripeProductId: prod_gone → lmx_preview_course-000" in lines(
        report(planned((create, relinked))), Extent()
    )


@pytest.mark.parametrize(("count", "every", "expected"), [(40, False, 202), (41, False, 44), (41, True, 207)])
def test_many_courses_have_one_line_each(count: int, every: bool, expected: int) -> None:
    """From 41 on, unless --verbose asks for everything."""
    assert expected == len(lines(plan(count), Extent(every=every)))


@pytest.mark.parametrize("width", [80, 120])
def test_line_of_a_course_fits_the_terminal_and_shows_the_price(width: int) -> None:
    """What is cut is the name, which comes last."""
    _, *courses, _, _ = lines(plan(300), Extent(width))
    assert {True} == {"price 125,000.00 usd, name An" in line and len(line) <= width for line in courses}


def test_pipe_gets_the_whole_line() -> None:
    """Whatever its length."""
    assert lines(plan(41), Extent())[1].endswith(("An ever longer name " * 9).rstrip() + " ")


def test_markdown_never_cuts_the_price_off() -> None:
    """The longest texts that Stripe holds leave room for it, in one row for each course."""
    create, link = created(0, "Long name " * 25, "Long description " * 2_300)
    images = [f"https://example.com/{number}{'/x' * 1_000}" for number in range(8)]
    after = {**(create.after or {}), "images": images, "price": PRICE}
    shown = render_markdown(report(planned((replace(create, after=after), link))))
    rows = [line for line in shown.splitlines() if line.startswith("| + |")]
    assert (1, True) == (len(rows), "price: 125,000.00 usd | planned |" in rows[0])


def test_outcomes_that_differ_say_whose_they_are() -> None:
    """The product was made, the link not."""
    create, link = created(0)
    shown = render_markdown(report((Result(create, "applied"), Result(link, "failed", "throttled"))))
    assert "| create product applied; link product failed: throttled |" in shown


def test_live_mode_stands_in_the_header_and_in_the_sum() -> None:
    """In words and in red; Markdown has the words."""
    live = report(planned(created(0)), "live")
    first, *_, last = (line for line in plan_lines(live, Extent()) if isinstance(line, Text))
    assert [("Environment preview, Stripe LIVE mode, account acct_1", "bold red")] == [(first.plain, first.style)]
    assert [("Plan: 1 to add. LIVE mode.", "bold red")] == [(last.plain, last.style)]
    shown = render_markdown(live)
    assert ("**Stripe LIVE mode, account acct_1**" in shown, "**Plan: 1 to add. LIVE mode.**" in shown) == (True, True)


def test_reason_that_a_field_shows_is_not_said_twice() -> None:
    """The reason of an operator is stored."""
    kept = Change("enrollment", "u/c", "keep", {"accessKeptReason": None}, {"accessKeptReason": "goodwill"}, "goodwill")
    shown = Report("enrollments keep", "preview", Changes(planned([kept])), True)
    assert ["  ~ keep enrollment u/c", "      accessKeptReason: - → goodwill"] == lines(shown, Extent())[1:3]


def test_row_that_a_finding_explains_is_left_out() -> None:
    """In text and in Markdown; other rows and other reasons stay."""
    rows = tuple(Skipped("enrollment", f"u-{reason}/c", reason) for reason in ("refunded", "open"))
    findings = (Finding("refunded", "u-refunded/c", "cs_1 was refunded in full"),)
    shown = Report("enrollments reconcile", "preview", Changes((), rows), True, findings=findings)
    assert ["    skipped enrollment u-open/c: open"] == [line for line in lines(shown, Extent()) if "skipped" in line]
    assert ["| skipped | enrollment | u-open/c | open |"] == [
        line for line in render_markdown(shown).splitlines() if "skipped" in line
    ]


def test_finding_that_a_row_of_a_list_tells_only_adds_its_remedy() -> None:
    """The column has the words; a finding without a remedy adds nothing."""
    rows = ({"id": "a", "drift": ["disabled"]}, {"id": "b", "drift": "orphan product: gone"})
    findings = (
        Finding("drift", "a", "we_1: disabled", "lmx webhooks create"),
        Finding("orphan product", "b", "gone"),
        Finding("other endpoint", "c", "we_2 is not lmx's"),
    )
    shown = Report("webhooks list", "preview", Items(rows, ("id", "drift")), findings=findings)
    said = [line.plain for line in detail_lines(shown, Extent()) if isinstance(line, Text)]
    assert ["  ! drift a", "      lmx webhooks create", "  ! other endpoint c: we_2 is not lmx's"] == said


def test_title_of_indented_lines_is_bold() -> None:
    """So that a case is found among others."""
    shown = Report("students show", "preview", Data({}, ("Student u", "", "course: in", "  paid", "", "b: in", "  x")))
    assert ["course: in", "b: in"] == [line.plain for line in verdict_lines(shown) if line.style == "bold"]


def completed(number: int) -> tuple[Change, Change]:
    """Return the changes that let a student in."""
    key = f"user-{number}/course"
    return (
        Change("enrollment", key, "complete", {"paymentStatus": "pending"}, {"paymentStatus": "completed"}),
        Change("event", key, "publish", None, {"eventType": "EnrollmentCompleted"}),
    )


def reconciled(results: Sequence[Result]) -> Report:
    """Return the report of a reconcile that has these results."""
    return Report("enrollments reconcile", "preview", Changes(results), False, unit="enrollment", summary_line="Sum.")


def test_enrollment_and_its_event_are_one_block() -> None:
    """What failed is named as that: the student is in, the mail is not sent."""
    complete, publish = completed(1)
    shown = reconciled((Result(complete, "applied"), Result(publish, "failed", "throttled")))
    assert [
        "  + complete enrollment user-1/course, failed: publish event",
        "      paymentStatus: pending → completed",
        "      publish event: eventType EnrollmentCompleted",
    ] == lines(shown, Extent())[3:6]
    row = "| + | complete enrollment user-1/course, publish event | paymentStatus: pending → completed; "
    assert row in render_markdown(shown)


def test_many_enrollments_have_one_line_each() -> None:
    """With what failed of them."""
    changes = [change for number in range(41) for change in completed(number)]
    results = [Result(change, "applied") for change in changes[:-1]] + [Result(changes[-1], "failed", "throttled")]
    first, *_, last, hint, _ = lines(reconciled(results), Extent())[3:]
    assert "  + complete enrollment user-0/course: paymentStatus pending → completed" in first
    assert last.startswith("  + complete enrollment user-40/course, failed: publish event: paymentStatus")
    assert "    One line for each enrollment: -v shows everything." == hint


def test_quiet_names_what_failed_once() -> None:
    """The reason is above; a block would only say it again."""
    _, publish = completed(1)
    shown = reduced(reconciled((Result(publish, "failed", "throttled"),)), Extent(quiet=True))
    assert shown is not None
    said = [line.plain for line in detail_lines(shown, Extent(quiet=True)) if isinstance(line, Text)]
    assert ["    failed publish event user-1/course: throttled"] == said
