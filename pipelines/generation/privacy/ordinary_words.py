"""English words that are also names: masked only where they are written as a name, with a capital."""

from __future__ import annotations

_WORDS = """
amber april art august autumn bailey baker banks barber bell berry bill bishop black blue bond booth bright brook
brooks brown bush butcher carpenter chance chase cherry christian clay cliff cloud cole cook cooper crystal daisy
dale dawn day dean dell destiny don drew duke earl east eve faith farmer felicity field fields fisher flora ford
forest fox frank freeman gale gene glen gold grace grant gray green grey grove guy hall harmony harper harry haven
hazel heath heather hill holly hope house hunt hunter iris ivy jack jade jasmine jay jean jewel john joy june
justice king knight lake lane law lily little long love lucky major mark marsh mason max may melody mercy miles
miller mills moon moss nick north nova oak olive page paris park parker pat peace pearl penny pepper perry piper
pool pope porter potter poppy power price prince queen rain ray read reed reese rich river rivers rob robin rock
rose rosemary ruby rusty sage sandy saw scarlett sharp short sky skip small snow south star stone storm strong sue
summer summers sunny swift sylvan tailor taylor temple terry tiger tiny tom trinity turner victor victory violet
walker wall ward waters way weaver wells west wheeler white wild will willow winter winters wise wolf wood woods
wren young
"""
ORDINARY = frozenset(_WORDS.split())
PARTICLES = frozenset(
    ("van", "von", "der", "den", "del", "de", "da", "di", "do", "dos", "das", "la", "le", "les", "los", "zu", "zum",
     "zur", "al", "el", "bin", "ibn", "ben", "mac", "mc", "saint", "san", "santa", "ter", "ten", "the", "and", "und")
)  # fmt: skip
LEGAL_FORMS = frozenset(
    ("gmbh", "mbh", "ag", "kg", "ug", "ohg", "ltd", "limited", "llc", "llp", "plc", "inc", "incorporated", "corp",
     "corporation", "co", "company", "sarl", "sas", "sa", "ab", "as", "aps", "oy", "oyj", "bv", "nv", "spa", "srl",
     "sl", "pty", "kk", "sp", "zoo", "spzoo", "sro", "doo", "kft", "gbr", "ek", "ev", "eg", "cie",
     "oue", "ou", "sca", "snc")
)  # fmt: skip
ROLES = frozenset(
    ("info", "office", "sales", "contact", "hello", "admin", "support", "service", "mail", "email", "team", "kontakt",
     "billing", "invoice", "orders", "order", "shop", "marketing", "noreply", "newsletter", "accounts", "customer")
)  # fmt: skip
STREETS = {
    "strasse": "str", "street": "st", "avenue": "ave", "road": "rd", "lane": "ln", "drive": "dr", "square": "sq",
    "boulevard": "blvd", "court": "ct", "place": "pl", "platz": "pl",
}  # fmt: skip
