import pytest

from pipelines.contracts import Refusal
from pipelines.customers.columns import QUARANTINE_COLUMNS, check_mapping, plan_columns, read_mapping, spelled
from pipelines.customers.kinds import CUSTOMERS, EVENTS, KINDS, ORDERS


def _plan(header, kind="customers", mapping=None):
    return plan_columns(header, KINDS[kind], check_mapping(mapping or {}, KINDS[kind], "map.yaml"), "given.csv")


SPELLINGS = {
    "email": [
        "email",
        "E-Mail",
        " EMAIL ",
        "e_mail",
        "E‑mail address",
        "\ufeffemail",
        "e.mail",
    ],
    "customer_id": ["customer_id", "Customer ID", "customerId", "CUSTOMER-ID", "Kunden-Nr.", "id", "ID:"],
    "first_name": ["firstName", "First  name", "Prénom", "Vorname", "given/name"],
    "signup_date": ["signup_date", "Sign-up date", "signupDate", "Created At", "joined"],
    "total_spend": ["Total spend", "LTV", "Total Spent", "lifetimeValue"],
}


@pytest.mark.parametrize(("name", "header"), [(name, each) for name, all_ in SPELLINGS.items() for each in all_])
def test_spellings_of_a_column(name, header):
    assert _plan([header, "phone"]).canonical[name] == 0


def test_columns_in_any_order_and_the_rest_kept_by_their_names():
    plan = _plan(["Favourite colour", "phone", "", "EMAIL", "客户", "#"])
    assert plan.canonical == {"phone": 1, "email": 3}
    assert plan.others == {"Favourite colour": 0, "column_3": 2, "客户": 4, "#": 5}
    assert plan.described() == {
        "Favourite colour": "kept as attribute",
        "phone": "phone",
        "EMAIL": "email",
        "客户": "kept as attribute",
        "#": "kept as attribute",
    }
    assert not plan.mended


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_field_is_known_by_its_own_name_and_no_alias_hides_one(kind):
    for field in kind.fields:
        for name in (field.name, field.name.upper().replace("_", " ")):
            others = [other.name for other in kind.fields if other.name != field.name]
            assert plan_columns([name, *others], kind, {}, "it").canonical[field.name] == 0


REFUSED = {
    "twins by name": (["email", "id", "email"], None, "mean email: 'email' (column 1) and 'email' (column 3)"),
    "twins by alias": (["E-Mail", "id", "mail"], None, "mean email: 'E-Mail' (column 1) and 'mail' (column 3)"),
    "unknown twins": (["email", "shoe", "shoe"], None, "mean shoe: 'shoe' (column 2) and 'shoe' (column 3)"),
    "a name like a gap": (["email", "", "column_2"], None, "two columns that mean column_2"),
    "twins by mapping": (["Main", "main!", "id"], {"email": "Main"}, "mean email: 'Main' (column 1) and 'main!'"),
    "nobody": (["colour", "city"], None, "no column that identifies anyone (customer_id or email or phone)"),
    "no names": (["", ""], None, "its columns are no names at all"),
    "unreachable": (["customer_id", "city"], None, "no column by which anyone could be reached (email or phone)"),
    "mapped but absent": (["id", "email"], {"phone": "Telefax"}, "no column that the mapping names for phone"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_headers_that_cannot_be_understood(case):
    header, mapping, sentence = REFUSED[case]
    with pytest.raises(Refusal) as refusal:
        _plan(header, mapping=mapping)
    assert sentence in str(refusal.value)
    assert str(refusal.value).startswith("given.csv ")


@pytest.mark.parametrize(
    ("kind", "header", "sentence"),
    [
        ("orders", ["order_id", "email", "amount"], "lacks the column ordered_at that orders need"),
        ("orders", ["email"], "lacks the column ordered_at, amount that orders need"),
        ("orders", ["ordered_at", "amount", "phone"], "identifies anyone (customer_id or email)"),
        ("events", ["customer_id", "event"], "lacks the column occurred_at that events need"),
        ("consents", ["email", "occurred_at"], "lacks the column status that consents need"),
        ("suppressions", ["email"], "lacks the column reason that suppressions need"),
    ],
)
def test_what_other_kinds_need(kind, header, sentence):
    with pytest.raises(Refusal) as refusal:
        _plan(header, kind)
    assert sentence in str(refusal.value)


def test_other_kinds_need_no_address():
    assert _plan(["customer_id", "date", "total"], "orders").canonical == {
        "customer_id": 0,
        "ordered_at": 1,
        "amount": 2,
    }
    assert _plan(["id", "type", "time", "value"], "events").canonical["occurred_at"] == 2


def test_a_mapping_beats_names_and_aliases():
    plan = _plan(["mail", "E-Mail 2", "email", "id"], mapping={"email": "e-mail 2"})
    assert plan.canonical == {"email": 1, "customer_id": 3}
    assert plan.others == {"mail (as in the file)": 0, "email (as in the file)": 2}
    assert _plan(["客户", "почта"], mapping={"customer_id": "客户", "email": "Почта"}).canonical == {
        "customer_id": 0,
        "email": 1,
    }


def test_a_mapping_file(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text('\ufeffemail: "Main address"\nphone: Mobil\n', encoding="utf-8")
    assert read_mapping(path, CUSTOMERS) == {spelled("Main address"): "email", "mobil": "phone"}
    assert read_mapping(None, CUSTOMERS) == {}


WRONG_FILES = {
    "not YAML": (b"email: [a\n", "is not YAML .*; correct line"),
    "not text": (b"email: \xff\xfe", "is not YAML .*; save it as YAML in UTF-8"),
    "no such day": (b"email: 2024-99-99", "is not YAML"),
    "a list": (b"- email", "must hold lines of the form"),
    "nothing": (b"", "must hold lines of the form"),
    "a number": (b"email: 3", "must hold lines of the form"),
    "unknown names": (
        b"mail: x\nemail: y\n7: z",
        "maps mail, 7, which customers do not have; known are customer_id, email",
    ),
    "one header twice": (b"email: X\nphone: ' x '", "maps two canonical names to one header"),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_wrong_mapping_files(case, tmp_path):
    content, sentence = WRONG_FILES[case]
    path = tmp_path / "map.yaml"
    path.write_bytes(content)
    with pytest.raises(Refusal, match=sentence):
        read_mapping(path, CUSTOMERS)


def test_a_missing_mapping_file(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(Refusal, match="no mapping file"):
            read_mapping(path, ORDERS)


def test_a_quarantine_file_is_known_by_any_of_its_columns():
    header = ["email", "mail (as in the file)", "'=shoe", "column_9", *QUARANTINE_COLUMNS]
    plan = _plan(header)
    assert plan.mended
    assert plan.canonical == {"email": 0}
    assert plan.others == {"mail (as in the file)": 1, "=shoe": 2, "column_9": 3}
    assert _plan(header[:5]).mended
    assert not _plan(header[:4]).mended


def test_a_quarantine_file_is_read_with_the_mapping_of_the_file_it_came_from():
    plan = _plan(["email", "id", *QUARANTINE_COLUMNS], mapping={"email": "Main address"})
    assert plan.canonical == {"email": 0, "customer_id": 1}


def test_events_keep_a_column_called_properties():
    plan = plan_columns(["id", "event", "time", "properties", "shoe"], EVENTS, {}, "it")
    assert (plan.canonical["properties"], plan.others) == (3, {"shoe": 4})
