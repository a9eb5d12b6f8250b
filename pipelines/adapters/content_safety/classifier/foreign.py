"""Whether a sentence is in another language of the Latin script, by small words that English does not have."""

from __future__ import annotations

from collections.abc import Sequence

_ENGLISH = """
the and of to is you your for with we our are that this it have has from at by not will what which there would
they their if when how been an or any i my me he she his her all who was were be do does so but just as on in a
should could them its us can no nobody every
"""
# German, Dutch, Swedish, Danish and Norwegian.
_GERMANIC = """
und der nicht ich dich mich dir mir wir sie ihr ihre ihnen euch uns ist sind bist bin sein wird werde werden wirst
wurde haben habe hast auf fur mit eine einen einem einer das dem auch oder aber nach wie zum zur kann muss
mussen soll sollte alle kein keine diese dieser dein deine mein meine unser unsere durch gegen uber ik jij hij
kom u ook geen deze het een niet je jou jouw wij ons onze zijn wordt worden moet moeten maar naar voor hun jag
och att det ett som inte du din ditt dig mig vi ni ar ska skall vara jeg og ikke af til skal deg
"""
# French, Spanish, Italian, Portuguese, Catalan and Romanian.
_ROMANCE = """
je tu te vous nous ils elles votre vos notre nos est sont suis vais allez vas dans avec une des les du que qui
pas cette ces leur ses mes tous toutes faut etre avoir yo voy eres esta estas estoy somos usted ustedes
una unos por con para muy todos todas hay del tus sus y su se lo mas hasta nadie todo cada nuestro nuestra pero
porque como cuando quiero debe deben io ti ci vi gli della delle dei degli nel nella che non sono sei siamo
siete hai abbiamo tutti tutte questo questa deve devono perche anche loro uno tua tuo suoi eu voce voces nao uma
umas dos das nas pelo pela seu sua seus suas vou vai estou sao muito els amb aquest nu este sunt esti vrei tau
mea pentru
"""
# Polish, Czech, Croatian, Hungarian, Finnish and Turkish.
_OTHERS = """
nie sie za ze na cala twoja moja cie jest jestem jestes ciebie ty wszyscy wszystkie ktory dla czy tak jak juz
moze musi powinni jsem jsi jste tebe vas vsichni pro aby nebo jsou sve ste smo svi treba ove nisam hogy nem egy
vagy vagyok minden ezt azt mina sina olen olet ovat kaikki sinun etta bir ve bu icin seni
"""
ENGLISH = frozenset(_ENGLISH.split())
# None of them is an English word, or stands in names that English texts use.
FOREIGN = frozenset(f"{_GERMANIC} {_ROMANCE} {_OTHERS}".split())
LEAST = 2


def is_foreign(words: Sequence[str]) -> bool:
    """Whether more of a sentence's small words are foreign than English, and at least two are."""
    strange = sum(word in FOREIGN for word in words)
    return strange >= LEAST and strange > sum(word in ENGLISH for word in words)
