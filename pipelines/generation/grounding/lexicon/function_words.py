"""Words that carry no claim of their own, and those that turn one round."""

from __future__ import annotations

from pipelines.generation.grounding.lexicon import words

DETERMINERS = words("the a an this that these those our your my his her its their some such another")
PRONOUNS = words(
    """
    i you he she it we they me him us them myself yourself itself ourselves themselves this these those one ones there
    who mine yours ours theirs someone anyone somebody anybody
    """
)
OURS = words("we us our ours ourselves")
POINTERS = words("it its they them their theirs this these those itself")
PREPOSITIONS = words(
    """
    of in on at to for from by with into onto upon about through throughout during between among across along around
    near behind beside beyond against toward towards via per within over under above below without before after until
    till since except despite like as off out inside outside than
    """
)
AUXILIARIES = words(
    """
    am is are was were be been being do does did have has had having will would can could shall should may might must
    let lets
    """
)
CONJUNCTIONS = words(
    """
    and or but nor so yet because although though while whereas if unless whether since as than when where once plus
    """
)
RELATIVES = words("which who whose whom that where")
_CARRY_NOTHING = words(
    """
    what which whose whom why how here then now too also even still just quite rather very really indeed therefore
    thus hence however moreover furthermore otherwise meanwhile instead perhaps maybe please yes okay ok oh well hey
    hi hello dear both either etc s t ll ve re d m not no nor never neither own same other others more less back away
    up down again already soon currently today tonight tomorrow ago yet ever go goes going gone went come comes coming
    came get gets getting got gotten put puts take takes taking took taken give gives giving gave given has having one
    ones much such that whatever whenever wherever whichever upon aside far actually simply basically truly certainly
    surely definitely upwards
    """
)
# "Without" and "except" turn a statement round, "must" and "might" change its force, "than" compares.
STOP = (DETERMINERS | PRONOUNS | PREPOSITIONS | AUXILIARIES | CONJUNCTIONS | _CARRY_NOTHING) - words(
    "before after until without except than might must"
)
NEGATORS = words("not no never neither nor without cannot nothing none nobody nowhere non hardly")
SCOPE_ENDS = words("but however although though whereas because so if unless when while")
CONDITIONS = words("if unless except excluding excepting provided providing only")
HEDGES = words(
    """
    usually typically normally generally often sometimes mostly occasionally might possibly probably some most many
    several few selected participating certain eligible unused unworn unopened almost nearly partly partially
    on-average
    """
)
OPPOSITES = tuple(
    (pair.split()[0], pair.split()[1])
    for pair in (
        "before after",
        "above below",
        "over under",
        "inside outside",
        "more less",
        "more fewer",
        "up down",
        "into out",
        "open closed",
        "indoor outdoor",
        "indoors outdoors",
        "hot cold",
        "large small",
        "with without",
        "begins ends",
        "starts ends",
        "included excluded",
        "first second",
        "gained lost",
        "rose fell",
        "started stopped",
        "start stop",
        "starts stops",
    )
)
