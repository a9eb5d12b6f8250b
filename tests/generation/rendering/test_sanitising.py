import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.generation.links import clickable_elsewhere
from pipelines.generation.rendering.sanitising import as_text, sanitised

HOSTS = ("www.lindhaven.example", "lindhaven.example")


@pytest.mark.parametrize(
    "link",
    [
        "http://www.lindhaven.example/", "//www.lindhaven.example/", "//evil.example", "/offers", "offers", "#top",
        "?x",
        "https://evil.example/", "https://www.lindhaven.example@evil.example/", "https://a:b@www.lindhaven.example/",
        "https://www.lindhaven.example.evil.example/", "https://evil.example/www.lindhaven.example",
        r"https://www.lindhaven.example\@evil.example/", r"https:\\evil.example",
        "https:/evil.example", "https:evil.example",
        "https://www.lindhaven.example:8443/", "https://www.lindhavеn.example/",  # a Cyrillic letter
        "https://www.xn--lindhavn-r1a.example/", "https://www。lindhaven。example/", "https://%77ww.lindhaven.example/",
        "sms:+4940", "tel:+4940", "mailto:a@b.example", "data:text/html,x", "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "vbscript:x", "file:///etc/passwd", "ftp://www.lindhaven.example/", "ht\ntps://evil.example",
        " https://evil.example",
        "https://www.lindhaven.example/{{contact.first_name}}", "{{unsubscribe.link}}", "{{contact.first_name}}",
        "{{campaign.link}}.evil.example", "https://", "",
    ],
)  # fmt: skip
def test_a_link_elsewhere_loses_its_target_and_keeps_its_words(link: str) -> None:
    clean = sanitised(f'See <a href="{link}">the offer</a> now', HOSTS)
    assert clean.html == "See the offer now"
    assert clean.text == "See the offer now"
    assert clean.dropped == ("a link that may not be sent",)


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://www.lindhaven.example/a?b=1&amp;c=2#d", "https://www.lindhaven.example/a?b=1&amp;c=2#d"),
        ("https://lindhaven.example", "https://lindhaven.example"),
        ("https://www.lindhaven.example:443/a", "https://www.lindhaven.example:443/a"),
        ("{{campaign.link}}", "{{campaign.link}}"),
        ("{{ Campaign.Link }}", "{{campaign.link}}"),
    ],
)
def test_a_link_to_the_brand_or_to_the_campaign_stays(link: str, kept: str) -> None:
    clean = sanitised(f'<a href="{link}">x</a>', HOSTS)
    assert clean.html == f'<a href="{kept}">x</a>'
    assert clean.dropped == ()


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("5 < 6 & R&D", "5 &lt; 6 &amp; R&amp;D"),
        ("<strong>a</strong> <em>b</em>", "<strong>a</strong> <em>b</em>"),
        ("<strong style='font-size:99px' onclick='x()' class='y'>a</strong>", "<strong>a</strong>"),
        ("<script>alert(1)</script>a", "a"),
        ("<style>p{}</style>a", "a"),
        ("a<img src='https://www.lindhaven.example/pixel.png' alt='x'>", "a"),
        ("<svg onload=alert(1)>a</svg>", "a"),
        ("<iframe src='https://www.lindhaven.example/'></iframe>a", "a"),
        ("<!-- cut:button -->a<!--[if mso]>b<![endif]-->", "a"),
        ("<b>not closed", "<b>not closed</b>"),
        ("</td></tr></table>a", "a"),
        ("a\r\nb\u202e\x00c\u200bd", "a bcd"),
        ("&lt;script&gt;a", "&lt;script&gt;a"),
    ],
)
def test_only_words_and_emphasis_come_through(written: str, html: str) -> None:
    assert sanitised(written, HOSTS).html == html


def test_what_was_taken_out_is_named() -> None:
    assert sanitised("<h1>a</h1><img src=x><h1>b</h1>", HOSTS).dropped == ("<h1>", "<img>")


def test_plain_text_tells_where_a_link_leads() -> None:
    clean = sanitised('Read <a href="https://www.lindhaven.example/?a=1&b=2"><em>this</em></a> &amp; that', HOSTS)
    assert clean.text == "Read this (https://www.lindhaven.example/?a=1&b=2) & that"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Go to https://evil.example/x now.", ["https://evil.example/x"]),
        ("Go to HTTPS://WWW.evil.example!", ["HTTPS://WWW.evil.example"]),
        ("Visit www.evil.example.", ["www.evil.example"]),
        ("Visit evil-shop.com/pay, quickly", ["evil-shop.com/pay"]),
        ("Write to boss@evil.example today", ["boss@evil.example"]),
        ("Call tel:+4940123 or mailto:x@evil.example", ["tel:+4940123", "mailto:x@evil.example"]),
        ("https://www.lindhaven.example@evil.example/", ["https://www.lindhaven.example@evil.example/"]),
        ("http://www.lindhaven.example/", ["http://www.lindhaven.example/"]),
        ("See www。evil。com", ["www。evil。com"]),
        ("Claim it at prize.tk, at prize.gq/x or at evil.rocks/x.", ["prize.tk", "prize.gq/x", "evil.rocks/x"]),
        ("See https://www.lindhaven.example/x, or write to hello@lindhaven.example.", []),
        ("Teapot 1.2 l, 34.00 EUR, e.g. for two. Tel. 040, Dr. Feld, St. Pauli, 24.12.2026", []),
        ("Ada Feld, B.Sc., wool/linen, 24.12./25.12.", []),
    ],
)
def test_bare_addresses_that_readers_could_click_are_found(text: str, found: list[str]) -> None:
    assert list(clickable_elsewhere(text, HOSTS)) == found


@given(st.text(st.one_of(st.characters(), st.sampled_from("<>/\"'=&;!- abhref:https")), max_size=200))
def test_nothing_but_the_kept_tags_survives(written: str) -> None:
    clean = sanitised(written, HOSTS)
    for tag in ("a", "b", "i", "em", "strong"):
        assert clean.html.count(f"<{tag}>") + clean.html.count(f"<{tag} ") == clean.html.count(f"</{tag}>")
    rest = clean.html
    for tag in ("a", "b", "i", "em", "strong"):
        rest = rest.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    assert "<" not in rest.replace("<a href=", "")
    assert "\n" not in as_text(clean.html)
