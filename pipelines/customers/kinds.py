"""What each kind of file may hold: canonical columns, how they are read, and by which other names they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.customers.rules import consent, dates, email, money, places, text
from pipelines.customers.rules.verdict import Judged

Reader = Callable[[pl.Series], Judged]


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical column. Columns without a reader need more than their own cell (phones, dates)."""

    name: str
    aliases: tuple[str, ...] = ()
    read: Reader | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. `one_of` groups: a file needs a column of each group, a line a value of each."""

    name: str
    fields: tuple[Field, ...]
    identity: tuple[str, ...]
    reach: tuple[str, ...] = ()
    others: str | None = None

    @property
    def field_names(self) -> tuple[str, ...]:
        """The canonical names in their order."""
        return tuple(field.name for field in self.fields)


_identifier = text.read_identifier
_CUSTOMER = Field(
    "customer_id",
    ("id", "customer", "customer_no", "customer_number", "cust_id", "client_id", "contact_id", "user_id", "userid",
     "lead_id", "subscriber_id", "kundennummer", "kunden_nr", "kunden_id"),
    _identifier,
)  # fmt: skip
_EMAIL = Field(
    "email",
    ("e_mail", "mail", "email_address", "e_mail_address", "emailaddress", "mail_address", "contact_email",
     "work_email", "primary_email", "customer_email"),
    email.read_email,
)  # fmt: skip
_PHONE = Field(
    "phone",
    ("phone_number", "telephone", "tel", "telefon", "mobile", "mobile_phone", "mobile_number", "cell", "cell_phone",
     "handy", "telefonnummer", "mobil", "msisdn", "phonenumber"),
)  # fmt: skip
_CHANNEL = Field("channel", ("medium",), consent.read_channel)
_SOURCE = Field("source", ("form", "origin", "evidence_source"), text.read_text)

CUSTOMERS = Kind(
    "customers",
    (
        _CUSTOMER,
        _EMAIL,
        _PHONE,
        Field("first_name", ("firstname", "given_name", "forename", "vorname", "prenom"), text.read_text),
        Field("last_name", ("lastname", "surname", "family_name", "nachname", "nom"), text.read_text),
        Field("company", ("company_name", "organisation", "organization", "firma", "account_name"), text.read_text),
        Field("account_id", ("account", "company_id", "organisation_id", "organization_id"), _identifier),
        Field("job_title", ("title", "position", "role", "jobtitle"), text.read_text),
        Field("country", ("country_code", "nation", "land", "pays"), places.read_country),
        Field("region", ("state", "province", "county", "bundesland"), text.read_text),
        Field("city", ("town", "stadt", "ort", "ville"), text.read_text),
        Field("time_zone", ("timezone", "tz", "zeitzone"), places.read_time_zone),
        Field("locale", ("language", "lang", "sprache", "langue"), places.read_locale),
        Field("signup_date", ("signup", "sign_up_date", "signed_up", "registered", "registration_date", "created",
                              "created_at", "created_date", "joined", "join_date", "anmeldung", "anmeldedatum",
                              "date_inscription")),
        Field("last_purchase_date", ("last_purchase", "last_order", "last_order_date", "last_purchased_at",
                                     "letzter_kauf", "letzte_bestellung")),
        Field("orders", ("order_count", "orders_count", "total_orders", "num_orders", "number_of_orders", "purchases"),
              money.read_count),
        Field("total_spend", ("spend", "total_spent", "revenue", "lifetime_value", "ltv", "clv", "umsatz"),
              money.read_spend),
        Field("opens", ("email_opens", "open_count", "total_opens"), money.read_count),
        Field("clicks", ("email_clicks", "click_count", "total_clicks"), money.read_count),
        Field("consent", ("opt_in", "optin", "consent_given", "marketing_consent", "email_consent", "subscribed",
                          "einwilligung", "consent_status"), consent.read_consent),
        Field("consent_date", ("consented_at", "consent_timestamp", "opt_in_date", "optin_date")),
        Field("consent_source", ("opt_in_source", "optin_source"), text.read_text),
        Field("consent_purpose", ("purpose",), consent.read_purpose),
        Field("consent_text_version", ("text_version",), text.read_text),
        Field("consent_lawful_basis", ("lawful_basis",), consent.read_lawful_basis),
        Field("tags", ("tag", "labels", "label"), text.read_tags),
    ),
    identity=("customer_id", "email", "phone"),
    reach=("email", "phone"),
    others="attributes",
)  # fmt: skip

ORDERS = Kind(
    "orders",
    (
        Field("order_id", ("order", "order_no", "order_number", "transaction_id", "invoice_id", "bestellnummer"),
              _identifier),
        _CUSTOMER,
        _EMAIL,
        Field("ordered_at", ("order_date", "date", "purchased_at", "purchase_date", "created_at", "timestamp"),
              required=True),
        Field("amount", ("total", "order_total", "price", "value", "net_amount", "betrag"), money.read_amount,
              required=True),
        Field("currency", ("currency_code", "waehrung"), places.read_currency),
        Field("product", ("product_name", "item", "sku", "product_id"), text.read_text),
    ),
    identity=("customer_id", "email"),
    others="attributes",
)  # fmt: skip

EVENTS = Kind(
    "events",
    (
        Field("event_id", ("sg_event_id", "uuid"), _identifier),
        _CUSTOMER,
        _EMAIL,
        Field("event", ("event_name", "event_type", "type", "action", "activity"), consent.read_purpose,
              required=True),
        Field("occurred_at", ("timestamp", "event_time", "event_date", "date", "created_at", "time"), required=True),
        Field("value", ("amount", "event_value"), money.read_amount),
        Field("properties", ("props", "payload", "metadata"), text.read_json),
    ),
    identity=("customer_id", "email"),
    others="properties",
)  # fmt: skip

CONSENTS = Kind(
    "consents",
    (
        _CUSTOMER,
        _EMAIL,
        _PHONE,
        _CHANNEL,
        Field("purpose", ("consent_purpose",), consent.read_purpose),
        Field("status", ("consent", "consent_status", "opt_in", "optin"), consent.read_consent_status, required=True),
        Field("occurred_at", ("timestamp", "consent_date", "date", "consented_at", "created_at"), required=True),
        _SOURCE,
        Field("text_version", ("consent_text_version", "version"), text.read_text),
        Field("lawful_basis", ("basis",), consent.read_lawful_basis),
    ),
    identity=("customer_id", "email", "phone"),
    others="evidence",
)  # fmt: skip

SUPPRESSIONS = Kind(
    "suppressions",
    (
        _CUSTOMER,
        _EMAIL,
        _PHONE,
        _CHANNEL,
        Field("reason", ("type", "suppression_reason", "status"), consent.read_suppression_reason, required=True),
        Field("occurred_at", ("timestamp", "date", "created_at", "created")),
        _SOURCE,
    ),
    identity=("customer_id", "email", "phone"),
)  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (CUSTOMERS, ORDERS, EVENTS, CONSENTS, SUPPRESSIONS)}

# Read by more than their own cell: the day's place in a date is a habit of the whole column.
DATE_READERS: Mapping[str, Callable[[pl.Series, str | None], Judged]] = {
    "signup_date": dates.read_date,
    "last_purchase_date": dates.read_date,
    "consent_date": dates.read_moment,
    "ordered_at": dates.read_moment,
    "occurred_at": dates.read_moment,
}
