"""Sequences of words that mean one thing; `*` stands for any one word. And sequences that say nothing at all."""

from __future__ import annotations

Meaning = tuple[tuple[str, ...], tuple[str, ...]]

_SAME = """
since day one = always; since the beginning = always; from day one = always; from the beginning = always; from the
start = always; used to make = former; used to sell = former; free of charge = free; free of cost = free; free
shipping = free deliver; free of = without; free from = without; free delivery = free deliver; at no extra cost =
free; at no extra charge = free; at no additional cost = free; at no additional charge = free; at no charge = free; at
no cost = free; at any time = any time; at once = immediately; for no extra charge = free; for free = free; for
nothing = free; for life = lifetime; without extra charge = free; without extra cost = free; without additional cost =
free; without charge = free; on the agreed day = punctual; on the house = free; on condition that = if; on average =
on-average; on us = free; on time = punctual; costs you nothing = free; costs nothing = free; cost you nothing = free;
cost nothing = free; pay nothing = free; not cost anything = free; not pay anything = free; not charge = free; not
charged = free; not including = except; no charge = free; no charges = free; no cost = free; no costs = free; no fee =
free; no fees = free; no 1 = number-one; no longer = not longer-now; send * * back = return; send * back = return;
send back = return; sends back = return; sent * back = return; sent back = return; sending back = return; bring * back
= return; bring back = return; give back = return; gives back = return; ship * back = return; ship back = return;
money back = money-back; put * together = assemble; put * in = into; put together = assemble; puts together =
assemble; pick * up = collect; pick up = collect; picked up = collect; set up = establish; comes with = include; come
with = include; came with = include; coming with = include; arrives with = include; arrive with = include; arriving
with = include; along with = with; together with = with; as well as = and; as long as = if; made up of = consist; made
by hand = handmade; made of = make; made from = make; made in = make; consists of = consist; crafted by hand =
handmade; crafted from = make; hand made = handmade; hand crafted = handmade; hand woven = handwoven; hand washed =
handwash; hand wash = handwash; woven by hand = handwoven; washed in the machine = machinewash; washed by hand =
handwash; wash * by hand = handwash; wash by hand = handwash; machine wash * = machinewash; machine wash =
machinewash; machine washed = machinewash; machine washable = machinewash; washing machine = machinewash; dish washer
= dishwasher; family run = family-run; family owned = family-run; family business = family-run; run by the family =
family-run; run by a family = family-run; e mail = email; e mails = email; number one = number-one; nr 1 = number-one;
delivery on us = free deliver; in no time = quick; in stock = available; in case = if; in use = use; in time =
punctual; sold out = sold-out; out of stock = sold-out; out of the = without; out loud = loud; keep * out of = not;
keep * away from = not; keep out of = not; keep away from = not; kept away from = not; rather than = not; leave * out
= not; leave out the = not; leave out = not; leaves out = not; do without = not; go without = not; skip = not; instead
of = not; refrain from = not; avoid = not; avoids = not; is forbidden = not allow; has to be = must; has to = must;
have to be = must; have to = must; having to = must; so long as = if; apart from = except; aside from = except; with
the exception of = except; other than = except; a pair of = pair; a lifetime = lifetime; lights up = light; switches *
off = switch-off; switches off = switch-off; switch off = switch-off; turns * off = switch-off; turns off =
switch-off; turn off = switch-off; takes part = participate; look after = care; looks after = care; make use of = use;
end of life = end-of-life; around the clock = round-the-clock; round the clock = round-the-clock; straight away =
immediately; right away = immediately; per cent = percent; goes up to = hold; goes in = into; opening hours = open;
opening times = open; business days = workday; business hours = open; within the promised time = punctual; day and night
= round-the-clock; night and day = round-the-clock; take * back = return; takes * back = return; take back = return;
takes back = return; took * back = return; expire today = expire this-day; expires today = expire this-day; ends today =
end this-day; end today = end this-day; ends tonight = end this-day; arrives today = arrive this-day; delivered today =
deliver this-day; to your home today = deliver this-day; you get a gift card = gift card; you get a gift = receive
given-gift; a gift with each = given-gift with each; a gift with every = given-gift with every; through the night =
overnight; all night = overnight; as seen in = featured; as seen on = featured; helps people with = heals; help people
with = heals; helps against = heals; help against = heals; for a penny = cheapest penny-price; impossible = not
possible; unavailable = not available; invalid = not valid; unsuitable = not suitable; unlikely = not likely; ineligible
= not eligible; prohibited = not allow; forbidden = not allow; unable to = not; fails to = not; fail to = not; failed
to = not; refuses to = not; refuse to = not
"""

_SAYS_NOTHING = """
from now on; at the same time; at its best; at least once; at your service; at all; at best; at last; at first; at
hand; at heart; for more; for example; for instance; on top of that; on the other hand; on your side; on its way; on
top; on hand; on board; not miss out; not to mention; not hesitate; not miss; not forget; not wait; not worry; not
just; not only; not merely; not simply; no need to say; no obligation to; no doubt; no wonder; no matter; no worries;
no strings; as soon as possible; as many as; as much as; as always; made for; made to; made easy; made simple; hand in
hand; in other words; in one go; in fact; in short; in addition; keep safe; do your best; do our best; so many; so
much; with all our heart; a few minutes of your; a single; a whole; look no further; right now; tea time; years to
come; years from now; all you have to do; all you need to do; all you need; all of us; all in all; all the best; all
the while; all about; all set; all our; all along; big difference; small thing; closer look; lean back; anywhere from;
slow mornings; after all; best regards; best wishes; kind regards; warm regards; warm wishes; warmest wishes; warmest
regards; kindest regards; very best; any time you like; any questions; any day; any more; anything else; feel free;
always here for you; always happy to help; always glad to help; always here; always welcome; never mind; never
hesitate; why not; why wait; once and for all; once upon a time; once more; first of all; first things first; first
cup; first sip; first step; last but not least; last chance; last summer; last winter; last year; last week; last
month; more than welcome; more and more; more about; more information; more time; learn more; read more; find out
more; see more; what is more; want more; take your time; every time; every morning; every evening; every season; every
home; every moment; every cup; each other; of course; just for you; only the best for; one of those; one more; one
thing; one day; one moment; one place; one click; one look; such as; by the way; good to know; nothing like; nothing
but; everything you need; everything else; everyone at; to all; to hand; hello everyone; dear all; hi all; hi
everyone; but also; less and less; most of all; whole family; safe travels; stay safe; much more; many happy returns;
many thanks; lots of; plenty of time; next step; now and then; time to; high time; the more; the better; save your
seat; save the date; save a seat; save your spot; save your place; secure your; if you would like; if you like; if you
want; if you wish; if you have; if you need; if you prefer; if that sounds; if you are; if not now; if so; if this;
better late than never; better still; better yet; over to you; over time; close to your heart; close to our heart;
whatever the weather; it is no secret; well made; proof of; half as; no pressure; take a minute; take a moment; merry
christmas; happy new year; happy holidays; have a good day; have a good week; have a great week; have a lovely week;
have a good weekend; have a lovely weekend; have a great day; now is not the right time; this is not the right time
"""


def _table() -> dict[str, list[Meaning]]:
    """By the first word, the longest first."""
    table: dict[str, list[Meaning]] = {}
    rows = [row.split("=") for row in _SAME.split(";")] + [[row, ""] for row in _SAYS_NOTHING.split(";")]
    for written, meant in rows:
        sequence = tuple(written.split())
        table.setdefault(sequence[0], []).append((sequence, tuple(meant.split())))
    for options in table.values():
        options.sort(key=lambda option: -len(option[0]))
    return table


PHRASES = _table()
