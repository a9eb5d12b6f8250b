"""A no to being contacted, as people and systems write it in the languages of Europe and of East Asia."""

from __future__ import annotations

import re
import unicodedata

_NUMBER_ZERO = re.compile(r"[+-]?(?:0+[.,]?0*|[.,]0+)(?:e[+-]?\d+)?")
_CROSSES = frozenset("✗✘✖❌")

_WORDS = {
    "en": """
        false, f, no, n, never, nope, nah, no thanks, no thank you, no thx, off, disabled, unchecked, unticked,
        denied, deny, declined, decline, refused, refuse, rejected, reject, disagree, disagreed, do not agree,
        not agreed, revoked, revoke, withdrawn, withdraw, withdrew, objected, objection, cancelled, canceled,
        opt out, opted out, optout, optedout, opt outs, not opted in, no opt in, never opted in, not opt in,
        unsubscribed, unsubscribe, unsub, unsubscribed from all, unsubscribed from all email,
        unsubscribed from all emails, not subscribed, non subscribed, nonsubscribed,
        no consent, not consented, non consented, without consent, consent denied, consent withdrawn, consent revoked,
        consent refused, not granted, not given, not accepted, not permitted, not allowed, forbidden,
        do not contact, dont contact, do not email, dont email, do not e mail, do not mail, do not call, do not text,
        do not send, do not disturb, dnc, no contact, no email, no emails, no e mail, no mail, no marketing, no ads,
        no advertising, no newsletter, stop, stop all, remove, remove me, removed""",
    "de": """
        nein, nein danke, nicht, nie, niemals, falsch, aus, abgelehnt, ablehnung, verweigert, verneint, untersagt,
        widerrufen, widerruf, widersprochen, widerspruch, zurückgezogen, zurückgenommen, entzogen, abgemeldet,
        abmeldung, ausgetragen, abbestellt, gekündigt, nicht angemeldet, nicht abonniert, nicht eingewilligt,
        nicht erteilt, nicht zugestimmt, nicht einverstanden, nicht erlaubt, nicht gewünscht, nicht erwünscht,
        keine einwilligung, ohne einwilligung, keine zustimmung, keine werbung, kein newsletter, kein kontakt,
        keine mails, keine e mails""",
    "fr": """
        non, non merci, jamais, faux, refusé, refusée, refus, refuse, désabonné, désabonnée, désinscrit, désinscrite,
        désinscription, désabonnement, retiré, retirée, révoqué, révoquée, opposé, opposition, décliné, rejeté,
        non abonné, non abonnée, non inscrit, non inscrite, pas inscrit, pas abonné, non consenti, non accordé,
        non accepté, sans consentement, pas de consentement, pas d accord, ne pas contacter, pas de pub,
        pas de publicité, désactivé""",
    "es": """
        no gracias, nunca, falso, denegado, denegada, rechazado, rechazada, revocado, revocada, retirado, retirada,
        negado, baja, dado de baja, dada de baja, de baja, cancelado, cancelada, no suscrito, no suscrita, no acepta,
        no acepto, no aceptado, no autorizado, no autoriza, no consiente, no consentido, sin consentimiento,
        no contactar, sin publicidad, desactivado""",
    "it": """
        no grazie, mai, negato, negata, rifiutato, rifiutata, rifiuto, rifiuta, revocato, revocata, revoca, ritirato,
        ritirata, disiscritto, disiscritta, cancellato, cancellata, non iscritto, non iscritta, non acconsento,
        non acconsente, non accetto, non accettato, non autorizzato, non concesso, senza consenso, nessun consenso,
        non contattare, disattivato""",
    "pt": """
        não, não obrigado, não obrigada, nunca, recusado, recusada, recusa, negado, negada, revogado, revogada,
        retirado, cancelado, cancelada, descadastrado, descadastrada, não inscrito, não inscrita, não aceito,
        não aceita, não autorizado, não consentido, sem consentimento, não contactar, não contatar, desativado""",
    "nl": """
        nee, neen, nee bedankt, nee dank je, nooit, onwaar, uit, geweigerd, afgewezen, ingetrokken, herroepen,
        afgemeld, uitgeschreven, uitschrijven, opgezegd, niet ingeschreven, niet aangemeld, niet akkoord,
        niet toegestaan, niet gegeven, geen toestemming, zonder toestemming, geen reclame, geen contact""",
    "pl": """
        nie, nie dziękuję, nigdy, fałsz, odmowa, odmówiono, odrzucono, odrzucony, wycofano, wycofana, wycofany,
        cofnięta, cofnięto, wypisany, wypisana, wypisano, rezygnacja, sprzeciw, nie wyrażono,
        nie wyrażam zgody, nie zgadzam się, brak zgody, bez zgody, niezapisany, nie zapisany""",
    "sv": """
        nej, nej tack, aldrig, falskt, av, nekad, nekat, avböjt, avslagen, återkallad, återkallat, avregistrerad,
        avanmäld, avprenumererad, inte samtyckt, ej samtycke, inget samtycke, utan samtycke, ingen reklam""",
    "da": """
        nej tak, falsk, fra, afvist, nægtet, tilbagekaldt, trukket tilbage, afmeldt, frameldt, ikke tilmeldt,
        intet samtykke, ikke samtykke, uden samtykke""",
    "no": """
        nei, nei takk, usann, avslått, nektet, trukket, tilbakekalt, avmeldt, ikke påmeldt, ikke samtykket,
        uten samtykke""",
    "fi": """
        ei, ei kiitos, epätosi, kielletty, kieltäytynyt, peruttu, peruutettu, ei suostumusta, ei tilattu""",
    "cs, sk": """
        ne, ne děkuji, nikdy, nepravda, odmítnuto, odmítnut, odvoláno, odhlášen, odhlášeno, bez souhlasu, nesouhlasím,
        nesouhlas, odmietnuté, odvolané, odhlásený, bez súhlasu, nesúhlasím, nesúhlas""",
    "hu": "nem, nem köszönöm, soha, hamis, elutasítva, visszavonva, leiratkozott, leiratkozva, nincs hozzájárulás",
    "ro": "nu, nu mulțumesc, niciodată, fals, refuzat, retras, revocat, dezabonat, fără consimțământ",
    "hr, sl, sr": "ne hvala, nikad, nikada, neistina, odbijeno, odbijen, povučeno, odjavljen, odjavljeno",
    "et, lv, lt": "keeldunud, loobunud, nē, aplami, atteikts, atsaukts, netiesa, atsisakė, atšaukta",
    "tr": "hayır, hayir, hayır teşekkürler, asla, yanlış, reddedildi, ret, iptal, izin yok, onay yok, onaysız, izinsiz",
    "el": "όχι, οχι ευχαριστώ, ποτέ, ψευδές, αρνήθηκε, ανακλήθηκε, χωρίς συγκατάθεση",
    "ru, uk, bg": """
        нет, нет спасибо, никогда, ложь, отказ, отказано, отклонено, отозвано, отписан, отписался, отписалась,
        без согласия, нет согласия, ні, ніколи, відмова, відмовлено, відкликано, відписаний, без згоди, не, никога,
        отказан, отписан, без съгласие""",
    "ja": "いいえ, いや, 拒否, 不同意, 同意しない, 解除, 配信停止, 無効, オフ",
    "zh": "否, 不, 不是, 不同意, 拒绝, 拒絕, 退订, 退訂, 取消订阅, 取消訂閱, 撤回",
    "ko": "아니오, 아니요, 거부, 미동의, 동의안함, 동의 안함, 수신거부, 철회, 해지",
}  # fmt: skip


def bare(cell: str) -> str:
    """The words of a cell without case, accents and punctuation; an apostrophe parts no word."""
    plain = unicodedata.normalize("NFKD", cell.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", re.sub(r"['’`´]", "", letters)).strip()


_DENIALS = frozenset(bare(word) for words in _WORDS.values() for word in words.split(","))


def is_denial(cell: str) -> bool:
    """Whether a trimmed cell is a no and can be nothing else: a word of no, a cross, or a number that is zero."""
    return bare(cell) in _DENIALS or cell in _CROSSES or _NUMBER_ZERO.fullmatch(cell.casefold()) is not None
