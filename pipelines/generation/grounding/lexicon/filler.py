"""Neutral marketing words: feelings, scenes and the machinery of letters, which claim nothing that could be checked."""

from __future__ import annotations

from pipelines.generation.grounding.lexicon import words

PUFFERY = words(
    """
    lovely beautiful beautifully nice nicely great wonderful wonderfully cosy cozy charming elegant elegantly stylish
    gorgeous delightful pretty perfect ideal fresh special favourite favorite little smart classic modern timeless
    inviting welcoming thoughtful thoughtfully happy happily good fine real true warm warmth warming warmly soft
    softly softness comfortable comfort comforting comfortably beloved attractive fantastic amazing brilliant superb
    excellent splendid fabulous impressive remarkable exciting excited pleasant pleasing pleasure joy joyful charm
    beauty delight cheerful clever friendly generous graceful handy helpful inspiring inspired irresistible lively
    neat relaxed relaxing reassuring serene subtle tasteful tempting valuable worthwhile understated calm quiet
    quietly gentle gently easy easily effortless effortlessly simple simplicity plain kind honest honestly proud
    proudly sure popular quality suitable suit suits suited care careful carefully love loved loving loves style touch
    feel feeling character atmosphere mood
    """
)

SCENES = words(
    """
    cup cups evening evenings morning mornings afternoon afternoons night nights day days daily everyday weekend
    weekends season seasons winter autumn summer spring christmas holiday holidays today tonight moment moments time
    times living home homes corner work working workday job reading friend friends family families neighbour weather
    sun cold colder snow dark darker dreaming dream dreams story stories idea ideas thought thoughts mind heart smile
    hand hands routine ritual journey world way ways place places space spaces people person everyone everybody
    someone children pause rest peace difference start beginning look looks looking spot nook need needs wish wishes
    reason reasons thing things something anything bit touch lot sort kind part piece step chapter list companion pick
    choice taste surprise occasion news update edition word words detail details question questions fact facts problem
    solution sense point case matter end row line note letter
    """
)

LETTERS = words(
    """
    collect each pace demo chat call meeting calendar intro conversation spot preview details overview hello hi hey
    dear greetings welcome thanks thank thankful grateful cheers regards sincerely yours faithfully wishes sorry
    apologies apologise congratulations bye goodbye kindly morning afternoon evening click tap read visit browse
    explore discover see view find learn check look watch try enjoy write unsubscribe sign join log download add
    choose pick select reserve request ask tell share forward follow remember forget imagine picture think consider
    know believe hope wish feel wonder miss guess mean say says said want wants wanted need needs like likes prefer
    deserve deserves treat treats spoil surprise indulge relax unwind curl snuggle cuddle wrap sip brew pour sit
    settle sink gather celebrate start begin begins make makes making bring brings brought keep keeps help helps
    helping let lets turn turns become becomes grow wait waits waiting stay stays stop happen happens seem seems show
    shows shown talk invite inspire excite delight comfort brighten refresh rediscover change changes plan prepare
    prepares ready set hand pass move live work works play stand stands expect expects link here below soon now
    available glad pleased happy delighted honoured interested curious tired bored busy stressed personal personally
    together alone finally simply meanwhile straight across next another truly anytime whenever exactly especially
    particularly proper properly actually offer offers featuring introducing introduce count counts rely trust
    counting giving getting mention name named called known worth whether anyway right left meet team site page
    features feature present presents boasts gift
    """
)

IMPERATIVES = words(
    """
    add ask book bring browse buy call check choose claim click come compare contact curl discover dive don't do
    download drop email enjoy enter experience explore feel find follow forget forward gather get gift give go grab
    have hurry imagine indulge invite join keep learn let let's look love make meet open order pass pick picture plan
    play please pop pour prepare read redeem refresh register relax remember reply request reserve reward rsvp save
    say schedule secure see select send set share shop sign sip sit sleep snuggle spoil start stay step stop subscribe
    surprise swap switch take talk tap tell think treat try turn unwind update upgrade view visit wait watch welcome
    write celebrate brighten settle sink bid unsubscribe manage unlock build create design
    """
)

WISHES = words(
    """
    hope hoping wish wishing thank thanks sorry glad happy delighted pleased miss missed wonder wondering excited
    congratulations welcome appreciate love forward hello hi hey dear greetings cheers regards sincerely yours goodbye
    warmly know understand imagine picture deserve deserves feel bet grateful
    """
)

# Everyday verbs that claim nothing beside other words, but something where they are all that is said.
ACTIONS = words(
    """
    collect pass work works move moved live stand stands grow change changed changes turn turns keep keeps bring
    brings brought share follow set help helps start begin begins stop stay stays wait offer offers show shows shown
    rely trust trusted trusts ask tell say says said plan check sign download write treat treats expect expects call
    called name named count counts add choose chosen prefer love loved loves know known talk invite inspire prepare
    make makes making become becomes happen happens find found
    """
)
