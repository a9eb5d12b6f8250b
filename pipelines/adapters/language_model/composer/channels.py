"""The message for each channel."""

from __future__ import annotations

from pipelines.adapters.language_model.composer.actions import call_to_action
from pipelines.adapters.language_model.composer.beginning import TooLittle, begin
from pipelines.adapters.language_model.composer.body import layout_of, mail_blocks, mail_parts, plain
from pipelines.adapters.language_model.composer.headline import LONGEST_SUBJECT, preheader_of, subject_of
from pipelines.adapters.language_model.composer.notes import form_of, note_blocks, note_parts
from pipelines.generation.message import Message
from pipelines.generation.ports import Ask


def compose(ask: Ask) -> Message:
    """The message that answers an ask."""
    locale = ask.brief.knowledge.locale
    if not locale.lower().startswith("en"):
        raise TooLittle(
            f"The offline composer writes English and the brief asks for the locale {locale}; "
            "set knowledge.locale to en, or choose a language model with LANGUAGE_MODEL_PROVIDER."
        )
    work = begin(ask)
    form = form_of(ask.brief.channel, work.strategy)
    if form is None:
        layout = layout_of(work)
        parts = mail_parts(work, layout)
        blocks = mail_blocks(work, layout, parts)
    else:
        parts = note_parts(work, form)
        blocks = note_blocks(work, form, parts)
    # Where every character counts, the brief's words stay as they are.
    turn = None if form and form.with_link else work.strategy
    return Message(
        blocks=blocks,
        subject=subject_of(work, parts, form.longest_subject if form else LONGEST_SUBJECT),
        preheader=preheader_of(work, parts),
        call_to_action=plain(call_to_action(ask.brief.call_to_action.text, turn, work.banned)),
    )
