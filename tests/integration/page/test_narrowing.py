"""Results narrowed by their dates, put into another order, and followed to documents like one of them."""

import pytest
from playwright.sync_api import Page, expect

from browsing import Watched

pytestmark = pytest.mark.integration


def titles(page: Page) -> list[str]:
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    return page.locator(".result h2").all_inner_texts()


def test_a_bar_of_the_histogram_narrows_the_results_to_its_time_and_back_widens_them(watched: Watched) -> None:
    page = watched.open("/?q=leave")
    bars = page.get_by_role("group", name="Results by date").get_by_role("button")
    expect(bars).to_have_count(7)  # 2019 to 2025: more months than there is room for
    expect(page.get_by_role("button", name="2022: 0")).to_be_disabled()

    page.get_by_role("button", name="2019: 1").click()
    expect(page.locator(".result")).to_have_count(1)
    assert titles(page) == ["Old leave"]
    expect(page.get_by_label("Year")).to_have_value("2019")

    page.go_back()
    expect(bars).to_have_count(7)


def test_a_month_in_the_address_is_a_filter(watched: Watched) -> None:
    page = watched.open("/?q=leave&updated_at=2025-03")
    expect(page.locator(".result")).to_have_count(1)

    assert titles(page) == ["Leave & holidays"]
    expect(page.locator("select[name=updated_at] option:checked")).to_have_text("March 2025")


def test_results_are_shown_by_date_where_that_is_wanted(watched: Watched) -> None:
    page = watched.open("/?q=leave")
    expect(page.locator(".result").first).to_be_visible()

    page.get_by_label("Order").select_option("Oldest first")
    expect(page.locator(".result h2").first).to_have_text("Old leave")
    assert "sort=oldest" in page.url
    page.get_by_label("Order").select_option("Newest first")
    expect(page.locator(".result h2").first).to_have_text("Leave & holidays")


def test_documents_like_one_are_shown_and_left_again(watched: Watched) -> None:
    page = watched.open("/?q=annual+leave")
    page.get_by_role("button", name="Documents like Leave & holidays").click()
    expect(page.get_by_text("Documents like “Leave & holidays”")).to_be_visible()
    expect(page.locator("#answer")).to_be_hidden()
    assert "Leave & holidays" not in titles(page)
    assert "Old leave" in titles(page)

    page.get_by_role("button", name="Back to the results").click()
    expect(page.locator(".result h2").first).to_have_text("Leave & holidays")
