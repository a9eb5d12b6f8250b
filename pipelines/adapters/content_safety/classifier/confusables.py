"""Characters that look like a Latin letter, by the letter that they stand in for."""

from __future__ import annotations

# Only what hardly differs: letters like я and ш stay, for by them a text in another script is told from a disguise.
# What NFKC and the removal of accents leave: full-width, mathematical and circled letters are gone before this is used.
LOOKALIKES = {
    "a": "аαɑᴀⱥɐ∂ӕ", "b": "ƅвʙɓƀᏼβ", "c": "сϲᴄҫȼↄɔ¢ⲥ", "d": "ԁɗᴅđɖժ", "e": "еєεҽᴇɛǝəɘ℮ҿⲉ", "f": "ƒꞙғẝſꜰ",
    "g": "ɡցɢǥʛԍ", "h": "һнհʜħɦ", "i": "іιɩɪıɨՙ", "j": "јϳᴊɉʝյ", "k": "кκᴋқҡƙⲕ", "l": "ӏⅼʟłƚɭɫ",
    "m": "мᴍɱ₥ⲙ", "n": "ηոɴպɲŋ", "o": "оοσөօᴏøɵ૦๐໐०ⲟ", "p": "рρᴘƿⲣ", "q": "ԛզɋ", "r": "ʀɾɍⲅ",
    "s": "ѕꜱʂƨςȿ", "t": "тτᴛŧƭʈ†ⲧ", "u": "υսᴜʉμʊ", "v": "ѵνᴠⅴʋ", "w": "ԝѡωʍᴡա", "x": "хχ×ⅹӽⲭ",
    "y": "уγүʏɏყ¥", "z": "ᴢʐƶȥʑⲍ",
    "A": "АΑᎪꓮ", "B": "ВΒᏴꓐ", "C": "СϹᏟꓚ", "D": "ᎠꓓĐ", "E": "ЕΕᎬꓰƎ", "F": "ϜꓝҒ", "G": "ԌᏀꓖ", "H": "НΗᎻꓧ", "I": "ІΙӀꓲ",
    "J": "ЈᎫꓙ", "K": "КΚᏦꓗ", "L": "ᏞꓡⅬŁ", "M": "МΜᎷꓟ", "N": "Νꓠ", "O": "ОΟՕꓳØ", "P": "РΡᏢꓑ", "Q": "ԚႳ", "R": "Ꭱꓣ",
    "S": "ЅᏚꓢ", "T": "ТΤᎢꓔ", "U": "Սꓴ", "V": "ѴᏙꓦ", "W": "ԜᎳꓪ", "X": "ХΧꓫ", "Y": "УΥҮꓬ", "Z": "ΖᏃꓜ",
}  # fmt: skip
MARKS = {"'": "’‘ʼ´ʻ′＇", '"': "“”„«»‟″", "-": "‐‑‒–—−", ".": "․·•", " ": "\u2800\u3164\u115f\u1160\uffa0\u000b\u000c"}
# Letters in black circles and squares, and the halves of flags, which no normal form undoes.
ENCLOSED = (0x1F150, 0x1F170, 0x1F1E6)


def table() -> dict[int, str]:
    """For `str.translate`: each look-alike to its letter."""
    found = {ord(like): letter for letter, likes in (LOOKALIKES | MARKS).items() for like in likes}
    found |= {start + at: chr(ord("a") + at) for start in ENCLOSED for at in range(26)}
    return found
