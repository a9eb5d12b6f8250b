"""The columns that Liftline knows by name; whatever else a file has is kept as an attribute."""

# fmt: off
CANONICAL = frozenset(
    {
        "customer_id", "email", "phone", "first_name", "last_name", "company", "account_id", "job_title",
        "country", "region", "city", "time_zone", "locale", "signup_date", "last_purchase_date", "orders",
        "total_spend", "opens", "clicks", "consent", "consent_date", "consent_source", "consent_purpose",
        "tags", "order_id", "ordered_at", "amount", "currency", "product", "event_id", "event",
        "occurred_at", "value", "properties", "channel", "purpose", "status", "source", "text_version",
        "lawful_basis", "reason",
    }
)
# fmt: on
