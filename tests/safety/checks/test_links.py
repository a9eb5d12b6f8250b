"""Links: plain ones of ours pass, and whatever is not surely one of those is blocked by name."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.safety.links import faults_of, host_of
from tests.safety.checks.mails import BUTTON, HOSTS, LINK, RULES, TEXT, WAY_OUT, blocked, codes, held, mail, page

OURS = "https://www.lindhaven.example"
HOSTILE = {
    "http://www.lindhaven.example/": "link_not_https",
    "ftp://www.lindhaven.example/": "link_not_https",
    "//evil.example/": "link_without_scheme",
    "\\\\evil.example/": "link_without_scheme",
    "/products": "link_relative",
    "www.lindhaven.example": "link_relative",
    "": "link_empty",
    "javascript:alert(1)": "link_runs_code",
    "JaVa\tScRiPt:alert(1)": "link_runs_code",
    "\x01javascript:alert(1)": "link_runs_code",
    "data:text/html;base64,PHNjcmlwdD4=": "link_runs_code",
    "https://evil.example/": "link_foreign_host",
    "https://www.lindhaven.example.evil.example/": "link_foreign_host",
    "https://evil.example/www.lindhaven.example": "link_foreign_host",
    "https://evil.example?www.lindhaven.example": "link_foreign_host",
    "https://evil.example#@www.lindhaven.example": "link_foreign_host",
    "https://lindhaven.example.": "link_disguised",
    "https://www.lindhaven.example@evil.example/": "link_user_before_host",
    "https://www.lindhaven.example%40evil.example/": "link_user_before_host",
    "https://a:b@www.lindhaven.example/": "link_user_before_host",
    "https:\\\\evil.example\\@www.lindhaven.example/": "link_disguised",
    "https:/evil.example/": "link_disguised",
    "https:evil.example": "link_disguised",
    "https:///evil.example": "link_disguised",
    "https://www.lindhaven.example\\.evil.example/": "link_disguised",
    "https://www.lind\nhaven.example/": "link_disguised",
    " https://www.lindhaven.example/": "link_disguised",
    "https://www.lindhaven.example/a b": "link_disguised",
    "https://www.lindhaven.example/{{x}}": "link_disguised",
    "https://www.lindhaven.example/\u202egnp.exe": "link_disguised",
    "https://www%2elindhaven.example/": "link_disguised",
    "https://www.lindhaven.example:8443/": "link_port",
    "https://127.0.0.1/": "link_raw_ip",
    "https://0177.0.0.1/": "link_raw_ip",
    "https://0x7f000001/": "link_raw_ip",
    "https://0x7f.1/": "link_raw_ip",
    "https://2130706433/": "link_raw_ip",
    "https://127.1/": "link_raw_ip",
    "https://[::1]/": "link_raw_ip",
    "https://[::ffff:127.0.0.1]/": "link_raw_ip",
    "https://１２７.0.0.1/": "link_raw_ip",
    "https://xn--lndhaven-e4a.example/": "link_punycode",
    "https://www.lindhаven.example/": "link_homograph",
    "https://www.lindhaven.example。evil.example/": "link_homograph",
    "https://bit.ly/3xyz": "link_shortener",
    "https://www.tinyurl.com/x": "link_shortener",
    f"{OURS}/r?url=https://evil.example": "link_redirects",
    f"{OURS}/r?url=https%3A%2F%2Fevil.example": "link_redirects",
    f"{OURS}/r?url=https%25253A%25252F%25252Fevil.example": "link_redirects",
    f"{OURS}/r?next=//evil.example": "link_redirects",
    f"{OURS}/r?next=/%5Cevil.example": "link_redirects",
    f"{OURS}/r?next=/\\evil.example": "link_disguised",
    f"{OURS}/r?next=evil.example/x": "link_redirects",
    f"{OURS}/r?q=1#https://evil.example": "link_redirects",
    f"{OURS}//evil.example": "link_redirects",
    f"{OURS}/https://evil.example": "link_redirects",
    f"{OURS}/r?x=aHR0cHM6Ly9ldmlsLmV4YW1wbGU=": "link_redirects",
    f"{OURS}/r?next=https://www.lindhaven.example@evil.example": "link_redirects",
    f"{OURS}/{'a' * 2000}": "link_too_long",
    "mailto:somebody@elsewhere.example": "link_not_https",
    "mailto:hello@lindhaven.example?subject=STOP&bcc=x@evil.example": "link_not_https",
    "tel:+491700000000": "link_not_https",
    "{{contact.first_name|there}}": "link_relative",
    "https://{{campaign.link}}": "link_foreign_host",
}
PLAIN = (
    OURS, f"{OURS}/", f"{OURS}:443/a", "https://WWW.Lindhaven.Example/a",
    f"{OURS}/a?utm_source=mail&utm_campaign=w.b#top",
    f"{OURS}/r?next=https://go.lindhaven.example/a", f"{OURS}/p/wool-throw_130x170~moss", f"{OURS}/?copy=2&reg=1",
)  # fmt: skip
names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z]{2,6}){1,2}", fullmatch=True)


def faults(url: str) -> set[str]:
    return {code for code, _ in faults_of(url, HOSTS, RULES.told.links.shorteners, RULES.told.links.redirects)}


def with_link(url: str, words: str = "More") -> str:
    return page(f'<p>Hello. <a href="{url}">{words}</a></p>')


@pytest.mark.parametrize(("url", "code"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_a_hostile_link_is_blocked_by_name_wherever_it_stands(url: str, code: str) -> None:
    assert code in blocked(mail(html=with_link(url.replace("&", "&amp;"))), "links")
    assert code in blocked(mail(link=url), "links")


@pytest.mark.parametrize("url", PLAIN)
def test_a_plain_link_of_ours_passes_wherever_it_stands(url: str) -> None:
    assert codes(mail(html=with_link(url.replace("&", "&amp;")), link=url, text=f"{TEXT} {url}"), "links") == set()


@given(st.text(max_size=60) | st.text("htps:/\\@.?#&=%[]0x1 lindhave.x\t", max_size=40))
@example("https://www.lindhaven.example/{")
def test_what_has_no_fault_leads_to_one_of_our_hosts_and_nowhere_else(url: str) -> None:
    if not faults(url):
        assert host_of(url) in HOSTS


@given(names, st.sampled_from(["", "www."]), st.sampled_from(sorted(HOSTS)), st.sampled_from(["@", ".", "%40", "\\@"]))
def test_our_name_before_another_host_never_passes(name: str, www: str, ours: str, joint: str) -> None:
    assert faults(f"https://{ours}{joint}{www}{name}/") or f"{ours}.{www}{name}" in HOSTS


@given(
    names,
    st.integers(0, 3),
    st.sampled_from(["url", "next", "x", "RedirecT"]),
    st.sampled_from(["https://", "//", "http:"]),
)
def test_an_address_inside_a_link_is_found_however_often_it_is_encoded(
    name: str, times: int, key: str, before: str
) -> None:
    target = f"{before}{name}"
    for _ in range(times):
        target = quote(target, safe="")
    assert "link_redirects" in faults(f"{OURS}/go?a=1&{key}={target}")


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://evil.example/x.png" alt="A throw">', '<img src="//evil.example/x.png" alt="A throw">',
        '<div style="background:url(https://evil.example/b.png)">x</div>',
        '<td background="https://evil.example/b.png">x</td>',
        '<div style="background:\\75rl(https://evil.example/b.png)">x</div>',
        "<style>@import 'https://evil.example/a.css';</style>",
        '<map><area href="https://evil.example/"></map>', '<a href="https&#58;//evil.example/">x</a>',
        '<img srcset="https://evil.example/2x 2x">',
        '<a href="https://www.lindhaven.example" href="https://evil.example/">x</a><a href=https://evil.example/>y</a>',
        "<p>Look at evil.example/now</p>", "<p>Look at www。evil。example</p>", "<p>http://www.lindhaven.example</p>",
        "<p>evil<b>.</b>com</p>",
    ],
)  # fmt: skip
def test_whatever_loads_or_can_be_clicked_is_looked_at(markup: str) -> None:
    assert blocked(mail(html=page(markup)), "links")


@pytest.mark.parametrize("bare", ["prize.tk", "win.rocks/x", "prize.pw?x", "-evil.ci"])
def test_what_mail_programs_make_a_link_of_is_one(bare: str) -> None:
    assert "link_foreign_host" in blocked(mail(text=f"{TEXT} Claim it: {bare}"), "links")


def test_the_brands_own_address_may_be_written_to() -> None:
    assert codes(mail(html=with_link("mailto:care@lindhaven.example")), "links") == set()
    assert codes(mail(html=with_link("tel:+49 40 66969-120")), "links") == set()
    assert codes(mail(text=f"{TEXT} Prices from 79.00 EUR, z.B. 12.50. Node.It is 1.2 l."), "links") == {
        "link_foreign_host"
    }


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("www.paypal.com", LINK), ("https://paypal.com/login", "{{campaign.link}}"), ("p\u200baypal.com", LINK),
        ("paypa<b>l.c</b>om", LINK),
        ("ｐａｙｐａｌ.com", LINK), ("Visit bank。com now", LINK), ("www.lindhaven.example", "https://evil.example"),
        ('<img src="https://www.lindhaven.example/a.png" alt="www.paypal.com">', LINK),
    ],
)  # fmt: skip
def test_words_that_name_another_page_than_the_link_leads_to_are_blocked(words: str, url: str) -> None:
    assert blocked(mail(html=with_link(url, words)), "link_text") == {"link_text_differs"}


def test_a_title_can_lie_too_and_honest_names_pass() -> None:
    lying = f'<a href="{LINK}" title="https://paypal.com">See</a>'
    assert blocked(mail(html=page(lying)), "link_text") == {"link_text_differs"}
    for words, url in (
        ("www.lindhaven.example", LINK),
        ("lindhaven.example", "{{campaign.link}}"),
        ("See 1.2 l", LINK),
    ):
        assert codes(mail(html=with_link(url, words)), "link_text") == set()


@pytest.mark.parametrize(
    "pixel",
    [
        '<img src="https://track.example/o.gif" width="1" height="1" alt="">',
        '<img src="https://track.example/o.gif" style="display:none" alt="">',
        '<div style="display:none"><img src="http://www.lindhaven.example/o.gif" alt=""></div>',
        '<img src="https://track.example/o" height=0 alt="">',
        '<img src="https://track.example/o.gif" style="width:1px;height:1px" alt="">',
    ],
)  # fmt: skip
def test_a_pixel_of_somebody_else_is_blocked(pixel: str) -> None:
    assert blocked(mail(html=page(pixel)), "tracking_pixels") == {"foreign_pixel"}


def test_our_own_pixel_and_every_link_of_the_honest_mail_pass() -> None:
    own = '<img src="https://go.lindhaven.example/o.gif" width="1" height="1" alt="">'
    assert codes(mail(html=page(own)), "tracking_pixels", "images", "image_share") == set()
    assert held(mail(html=page(f"{BUTTON} {WAY_OUT}")), "links", "link_text") == ()
