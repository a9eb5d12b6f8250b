import pytest

from pipelines.contracts import Refusal
from pipelines.generation.message import Message
from pipelines.generation.rendering import personalised, render
from tests.generation.rendering.letters import BRAND, FULL, VALUES, block, brief, letter


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (letter("Hi {{contact.email}}"), "block 1.1: {{contact.email}} is no slot"),
        (letter("Hi {{contact.<b></b>first_name}}"), "block 1.1: "),
        (letter("Hi &#123;&#123;contact.email&#125;&#125;"), "{{contact.email}} is no slot"),
        (letter("{% include 'x' %}"), "command of a template language"),
        (letter("Hello.", subject="Dear [Name]"), "subject: [Name] is a placeholder"),
        (letter("Hello.", subject="x" * 60), "the subject has 60 characters; it must stay under 60"),
        (letter("Hello.", subject="<b></b> "), "the subject has no words"),
        (letter("Hello.", subject="✨✨✨"), "the subject has no words"),
        (letter("Hello.", subject="{{campaign.link}}"), "does not belong here"),
        (letter("Hello.", cta=" "), "the call to action says nothing"),
        (letter("<script>x</script>"), "the body says nothing"),
        (letter("Pay at evil.com/now"), "evil.com/now would lead to a host"),
        (letter("x" * 2001), "block 1.1 has 2001 characters"),
        (letter(*["Hello."] * 41), "41 blocks"),
    ],
)
def test_what_may_not_be_sent_is_refused_by_name(message: Message, told: str) -> None:
    with pytest.raises(Refusal) as refusal:
        render(message, brief(), BRAND)
    assert told in str(refusal.value)


def test_all_faults_are_told_together() -> None:
    bad = letter("Pay at evil.com", "Hi {name}", subject="x" * 80, cta="")
    with pytest.raises(Refusal) as refusal:
        render(bad, brief(link="https://elsewhere.example/"), BRAND)
    for fault in ("evil.com", "{name}", "80 characters", "call to action", "elsewhere.example"):
        assert fault in str(refusal.value)


def test_a_subject_counts_as_long_as_it_usually_gets() -> None:
    fits = letter("Hello.", subject="{{contact.first_name|there}}, " + "x" * 52)
    assert render(fits, brief(), BRAND).subject.startswith("{{contact.first_name|there}}")
    with pytest.raises(Refusal, match="61 characters"):
        render(letter("Hello.", subject="{{contact.first_name|my dear}}, " + "x" * 52), brief(), BRAND)


def test_a_long_name_makes_a_long_subject_known_and_does_not_stop_the_mail() -> None:
    rendered = render(letter("Hello.", subject="{{contact.first_name|there}}, " + "x" * 52), brief(), BRAND)
    assert any(
        "it must stay under 60" in one
        for one in personalised(rendered, {**VALUES, "contact.first_name": "A" * 30}).warnings
    )


def test_emoji_capitals_and_dropped_markup_are_worth_a_warning() -> None:
    rendered = render(letter("<h1>Hello.</h1>", subject="🧣☕ THROWS FOR WINTER"), brief(), BRAND)
    assert rendered.warnings == (
        "block 1.1: <h1> taken out",
        "the subject has 2 emoji; one is enough",
        "the subject is all capitals; filters take that for spam",
    )
    one = render(letter("Hello.", subject="👩\u200d👩\u200d👧 Warm evenings"), brief(), BRAND)
    assert one.warnings == ()


def test_a_name_cannot_add_a_header_or_mark_up() -> None:
    rendered = render(FULL, brief(), BRAND)
    nasty = 'Eve\r\nBcc: x & "y"'
    mail = personalised(rendered, {**VALUES, "contact.first_name": nasty})
    assert "Eve Bcc: x &amp; &quot;y&quot;" in mail.html
    marked = personalised(rendered, {**VALUES, "contact.first_name": "<img src=x>{{postal.address}}"})
    assert "src=x" not in marked.html + marked.text
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert "{{" not in mail.subject + mail.preheader + mail.html + mail.text


def test_a_missing_link_or_address_stops_the_mail() -> None:
    rendered = render(FULL, brief(), BRAND)
    for name in ("unsubscribe.link", "postal.address", "campaign.link"):
        with pytest.raises(Refusal, match=name):
            personalised(rendered, {**VALUES, name: None})


def test_a_note_for_linkedin_has_300_characters_with_its_link() -> None:
    link_and_words = len("\nSee it: https://www.lindhaven.example/winter?a=1&b=2")
    fits = render(letter("x" * (300 - link_and_words)), brief("linkedin"), BRAND)
    assert fits.text.endswith("See it: {{campaign.link}}")
    with pytest.raises(Refusal, match="the note has 301 characters; 300 is the most"):
        render(letter("x" * (301 - link_and_words)), brief("linkedin"), BRAND)
    with pytest.raises(Refusal, match="For this reader the note has"):
        personalised(fits, {"campaign.link": "https://www.lindhaven.example/" + "y" * 60})


def test_push_whatsapp_and_web_keep_to_their_limits() -> None:
    push = render(letter("Warm. <a href='{{campaign.link}}'>Look</a>", subject="Warm"), brief("push"), BRAND)
    assert (push.subject, push.html) == ("Warm", "")
    with pytest.raises(Refusal, match="the push title has 51 characters; 50"):
        render(letter("Warm.", subject="x" * 51), brief("push"), BRAND)
    with pytest.raises(Refusal, match="the push text has 151 characters; 150"):
        render(letter("x" * 151), brief("push"), BRAND)
    with pytest.raises(Refusal, match="1,?024 is the most"):
        render(letter("x" * 1000), brief("whatsapp"), BRAND)
    whatsapp = render(letter(block("bullet", "One."), "Two."), brief("whatsapp", "de"), BRAND)
    assert whatsapp.text == "• One.\n\nTwo.\n\nSee it: {{campaign.link}}\n\nAbmelden mit STOP."
    web = render(letter("A & <b>b</b>.", subject="Tea & more"), brief("web", "de"), BRAND)
    assert web.html.startswith('<section lang="de"><h2>Tea &amp; more</h2><p>A &amp; <b>b</b>.</p>')


def test_a_language_without_words_of_the_brand_is_refused() -> None:
    with pytest.raises(Refusal, match="no words in fr"):
        render(FULL, brief(locale="fr"), BRAND)
    assert 'lang="de"' in render(FULL, brief(locale="de-AT"), BRAND).html
