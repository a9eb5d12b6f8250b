"""Where the invented people live, what they may be called, and which telephone numbers cannot be anyone's.

Number ranges are those that a regulator keeps for films and examples (DE, FR, GB, US, CA, AU, SE); elsewhere none is
published, and the numbers are invented. In a pattern, each # is a digit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class City:
    """A town in its region and time zone."""

    name: str
    region: str
    time_zone: str


@dataclass(frozen=True)
class Country:
    """One country: its share of the customers, its money, its names. `written:latin` gives a name's Latin form."""

    code: str
    share: float
    currency: str
    rate: float
    locales: tuple[str, ...]
    calling_code: str
    phones: tuple[str, ...]
    cities: tuple[City, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    company_form: str


def _cities(zone: str, *names: str) -> tuple[City, ...]:
    return tuple(City(*name.split("/"), zone) for name in names)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ENGLISH = _words("Oliver Amelia George Isla Harry Grace Priya Mohammed Chloe Dylan Niamh Callum")
_ENGLISH_LAST = _words("Smith Jones O'Connor Patel Hughes Khan Whitfield Ashworth Begum MacLeod Okafor Bell")

COUNTRIES = (
    Country(
        "DE", 0.17, "EUR", 1.0, ("de-DE",), "+49",
        ("030 23125 ###", "040 66969 ###", "069 90009 ###", "0221 4710 ###", "089 99998 ###", "0171 39200##"),
        _cities("Europe/Berlin", "Berlin/Berlin", "Hamburg/Hamburg", "Köln/Nordrhein-Westfalen",
                "München/Bayern", "Frankfurt am Main/Hessen", "Görlitz/Sachsen"),
        _words("Anna Jörg Lukas Käthe Mehmet Sophie Jürgen Leonie Björn Hannah Aylin Matthias"),
        _words("Müller Schmidt Weiß Yılmaz Schäfer Groß Öztürk Vogel Krüger Lindner Böhm Hartmann"),
        "GmbH",
    ),
    Country(
        "FR", 0.11, "EUR", 1.0, ("fr-FR",), "+33",
        ("01 99 00 ## ##", "02 61 91 ## ##", "03 53 01 ## ##", "04 65 71 ## ##", "05 36 49 ## ##"),
        _cities("Europe/Paris", "Paris/Île-de-France", "Lyon/Auvergne-Rhône-Alpes", "Nantes/Pays de la Loire",
                "Saint-Étienne/Auvergne-Rhône-Alpes", "Lille/Hauts-de-France"),
        _words("Chloé Éloïse Mathéo Karim Zoé Jérôme Amélie François Noémie Benoît Inès Thérèse"),
        _words("Lefèvre Dubois Benali Gauthier Lemaître D'Angelo Chevalier Traoré Béranger Moreau"),
        "SARL",
    ),
    Country(
        "GB", 0.13, "GBP", 0.86, ("en-GB",), "+44",
        ("020 7946 0###", "0161 496 0###", "0117 496 0###", "0131 496 0###"),
        _cities("Europe/London", "London/Greater London", "Manchester/Greater Manchester", "Bristol/Bristol",
                "Edinburgh/Scotland", "Stoke-on-Trent/Staffordshire"),
        _ENGLISH, _ENGLISH_LAST, "Ltd",
    ),
    Country(
        "US", 0.19, "USD", 1.1, ("en-US", "es-US"), "+1",
        ("(212) 555-01##", "(312) 555-01##", "(415) 555-01##", "(303) 555-01##", "(512) 555-01##"),
        (City("New York", "NY", "America/New_York"), City("Chicago", "IL", "America/Chicago"),
         City("San Francisco", "CA", "America/Los_Angeles"), City("Denver", "CO", "America/Denver"),
         City("Austin", "TX", "America/Chicago"), City("Phoenix", "AZ", "America/Phoenix"),
         City("Winston-Salem", "NC", "America/New_York")),
        _words("Ava Ethan María Jamal Emily Tyler Wei Aisha Logan Brooklyn José Naomi"),
        _words("Johnson García Washington Nguyen Kowalski Rodríguez Chen Miller Freeman Torres Lee O'Brien"),
        "Inc.",
    ),
    Country(
        "ES", 0.06, "EUR", 1.0, ("es-ES", "ca-ES"), "+34", ("910 555 ###", "930 555 ###", "600 555 ###"),
        (*_cities("Europe/Madrid", "Madrid/Madrid", "Barcelona/Cataluña", "A Coruña/Galicia"),
         City("Las Palmas", "Canarias", "Atlantic/Canary")),
        _words("Lucía Íñigo Núria Álvaro Begoña Martín Sofía Xavier Rocío Joaquín"),
        _words("Muñoz Ibáñez Puig Fernández Castaño Ortega Núñez Vidal Peña Garmendia"), "S.L.",
    ),
    Country(
        "IT", 0.06, "EUR", 1.0, ("it-IT",), "+39", ("02 5550 ####", "06 5550 ####"),
        _cities("Europe/Rome", "Milano/Lombardia", "Roma/Lazio", "Forlì/Emilia-Romagna", "Torino/Piemonte"),
        _words("Giulia Niccolò Alessandra Matteo Chiara Salvatore Noè Francesca Luca Beatrice"),
        _words("Rossi D'Amico Ferrari Esposito Dell'Orto Conti Nicolò Ricci Marchetti Greco"), "S.r.l.",
    ),
    Country(
        "NL", 0.05, "EUR", 1.0, ("nl-NL", "fy-NL"), "+31", ("020 555 ####", "010 555 ####"),
        _cities("Europe/Amsterdam", "Amsterdam/Noord-Holland", "Rotterdam/Zuid-Holland",
                "'s-Hertogenbosch/Noord-Brabant"),
        _words("Sanne Daan Fenna Joost Noor Ruben Anouk Sjoerd Zoë Bram"),
        ("de Vries", "van der Berg", "Jansen", "Bakker", "'t Hart", "Visser", "El Idrissi", "de Boer"), "B.V.",
    ),
    Country(
        "SE", 0.04, "SEK", 11.3, ("sv-SE",), "+46", ("08-465 004 ##", "031-390 06 ##", "040-628 04 ##"),
        _cities("Europe/Stockholm", "Stockholm/Stockholms län", "Göteborg/Västra Götaland", "Malmö/Skåne"),
        _words("Åsa Björn Linnéa Göran Elin Oskar Märta Sven Freja Anders"),
        _words("Åkesson Lindqvist Öberg Sjöström Nyström Bergman Holm Ek Wallén Haddad"), "AB",
    ),
    Country(
        "PL", 0.04, "PLN", 4.3, ("pl-PL",), "+48", ("22 555 ## ##", "12 555 ## ##"),
        _cities("Europe/Warsaw", "Warszawa/Mazowieckie", "Kraków/Małopolskie", "Łódź/Łódzkie"),
        _words("Agnieszka Łukasz Małgorzata Paweł Zofia Michał Żaneta Stanisław Kinga Wojciech"),
        _words("Kowalczyk Wiśniewska Dąbrowski Zieliński Wójcik Kamińska Łęcki Jabłoński"), "sp. z o.o.",
    ),
    Country(
        "BR", 0.05, "BRL", 5.9, ("pt-BR",), "+55", ("(11) 5550-####", "(21) 2555-####"),
        (City("São Paulo", "SP", "America/Sao_Paulo"), City("Rio de Janeiro", "RJ", "America/Sao_Paulo"),
         City("Manaus", "AM", "America/Manaus")),
        _words("João Luíza Thiago Conceição Mateus Antônia Caio Letícia Vinícius Iara"),
        _words("Silva Araújo Gonçalves Souza Figueirêdo Nakamura Assunção Ribeiro"), "Ltda.",
    ),
    Country(
        "JP", 0.04, "JPY", 165.0, ("ja-JP",), "+81", ("03-5550-####", "06-6555-####"),
        _cities("Asia/Tokyo", "東京/東京都", "大阪/大阪府", "横浜/神奈川県"),
        _words("健:Ken 美咲:Misaki 大輔:Daisuke さくら:Sakura 陽子:Yoko 翔太:Shota 結衣:Yui"),
        _words("佐藤:Sato 鈴木:Suzuki 高橋:Takahashi 田中:Tanaka 渡辺:Watanabe 伊藤:Ito"), "株式会社",
    ),
    Country(
        "AU", 0.03, "AUD", 1.65, ("en-AU",), "+61", ("(02) 5550 ####", "(03) 7010 ####", "(07) 7010 ####"),
        (City("Sydney", "NSW", "Australia/Sydney"), City("Brisbane", "QLD", "Australia/Brisbane"),
         City("Perth", "WA", "Australia/Perth"), City("Adelaide", "SA", "Australia/Adelaide")),
        _ENGLISH, _ENGLISH_LAST, "Pty Ltd",
    ),
    Country(
        "CA", 0.02, "CAD", 1.5, ("en-CA", "fr-CA"), "+1", ("(416) 555-01##", "(604) 555-01##", "(514) 555-01##"),
        (City("Toronto", "ON", "America/Toronto"), City("Vancouver", "BC", "America/Vancouver"),
         City("Montréal", "QC", "America/Toronto"), City("St. John's", "NL", "America/St_Johns")),
        _words("Geneviève Liam Harpreet Étienne Maya Noah Mackenzie Anaïs"),
        _words("Tremblay Singh Côté MacDonald Bélanger Wong Gagné Fraser"), "Inc.",
    ),
    Country(
        "IN", 0.01, "INR", 92.0, ("en-IN", "hi-IN"), "+91", ("022 2555 ####", "080 2555 ####", "011 2555 ####"),
        _cities("Asia/Kolkata", "Mumbai/Maharashtra", "Bengaluru/Karnataka", "New Delhi/Delhi"),
        _words("Aarav Diya Rohan Ananya Vikram Meera Kabir Lakshmi"),
        _words("Sharma Iyer Reddy Chatterjee Kaur Menon Desai Nair"), "Pvt. Ltd.",
    ),
)  # fmt: skip
