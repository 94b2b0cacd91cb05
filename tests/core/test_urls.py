"""Pages of a site, whatever its URL has."""

import pytest

from learnermax_cli.core.urls import page_of


@pytest.mark.parametrize(
    ("site", "page"),
    [
        ("https://x.test", "https://x.test/courses/a?s=1"),
        ("https://x.test/", "https://x.test/courses/a?s=1"),
        ("https://x.test/school/", "https://x.test/school/courses/a?s=1"),
        ("https://x.test?ref=a&b", "https://x.test/courses/a?ref=a&b&s=1"),
        ("https://x.test:8443/school?ref=%20#top", "https://x.test:8443/school/courses/a?ref=%20&s=1#top"),
    ],
)
def test_page_keeps_what_the_url_of_the_site_has(site: str, page: str) -> None:
    """Path, query and fragment."""
    assert page == page_of(site, "/courses/a", "s=1")


def test_page_without_a_query_has_that_of_the_site_alone() -> None:
    """Nothing is added to it."""
    assert ("https://x.test/a?ref=b", "https://x.test/a") == (
        page_of("https://x.test?ref=b", "/a"),
        page_of("https://x.test?", "/a"),
    )
