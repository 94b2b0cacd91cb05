"""The checkout page in a real browser: headless Chromium, without JavaScript."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import worlds
from tests.running import Sandbox
from tests.sandbox.selling import new_link, new_session, read_session
from tests.sandbox.stripe_server import StripeServer

webdriver: Any = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install -e '.[dev]'")

CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=700,900",
)  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or CHROMEDRIVER is None,
        reason="no browser: the Debian packages chromium and chromium-driver are not installed",
    ),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser with a profile of its own; scripts are off."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile: Path = tmp_path_factory.mktemp("chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=CHROMEDRIVER))
    driver.implicitly_wait(10)
    yield driver
    driver.quit()


def press(browser: Any, text: str) -> None:
    """Press the button or link with that text."""
    browser.find_element(
        "xpath", f"//button[starts-with(normalize-space(), '{text}')] | //a[normalize-space()='{text}']"
    ).click()


def fill(browser: Any, label: str, text: str) -> None:
    """Type into the field with that label, as a person or a screen reader finds it."""
    found = browser.find_element("xpath", f"//label[starts-with(normalize-space(), '{label}')]")
    field = browser.find_element("id", found.get_attribute("for"))
    field.clear()
    field.send_keys(text)


def heading(browser: Any) -> str:
    """Return the page's heading."""
    text: str = browser.find_element("tag name", "h1").text
    return text


def wait_for(browser: Any, text: str) -> None:
    """Wait for a page with that heading."""
    browser.find_element("xpath", f"//h1[normalize-space()='{text}']")


def test_a_buyer_pays_by_card_after_a_declined_one(stripe_server: StripeServer, browser: Any) -> None:
    """And is led to the site."""
    site = f"{stripe_server.url}/_sandbox/health?session_id={{CHECKOUT_SESSION_ID}}"
    session = new_session(stripe_server, success_url=site)
    browser.get(session.url)
    fill(browser, "Email", "ada@b.example")
    press(browser, "Card is declined")
    assert "declined" in browser.find_element("css selector", "[role=alert]").text
    fill(browser, "Email", "ada@b.example")
    press(browser, "Pay by card")
    wait_for(browser, "Payment received")
    assert "paid" == read_session(stripe_server, session.id).payment_status
    press(browser, "Continue to the site")
    browser.find_element("tag name", "pre")
    assert site.replace("{CHECKOUT_SESSION_ID}", session.id) == browser.current_url


def test_a_buyer_of_a_link_pays_nothing_with_a_code(stripe_server: StripeServer, browser: Any) -> None:
    """The link's URL says who buys."""
    link = new_link(stripe_server, allow_promotion_codes=True)
    browser.get(f"{link.url}?client_reference_id=user_7&prefilled_email=ada%40b.example")
    assert "Course" == heading(browser)
    fill(browser, "Promotion code", "FREE")
    press(browser, "Pay by card")
    wait_for(browser, "No payment needed")
    (session,) = stripe_server.client().v1.checkout.sessions.list().data
    assert ("no_payment_required", "user_7", link.id) == (
        session.payment_status,
        session.client_reference_id,
        session.payment_link,
    )


def test_a_buyer_walks_away(stripe_server: StripeServer, browser: Any) -> None:
    """Nothing is paid, and the way back is open."""
    session = new_session(stripe_server)
    browser.get(session.url)
    press(browser, "Walk away")
    wait_for(browser, "You walked away")
    browser.back()
    wait_for(browser, "Course")
    assert "open" == read_session(stripe_server, session.id).status


def test_the_page_fits_a_phone(stripe_server: StripeServer, browser: Any) -> None:
    """Nothing sticks out to the side, and the style sheet is applied."""
    browser.set_window_size(400, 800)
    browser.get(new_session(stripe_server).url)
    body, button = (browser.find_element("css selector", name).rect for name in ("main", "button.primary"))
    assert body["x"] >= 0
    assert body["x"] + body["width"] <= 500
    assert button["width"] > body["width"] / 2


def test_who_pays_on_the_page_is_enrolled_by_the_next_reconcile(sandbox: Sandbox, browser: Any) -> None:
    """From the link of `checkout create`, through the page, to a completed enrollment; not a moment earlier."""
    worlds.on_sale(sandbox)
    browser.get(worlds.created(sandbox)["url"])
    assert 0 == worlds.run(sandbox, "enrollments", "reconcile").report["summary"]["complete"]
    press(browser, "Pay by card")
    wait_for(browser, "Payment received")
    assert "pending" == (worlds.read_enrollment(sandbox) or {})["paymentStatus"]
    assert 1 == worlds.run(sandbox, "enrollments", "reconcile").report["summary"]["complete"]
    assert "completed" == (worlds.read_enrollment(sandbox) or {})["paymentStatus"]
