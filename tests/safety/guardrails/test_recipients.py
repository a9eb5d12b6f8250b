"""Every rule about one customer, at its boundary, decided by the database."""

import itertools
from datetime import timedelta

import pytest

from pipelines.safety.guardrails.reasons import REASONS
from pipelines.tenants.run import create_tenant

from .conftest import DAY, NOW, SECOND, Scene, mail_of, phone_of

THREE_YEARS = NOW.replace(year=2023)


def nothing(scene: Scene, who: str) -> None:
    scene.person(who)


def mails(number: int, when=NOW - DAY, state="delivered", **more):
    def write(scene: Scene, who: str) -> None:
        scene.person(who)
        for _ in range(number):
            scene.send(who, when, state, **more)

    return write


def bounces(number: int, when=NOW - DAY, name=" Hard_Bounce"):
    def write(scene: Scene, who: str) -> None:
        scene.person(who)
        for _ in range(number):
            scene.event(who, name, when)

    return write


def person(**fields):
    return lambda scene, who: scene.person(who, **fields)


def suppressed(reason: str, address=mail_of, channel: str = "email"):
    def write(scene: Scene, who: str) -> None:
        scene.person(who)
        scene.suppress(address(who), reason, channel)

    return write


def consents(*entries, **fields):
    def write(scene: Scene, who: str) -> None:
        scene.person(who, consented=False, **fields)
        for entry in entries:
            scene.consent(who, *entry)

    return write


def prefers(*entries, sent=None):
    def write(scene: Scene, who: str) -> None:
        scene.person(who)
        for entry in entries:
            scene.prefer(who, *entry)
        if sent:
            scene.send(who, sent)

    return write


def unknown_to_us(messages: int, when=NOW - DAY):
    def write(scene: Scene, who: str) -> None:
        scene.person(who, engagement_score=0, frequency=0, monetary=0)
        for _ in range(messages):
            scene.send(who, when)

    return write


GRANT, DENY = "granted", "denied"
CASES = {
    "nothing": (nothing, []),
    "stranger": (lambda scene, who: scene.member(who), ["unknown_customer", "no_consent"]),
    # Suppressions
    "erased": (suppressed("erasure"), ["erased"]),
    "erased by another address": (suppressed("erasure", phone_of, "sms"), ["erased"]),
    "unsubscribed": (suppressed("unsubscribe", lambda who: mail_of(who).upper()), ["unsubscribed"]),
    "unsubscribed elsewhere": (suppressed("unsubscribe", mail_of, "sms"), []),
    "unsubscribed from all": (suppressed("unsubscribe", mail_of, "all"), ["unsubscribed"]),
    "another's": (suppressed("unsubscribe", lambda who: f"2{mail_of(who)}"), []),
    "complained": (suppressed("complaint"), ["complained"]),
    "hard bounced": (suppressed("hard_bounce"), ["hard_bounced"]),
    "blocked": (suppressed("manual"), ["blocked"]),
    "no address": (person(email=None), ["no_address"]),
    # Consent by country
    "gdpr: none": (consents(), ["no_consent"]),
    "gdpr: another purpose": (consents((GRANT, NOW, "email", "invoices")), ["wrong_purpose"]),
    "gdpr: another channel": (consents((GRANT, NOW, "sms")), ["no_consent"]),
    "gdpr: younger than three years": (consents((GRANT, THREE_YEARS + SECOND)), []),
    "gdpr: three years old": (consents((GRANT, THREE_YEARS)), ["consent_too_old"]),
    "gdpr: renewed": (consents((GRANT, THREE_YEARS - DAY), (GRANT, NOW - DAY)), []),
    "gdpr: not yet given": (consents((GRANT, NOW + SECOND)), ["no_consent"]),
    "withdrawn": (consents((GRANT, NOW - 2 * DAY), (DENY, NOW - DAY)), ["consent_withdrawn"]),
    "withdrawn at once": (consents((GRANT, NOW - DAY), (DENY, NOW - DAY)), ["consent_withdrawn"]),
    "given again": (consents((DENY, NOW - 2 * DAY), (GRANT, NOW - DAY)), []),
    "denied elsewhere": (consents((GRANT, NOW - DAY), (DENY, NOW, "sms")), []),
    "objection is absolute": (
        consents((DENY, NOW - 9 * DAY, "post", "objection"), (GRANT, NOW - DAY)), ["objected"]),
    "objection withdrawn": (
        consents((DENY, NOW - 9 * DAY, "post", "objection"), (GRANT, NOW - DAY, "web", "objection"), (GRANT, NOW)), []),
    "us: none needed for mail": (consents(country="US"), []),
    "us: denial wins": (consents((DENY, NOW - DAY), country="US"), ["consent_withdrawn"]),
    "us: does not age": (consents((GRANT, THREE_YEARS - 900 * DAY), country="US"), []),
    "canada: needed": (consents(country="CA"), ["no_consent"]),
    "canada: does not age": (consents((GRANT, THREE_YEARS - DAY), country="CA"), []),
    "no country is the strictest": (consents(country=None), ["no_consent"]),
    "no law is the strictest": (consents((GRANT, THREE_YEARS), country="BR"), ["consent_too_old"]),
    "sale: California": (consents((DENY, NOW, "web", "sale"), country="US", region="california "), ["sale_opt_out"]),
    "sale: no region": (consents((DENY, NOW, "web", "sale"), country="US"), ["sale_opt_out"]),
    "sale: Texas": (consents((DENY, NOW, "web", "sale"), country="US", region="TX"), []),
    "sale: lifted": (consents(
        (DENY, NOW - DAY, "web", "sale"), (GRANT, NOW, "web", "sale"), country="US", region="CA"), []),
    "sale: no right in Germany": (consents((DENY, NOW, "web", "sale"), (GRANT, NOW)), []),
    "sale: no country": (consents((DENY, NOW, "web", "sale"), (GRANT, NOW), country=None), ["sale_opt_out"]),
    # Preferences
    "another channel only": (prefers(("only_channel", "sms")), ["other_channel_only"]),
    "this channel only": (prefers(("only_channel", "email")), []),
    "any channel again": (prefers(("only_channel", "sms", NOW - 2 * DAY), ("only_channel", "any", NOW - DAY)), []),
    "product updates only": (prefers(("only_topic", "product_updates")), ["other_topic_only"]),
    "digest due": (prefers(("weekly_digest", "on"), sent=NOW - 7 * DAY), []),
    "digest not due": (prefers(("weekly_digest", "on"), sent=NOW - 7 * DAY + SECOND), ["digest_not_due"]),
    "digest off": (prefers(("weekly_digest", "on", NOW - 2 * DAY), ("weekly_digest", "off"), sent=NOW - DAY), []),
    # How much is enough
    "two a week": (mails(2), []),
    "three a week": (mails(3), ["frequency_cap"]),
    "three, a week ago": (mails(3, NOW - 7 * DAY), []),
    "three within the week": (mails(3, NOW - 7 * DAY + SECOND), ["frequency_cap"]),
    "three by other channels": (mails(3, channel="sms"), ["frequency_cap"]),
    "three that wait": (mails(3, state="queued"), ["frequency_cap"]),
    "three in doubt": (mails(3, state="unknown"), ["frequency_cap"]),
    "three refused": (mails(3, state="rejected"), []),
    "three that were never sent": (mails(3, state="skipped"), []),
    "three invoices": (mails(3, marketing=False), []),
    "nine campaigns a day": (mails(9, NOW - DAY + SECOND, marketing=False), []),
    "ten campaigns a day": (mails(10, NOW - DAY + SECOND, marketing=False), ["day_cap"]),
    "ten campaigns yesterday": (mails(10, NOW - DAY, marketing=False), []),
    "two bounces": (bounces(2), []),
    "three bounces": (bounces(3), ["soft_opt_out"]),
    "three bounces long ago": (bounces(3, NOW - 365 * DAY), []),
    "three other events": (bounces(3, name="open"), []),
    "three messages bounced": (mails(3, NOW - 8 * DAY, "bounced"), ["soft_opt_out"]),
    # Interest
    "score at the limit": (person(engagement_score=0.3), ["low_engagement"]),
    "score above it": (person(engagement_score=0.3001), []),
    "a first sign, no order": (person(engagement_score=0.1, frequency=0), []),
    "no profile": (person(profile=False), []),
    "score 0 after an order": (person(engagement_score=0, frequency=1), ["low_engagement"]),
    # Money
    "much": (person(monetary=5000), []),
    "very much": (person(monetary=5000.01), ["vip"]),
    "much from one to win back": (person(monetary=1000, lifecycle_stage="at_risk"), []),
    "very much from one to win back": (person(monetary=1000.01, lifecycle_stage="churned"), ["vip"]),
}  # fmt: skip


# Where more messages than these are no spam.
PATIENT = {
    "no history": (unknown_to_us(0), []),
    "four chances": (unknown_to_us(4), []),
    "five chances": (unknown_to_us(5), ["low_engagement"]),
    "five chances long ago": (unknown_to_us(5, NOW - 90 * DAY), []),
}


@pytest.fixture(scope="module")
def another_scene(database):
    """Scenes that last for the module, each of a tenant of its own."""
    numbers = itertools.count(1)
    return lambda: Scene(database, create_tenant(database, f"rules-{next(numbers)}").tenant_id)


@pytest.fixture(scope="module")
def decided(another_scene):
    """Of each case the codes of the plan and those of the moment of sending: all people decided on at once."""
    told = {}
    for cases, policy in ((CASES, {}), (PATIENT, {"spam__messages": 99})):
        scene, people = another_scene(), {case: f"c{n}" for n, case in enumerate(cases, 1)}
        scene.change(**policy)
        with scene.together():
            scene.campaign()
            for case, who in people.items():
                cases[case][0](scene, who)
        planned, now = scene.all_codes(), scene.now_codes(*people.values())
        told |= {case: (planned[who], list(now[who].codes)) for case, who in people.items()}
    return told


@pytest.mark.parametrize("case", CASES | PATIENT)
def test_a_rule_at_its_boundary(decided, case):
    _, codes = (CASES | PATIENT)[case]
    # The moment of sending asks the same statement.
    assert decided[case] == (codes, codes)


BY_CHANNEL = {
    "sms: opt-in in the United States": ("sms", consents(country="US"), ["no_consent"]),
    "sms: no phone": ("sms", person(phone=None), ["no_address"]),
    "sms: stopped": ("sms", suppressed("unsubscribe", phone_of, "all"), ["unsubscribed"]),
    "sms: mail is nothing to it": ("sms", suppressed("unsubscribe"), []),
    "sms: erased by mail": ("sms", suppressed("erasure"), ["erased"]),
    "whatsapp: no marketing to +1": ("whatsapp", person(phone="+12125550123"), ["forbidden_number"]),
    "whatsapp: elsewhere": ("whatsapp", nothing, []),
    "push: no token": ("push", person(attributes=None), ["no_address"]),
    "push: unsubscribed by mail address": ("push", suppressed("unsubscribe", mail_of, "push"), ["unsubscribed"]),
    "linkedin: needs no address": ("linkedin", consents(country="US", email=None, phone=None), []),
    "linkedin: stopped by phone": (
        "linkedin",
        suppressed("unsubscribe", phone_of, "all"),
        ["unsubscribed", "no_consent"],
    ),
}


@pytest.fixture(scope="module")
def decided_by_channel(another_scene):
    scene, people = another_scene(), {case: f"c{n}" for n, case in enumerate(BY_CHANNEL, 1)}
    with scene.together():
        for channel in {channel for channel, *_ in BY_CHANNEL.values()}:
            scene.campaign(channel, f"{channel}-1")
        for case, who in people.items():
            BY_CHANNEL[case][1](scene, who)
    told = {channel: scene.all_codes(f"{channel}-1") for channel in {channel for channel, *_ in BY_CHANNEL.values()}}
    return {case: told[BY_CHANNEL[case][0]][who] for case, who in people.items()}


@pytest.mark.parametrize("case", BY_CHANNEL)
def test_a_rule_of_a_channel(decided_by_channel, case):
    assert decided_by_channel[case] == BY_CHANNEL[case][2]


def test_the_first_reason_is_the_first_of_the_table_and_all_are_told(scene):
    scene.person(email=None, consented=False, engagement_score=0.1, monetary=9000)
    scene.consent("c1", "denied", NOW - DAY)
    scene.prefer("c1", "only_channel", "sms")
    for _ in range(10):
        scene.send("c1", NOW - timedelta(hours=1))
    held = scene.codes()
    assert held == [
        "no_address", "consent_withdrawn", "other_channel_only", "day_cap", "frequency_cap", "low_engagement", "vip",
    ]  # fmt: skip
    assert held == [reason.code for reason in REASONS if reason.code in held]


def test_ledgers_are_read_through_the_aliases(scene):
    scene.person()
    scene.write("customer_aliases", [{"alias_id": "old", "customer_id": "c1", "source_seq": 1}])
    scene.consent("old", "denied", NOW - DAY)
    scene.prefer("old", "only_topic", "product_updates")
    for _ in range(3):
        scene.send("old", NOW - DAY)
    codes = ["consent_withdrawn", "other_topic_only", "frequency_cap"]
    assert scene.codes() == codes == list(scene.now_codes()["c1"].codes)


def test_who_wants_one_topic_alone_hears_of_a_campaign_about_it(scene):
    scene.person()
    scene.prefer("c1", "only_topic", "product_updates")
    assert scene.codes() == ["other_topic_only"]
    scene.rows('UPDATE campaigns SET brief = brief || \'{"topic": "product_updates"}\' RETURNING 1')
    assert scene.codes() == []


def test_what_waits_in_this_campaign_does_not_stand_in_its_own_way(scene):
    scene.person()
    for n in range(2):
        scene.send("c1", NOW - DAY, campaign_id=f"other-{n}")
    scene.send("c1", NOW, "queued", "spring-1")
    assert scene.codes() == []
    scene.send("c1", NOW, "claimed", "spring-1", step=2)
    assert scene.now_codes()["c1"].codes == ("frequency_cap",)


@pytest.mark.parametrize(
    ("kind", "unit_id", "fields", "inside"),
    [
        ("persona", "boss", {"job_title": "Chief of Staff"}, True),
        ("persona", "boss", {"job_title": "Retail COO"}, True),
        ("persona", "boss", {"job_title": "Coordinator"}, False),
        ("persona", "all", {"job_title": None}, True),
        ("account", "a1", {"account_id": "a1"}, True),
        ("account", "a1", {"account_id": "a2"}, False),
        ("person", "c1", {}, True),
        ("person", "c2", {}, False),
    ],
)
def test_the_audience_is_who_the_units_name(database, tenant, kind, unit_id, fields, inside):
    scene = Scene(database, tenant)
    scene.campaign(kind=kind)
    scene.unit(kind, unit_id)
    scene.person(**fields)
    assert scene.decide().audience == int(inside)
    code = "included" if inside else "unknown_customer"
    assert scene.now_codes()["c1"].code == code
    # Who takes another id meanwhile is the same person, whatever waits for them under the old one.
    scene.renamed("c1", "c7")
    assert scene.decide().audience == int(inside)
    assert [one.code for one in scene.now_codes("c1", "c7").values()] == [code, code]


NIGHT = {
    "day": ({}, NOW, "included"),
    "evening": ({}, NOW.replace(hour=19, minute=59), "included"),
    "night": ({}, NOW.replace(hour=20), "later"),
    "before eight": ({}, NOW.replace(hour=6, minute=59), "later"),
    "where the person lives": ({"time_zone": "America/Los_Angeles"}, NOW, "later"),
    "by the country": ({"time_zone": None}, NOW, "included"),
    "a zone that is none": ({"time_zone": "Mars/Base"}, NOW, "included"),
    "day in all of the country": ({"time_zone": None, "country": "US"}, NOW, "later"),
    "day all over the country": ({"time_zone": None, "country": "US"}, NOW.replace(hour=19), "included"),
    "day where nothing is known": ({"time_zone": None, "country": None}, NOW.replace(hour=14), "included"),
    "night where nothing is known": ({"time_zone": None, "country": None}, NOW.replace(hour=12), "later"),
}


@pytest.fixture(scope="module")
def night(another_scene):
    scene = another_scene()
    with scene.together():
        scene.campaign("sms")
        for n, (fields, *_) in enumerate(NIGHT.values(), 1):
            scene.person(f"c{n}", **fields)
    return scene


@pytest.mark.parametrize("case", NIGHT)
def test_at_night_a_message_that_disturbs_waits(night, case):
    (_, night.now, verdict), who = NIGHT[case], f"c{1 + list(NIGHT).index(case)}"
    assert night.now_codes(who)[who].verdict == verdict


@pytest.mark.parametrize("moment", sorted({moment for _, moment, _ in NIGHT.values()}), ids=str)
def test_planning_does_not_look_at_the_clock(night, moment):
    night.now = moment
    assert night.decide().included == len(NIGHT)


def test_a_mail_may_come_at_night_and_a_campaign_that_stopped_sends_nothing(scene):
    scene.person()
    scene.now = NOW.replace(hour=2)
    assert scene.now_codes()["c1"].verdict == "included"
    for status in ("paused", "cancelled", "completed"):
        scene.rows("UPDATE campaigns SET status = %s RETURNING 1", status)
        assert scene.now_codes()["c1"].code == "campaign_stopped"


def test_tenants_have_nothing_to_do_with_each_other(database, tenant, scene):
    other = Scene(database, create_tenant(database, f"{tenant}-o").tenant_id)
    other.campaign()
    other.person()
    other.suppress(mail_of("c1"), "unsubscribe")
    other.consent("c1", "denied", NOW)
    for _ in range(10):
        other.send("c1", NOW - DAY + SECOND)
    scene.person()
    assert scene.codes() == []
    assert other.codes() == ["unsubscribed", "consent_withdrawn", "day_cap", "frequency_cap"]
