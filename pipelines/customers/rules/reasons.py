"""What each problem code means to the person who uploaded the file, and what mends it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A code, a sentence that names {column} and {value}, and what to do about it."""

    code: str
    sentence: str
    mend: str


_ISO = "Write it as year-month-day, e.g. 2024-05-01, or empty the cell."
_OR_EMPTY = ", or empty the cell."

_CONTACT = (
    (
        "email_invalid",
        "{column} '{value}' is not a valid e-mail address.",
        "Correct the address, e.g. name@example.com" + _OR_EMPTY,
    ),
    (
        "phone_invalid",
        "{column} '{value}' is not a valid phone number.",
        "Correct the number, e.g. +49 30 1234567" + _OR_EMPTY,
    ),
    (
        "phone_scientific",
        "{column} '{value}' was shortened by a spreadsheet; the missing digits cannot be recovered.",
        "Format the column as text in the spreadsheet, enter the full number and save again.",
    ),
    (
        "phone_country_unknown",
        "{column} '{value}' has no country code and the line names no country.",
        "Begin the number with + and the country code, e.g. +49, or fill in the country.",
    ),
    (
        "email_taken",
        "{column} '{value}' already belongs to another customer.",
        "Use that customer's id on this line, or correct the address.",
    ),
    (
        "not_reachable",
        "The line has neither a customer id nor an e-mail address nor a phone number.",
        "Fill in at least one of them.",
    ),
)
_PLACE = (
    (
        "country_unknown",
        "{column} '{value}' is not a known country.",
        "Use the two-letter code, e.g. DE, or the English name" + _OR_EMPTY,
    ),
    (
        "time_zone_unknown",
        "{column} '{value}' is not a known time zone.",
        "Use a name such as Europe/Berlin or UTC" + _OR_EMPTY,
    ),
    (
        "locale_invalid",
        "{column} '{value}' is not a known language.",
        "Use a language code such as en, en-GB or de-DE" + _OR_EMPTY,
    ),
    (
        "currency_unknown",
        "{column} '{value}' does not name one known currency.",
        "Use the three-letter code, e.g. EUR or USD.",
    ),
)
_TIME = (
    (
        "date_invalid",
        "{column} '{value}' is not a date that exists between 1900 and 2200, or is not written as one.",
        _ISO,
    ),
    ("date_ambiguous", "{column} '{value}' can be read with either day or month first.", _ISO),
    (
        "date_serial",
        "{column} '{value}' is a spreadsheet's internal number and not a date.",
        "Format the column as a date (year-month-day) in the spreadsheet and save again.",
    ),
    ("date_in_future", "{column} '{value}' lies in the future.", "Correct the date" + _OR_EMPTY),
    (
        "signup_in_future",
        "The sign-up date '{value}' lies in the future.",
        "Correct the sign-up date" + _OR_EMPTY,
    ),
    (
        "purchase_in_future",
        "The purchase date '{value}' lies in the future.",
        "Correct the purchase date" + _OR_EMPTY,
    ),
    (
        "purchase_before_signup",
        "The purchase date '{value}' lies before the sign-up date.",
        "Correct whichever of the two dates is wrong.",
    ),
)
_NUMBER = (
    (
        "amount_ambiguous",
        "{column} '{value}' can be read as thousands or as a decimal fraction.",
        "Write it without a thousands mark and with two decimals, e.g. 1234.00.",
    ),
    (
        "amount_invalid",
        "{column} '{value}' is not an amount of money.",
        "Write a number, e.g. 1234.50" + _OR_EMPTY,
    ),
    (
        "amount_not_a_number",
        "{column} '{value}' stands for a failed calculation and not for an amount.",
        "Enter the amount" + _OR_EMPTY,
    ),
    (
        "amount_too_large",
        "{column} '{value}' is too large; amounts must stay below 1,000,000,000,000.",
        "Correct the amount.",
    ),
    ("amount_negative", "{column} '{value}' is below zero.", "Enter zero or a positive amount" + _OR_EMPTY),
    (
        "count_invalid",
        "{column} '{value}' is not a whole number from 0 to 2,147,483,647.",
        "Write a whole number, e.g. 3" + _OR_EMPTY,
    ),
    (
        "count_negative",
        "{column} '{value}' is below zero.",
        "Enter zero or a positive whole number" + _OR_EMPTY,
    ),
    (
        "count_not_a_number",
        "{column} '{value}' stands for a failed calculation and not for a count.",
        "Enter the count" + _OR_EMPTY,
    ),
)
_CONSENT = (
    (
        "consent_status_unknown",
        "{column} '{value}' says neither that consent was granted nor that it was denied.",
        "Write granted or denied.",
    ),
    (
        "channel_unknown",
        "{column} '{value}' is not a known channel.",
        "Use email, sms, whatsapp, push, phone, post, web, linkedin or custom.",
    ),
    (
        "purpose_invalid",
        "{column} '{value}' is not a usable purpose.",
        "Use a short name of at most 64 characters with letters or digits, e.g. marketing.",
    ),
    (
        "lawful_basis_unknown",
        "{column} '{value}' is not a lawful basis.",
        "Use consent, contract, legal_obligation, vital_interests, public_task or legitimate_interests.",
    ),
    (
        "suppression_reason_unknown",
        "{column} '{value}' is not a known reason for a suppression.",
        "Use unsubscribe, complaint, hard_bounce, erasure or manual.",
    ),
    (
        "erased",
        "This person asked to be erased; the line may not be imported again.",
        "Remove the line from your file.",
    ),
)
_TEXT = (
    ("text_too_long", "{column} is too long: '{value}'.", "Shorten the text."),
    ("id_too_long", "{column} '{value}' is longer than 200 characters.", "Use a shorter identifier."),
    (
        "id_invalid",
        "{column} '{value}' contains characters that cannot be printed.",
        "Type the identifier anew.",
    ),
    (
        "id_scientific",
        "{column} '{value}' was shortened by a spreadsheet; the missing digits cannot be recovered.",
        "Format the column as text in the spreadsheet, enter the full identifier and save again.",
    ),
    (
        "json_invalid",
        "{column} '{value}' is not a JSON object.",
        'Correct it, e.g. {"page": "home"}' + _OR_EMPTY,
    ),
)
_LINE = (
    (
        "too_few_columns",
        "The line has too few columns ({value}).",
        "Add the missing cells; a line break inside a cell needs quotes around the cell.",
    ),
    (
        "too_many_columns",
        "The line has too many columns ({value}).",
        "Remove the extra cells, or put quotes around a cell that contains the separator.",
    ),
    (
        "bad_encoding",
        "The line contains bytes that the file's encoding does not know.",
        "Save the file as CSV UTF-8 and upload it again.",
    ),
    ("missing_value", "{column} is empty but required.", "Fill in the cell."),
    (
        "no_customer",
        "The line names no customer.",
        "Fill in the customer id, the e-mail address or the phone number.",
    ),
    (
        "unknown_customer",
        "No customer '{value}' is known.",
        "Import the customer first, then import this quarantine file again.",
    ),
    (
        "event_of_other_customer",
        "Event '{value}' already belongs to another customer.",
        "Correct the event id or the customer of this line.",
    ),
    (
        "order_of_other_customer",
        "Order '{value}' already belongs to another customer.",
        "Correct the order id or the customer of this line.",
    ),
)

REASONS: dict[str, Reason] = {
    code: Reason(code, sentence, mend)
    for code, sentence, mend in (*_CONTACT, *_PLACE, *_TIME, *_NUMBER, *_CONSENT, *_TEXT, *_LINE)
}


def in_words(code: str) -> str:
    """The reason without a line at hand, and what mends it."""
    reason = REASONS[code]
    sentence = reason.sentence.replace("{column} '{value}'", "A value").replace("{column}", "A cell")
    sentence = sentence.replace("'{value}'", "of the line").replace("{value}", "…")
    return f"{sentence} {reason.mend}"
