"""The pages that a buyer sees, over plain HTTP."""

import re
from html import unescape

import pytest
import requests

from tests.sandbox.selling import SUCCESS_URL, course_price, new_link, new_session, read_session
from tests.sandbox.stripe_server import StripeServer

EVIL = '<script>alert("1")</script>'


def get(url: str) -> requests.Response:
    """Read a page."""
    return requests.get(url, timeout=10)


def post(url: str, **fields: str) -> requests.Response:
    """Send the form and follow where it goes."""
    return requests.post(url, data={"email": "ada@b.example", **fields}, timeout=10)


def heading(answer: requests.Response) -> str:
    """Return the heading of a page."""
    matched = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)
    assert matched is not None
    return unescape(matched[1])


def test_the_page_shows_what_is_sold(stripe_server: StripeServer) -> None:
    """Course, amount, and a form with every way to pay; a promotion code only where there may be one."""
    session = new_session(stripe_server, customer_email="ada@b.example", cancel_url="https://learnermax.example/back")
    page = get(str(session.url))
    assert (200, "Course", True, True) == (
        page.status_code,
        heading(page),
        "49.99 USD" in page.text,
        'value="ada@b.example"' in page.text,
    )
    assert ["card", "delayed", "declined"] == re.findall(r'name="method" value="(\w+)"', page.text)
    assert 'href="https://learnermax.example/back"' in page.text
    assert "promotion_code" not in page.text
    assert "promotion_code" in get(str(new_session(stripe_server, allow_promotion_codes=True).url)).text


def test_paying_ends_on_a_page_that_leads_to_the_site(stripe_server: StripeServer) -> None:
    """The session's id is filled in; coming back shows the same."""
    session = new_session(stripe_server)
    paid = post(str(session.url), method="card")
    assert ("Payment received", session.url) == (heading(paid), paid.url)
    assert f'href="{SUCCESS_URL.replace("{CHECKOUT_SESSION_ID}", session.id)}"' in paid.text
    found = read_session(stripe_server, session.id)
    assert found.customer_details is not None
    assert ("paid", "ada@b.example") == (found.payment_status, found.customer_details.email)
    assert "Payment received" == heading(post(str(session.url), method="card"))
    assert 1 == len(stripe_server.client().v1.charges.list().data)


def test_a_declined_card_can_be_followed_by_another(stripe_server: StripeServer) -> None:
    """The page says what happened."""
    url = str(new_session(stripe_server).url)
    declined = post(url, method="declined")
    assert (200, True) == (declined.status_code, "Your card was declined." in declined.text)
    assert "Payment received" == heading(post(url, method="card"))


def test_a_bank_debit_is_on_its_way(stripe_server: StripeServer) -> None:
    """Until it has arrived, or failed."""
    first, second = new_session(stripe_server), new_session(stripe_server)
    for session in (first, second):
        assert "Payment is on its way" == heading(post(str(session.url), method="delayed"))
    stripe_server.control.settle(first.id, succeed=True)
    stripe_server.control.settle(second.id, succeed=False)
    assert "Payment received" == heading(get(str(first.url)))
    assert "Payment failed" == heading(get(str(second.url)))


def test_a_promotion_code_takes_something_off(stripe_server: StripeServer) -> None:
    """Or everything; a code that is none is told, and what was typed stays."""
    session = new_session(stripe_server, allow_promotion_codes=True)
    wrong = post(str(session.url), method="card", promotion_code="OFF101")
    assert (422, True, True) == (
        wrong.status_code,
        "This promotion code is not valid." in wrong.text,
        'value="OFF101"' in wrong.text and 'value="ada@b.example"' in wrong.text,
    )
    assert "40.00 USD was paid." in post(str(session.url), method="card", promotion_code="off20").text
    other = new_session(stripe_server, allow_promotion_codes=True)
    assert "No payment needed" == heading(post(str(other.url), method="card", promotion_code="FREE"))
    assert "no_payment_required" == read_session(stripe_server, other.id).payment_status


@pytest.mark.parametrize("fields", [{"email": "nobody"}, {"method": "cash"}, {"promotion_code": "FREE"}])
def test_a_wrong_form_pays_nothing(stripe_server: StripeServer, fields: dict[str, str]) -> None:
    """No address, no such method, no promotion codes here."""
    session = new_session(stripe_server)
    answer = post(str(session.url), **{"method": "card", **fields})
    assert (422, "open") == (answer.status_code, read_session(stripe_server, session.id).status)


def test_walking_away_leaves_the_session_open(stripe_server: StripeServer) -> None:
    """Without a cancel_url there is a page for it."""
    session = new_session(stripe_server)
    leave = re.search(r'class="leave" href="([^"]+)"', get(str(session.url)).text)
    assert leave is not None
    assert "You walked away" == heading(get(stripe_server.url + leave[1]))
    assert "open" == read_session(stripe_server, session.id).status


def test_an_expired_session_says_so(stripe_server: StripeServer) -> None:
    """And takes no money."""
    session = new_session(stripe_server)
    stripe_server.control.advance_clock(25 * 3600)
    assert "This session has expired" == heading(get(str(session.url)))
    assert "This session has expired" == heading(post(str(session.url), method="card"))


def test_a_link_opens_a_new_session_each_time(stripe_server: StripeServer) -> None:
    """With the reference of its URL, and the address that it brings."""
    link = new_link(stripe_server)
    page = get(f"{link.url}?client_reference_id=user_7&prefilled_email=ada%40b.example")
    other = get(f"{link.url}?client_reference_id=user%207")
    assert ("Course", True, True) == (heading(page), page.url != other.url, 'value="ada@b.example"' in page.text)
    references = [session.client_reference_id for session in stripe_server.client().v1.checkout.sessions.list().data]
    assert [None, "user_7"] == references
    assert "Payment received" == heading(post(page.url, method="card"))


def test_an_inactive_link_says_so(stripe_server: StripeServer) -> None:
    """With its own words, and makes no session."""
    link = new_link(stripe_server, inactive_message=f"Sold out {EVIL}")
    stripe_server.client().v1.payment_links.update(link.id, {"active": False})
    page = get(link.url)
    assert (410, "This link cannot be used", False) == (page.status_code, heading(page), EVIL in page.text)
    assert [] == stripe_server.client().v1.checkout.sessions.list().data


def test_the_embedded_form_needs_the_whole_secret(stripe_server: StripeServer) -> None:
    """It shows the same form, and leads to the return_url."""
    session = new_session(stripe_server, ui_mode="embedded_page", success_url=None, return_url=SUCCESS_URL)
    page = get(f"{stripe_server.url}/_sandbox/embedded?client_secret={session.client_secret}")
    assert (200, "Course") == (page.status_code, heading(page))
    action = re.search(r'action="([^"]+)"', page.text)
    assert action is not None
    paid = post(stripe_server.url + action[1], method="card")
    assert f'href="{SUCCESS_URL.replace("{CHECKOUT_SESSION_ID}", session.id)}"' in paid.text
    assert 404 == get(f"{stripe_server.url}/_sandbox/embedded?client_secret={session.id}").status_code
    assert 404 == get(f"{stripe_server.url}/_sandbox/embedded").status_code


@pytest.mark.parametrize("path", ["/c/pay/cs_test_none", "/l/test_none", "/_sandbox/embedded?client_secret=x"])
def test_an_unknown_page_is_a_404(stripe_server: StripeServer, path: str) -> None:
    """For people, not as JSON."""
    page = get(stripe_server.url + path)
    assert (404, "This page does not exist") == (page.status_code, heading(page))


def test_text_is_never_markup(stripe_server: StripeServer) -> None:
    """Neither the course's name nor what was typed."""
    session = new_session(stripe_server, price=course_price(stripe_server, name=EVIL), allow_promotion_codes=True)
    page = get(str(session.url))
    assert (EVIL, False) == (heading(page), EVIL in page.text)
    typed = post(str(session.url), method="card", promotion_code=f'"{EVIL}', email=f'"{EVIL}')
    assert (422, False) == (typed.status_code, EVIL in typed.text)


def test_the_pages_load_nothing_from_elsewhere(stripe_server: StripeServer) -> None:
    """One style sheet of the sandbox's own, no script, and a policy that says so."""
    page = get(str(new_session(stripe_server).url))
    policy = page.headers["Content-Security-Policy"]
    assert (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ) == policy
    assert (["/c/checkout.css"], False) == (
        re.findall(r'(?:src|href)="(/[^"?]*)"', page.text)[:1],
        "<script" in page.text,
    )
    style = get(stripe_server.url + "/c/checkout.css")
    assert (200, True) == (style.status_code, style.headers["Content-Type"].startswith("text/css"))
