"""Whether a sentence is in another language of the Latin script, by small words that English does not have."""

from __future__ import annotations

from collections.abc import Sequence

_ENGLISH = frozenset(
    "the and of to is you your for with we our are that this it have has from at by not will what which there would "
    "they their if when how been an or any i my me he she his her all who was were be do does so but just as on in a "
    "should could them its us can no nobody every".split()
)
_STRANGE = frozenset(
    # German, Dutch, Swedish, Danish and Norwegian.
    "und nicht ich dich mich dir mir wir sie ihr ihre ihnen euch uns ist sind bist bin sein wird werde werden wirst "
    "wurde haben habe hast hat auf fur mit eine einen einem einer das dem den auch oder aber nach wie zum zur kann "
    "muss mussen soll sollte alle kein keine diese dieser dein deine mein meine unser unsere durch gegen uber "
    "ik jij hij kom u ook geen deze  het een niet je jou jouw wij ons onze zijn wordt worden moet moeten maar naar voor hun deze alle "
    "jag och att det ett som inte du din ditt dig mig vi ni ar ska skall vara jeg og ikke er af til skal deg meg "
    # French, Spanish, Italian, Portuguese, Catalan and Romanian.
    "je tu te vous nous ils elles votre vos notre nos est sont suis vais allez vas dans avec pour une des les du que "
    "qui ne pas cette ces leur ses mes tous toutes faut etre avoir sur "
    "yo voy eres esta estas estoy son somos usted ustedes los las una unos por con para muy todos todas hay que del "
    "tus sus y su se lo mas hasta nadie todo cada vas voy a te nuestro nuestra pero porque como cuando quiero debe deben "
    "io ti mi ci vi gli della delle dei degli nel nella che non sono sei siamo siete hai abbiamo tutti tutte questo "
    "questa deve devono perche anche loro uno una tua tuo suoi "
    "eu voce voces nao uma umas dos das nos nas pelo pela seu sua seus suas vou vai estou sao somos muito todos "
    "els amb els aquest nu este sunt esti vrei tau mea pentru care "
    # Polish, Czech, Croatian, Hungarian, Finnish and Turkish.
    "nie sie za do ze na cala twoja moja cie  jest jestem jestes ciebie ty cie was wszyscy wszystkie ktory dla czy tak jak juz moze musi powinni "
    "jsem jsi jste tebe vas vsichni musi pro ale aby nebo jsou sve sam ste smo svi treba ove nisam "
    "hogy nem egy vagy vagyok meg minden ezt azt mina sina olen olet ovat kaikki sinun etta bir ve bu icin seni "
    "beni ben sen biz siz degil butun gibi cok".split()
) - frozenset(
    # Words of these that English has too, alone or in names.
    "den son was sur mi me i a on in no per her till ale is care pour van er hat sam ben ne do meg".split()
)
LEAST = 2


def is_foreign(words: Sequence[str]) -> bool:
    """Whether more of a sentence's small words are foreign than English, and at least two are."""
    strange = sum(word in _STRANGE for word in words)
    return strange >= LEAST and strange > sum(word in _ENGLISH for word in words)
