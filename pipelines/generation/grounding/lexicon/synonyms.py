"""Words that may stand for one another in commerce; a word may stand in several groups, groups do not flow together."""

from __future__ import annotations

from pipelines.generation.grounding.lexicon import words


def _rows(block: str) -> tuple[str, ...]:
    return tuple(" ".join(row.split()) for row in block.split(";") if row.strip())


GROUPS = _rows(
    """
    cost price pricing charge pay fee sell; weigh weight; measure size dimension measurement format; length long;
    width wide; height tall high; depth deep; thickness thick; ship delivery deliver shipping shipment; ship dispatch
    send post shipping; deliver arrive receive reach delivery arrival; refund reimburse reimbursement money-back
    repay; refund money; buy purchase order shop; make produce manufacture craft production create build; handmade
    handcrafted; weave loom weaver; weave woven; sew sewn stitch stitching seam; knit knitted; cloth fabric textile;
    wood wooden timber; material stuff; customer client buyer shopper consumer; company business firm enterprise
    organisation organization corporate; employee staff worker employ employment colleague workforce; employee people;
    employ work; house home household; start begin launch commence; end finish expire close conclude deadline; valid
    run apply redeemable hold; open opening hours reachable; reply answer respond response; call phone telephone ring;
    email mail; reach contact; support help assist assistance service; advice consult consultation consultant advise
    adviser advisor counselling; repair fix mend restore; replace exchange swap replacement substitute; part
    component; wash washable launder laundry; machinewash washable wash; clean cleaning cleanse wipe; care maintenance
    maintain; discount off reduction rebate reduced save saving savings; reduce cut lower decrease drop shrink fall;
    increase raise grow rise boost growth; gift present; voucher coupon; code coupon; free complimentary gratis;
    member membership; shop store outlet; showroom store; abroad international; worldwide global; colour shade hue;
    contain include; include inclusive included; include comprise; consist contain comprise; require need necessary;
    must require obligatory mandatory; use usage; suit suitable fit appropriate; safe friendly; allow permit let may;
    durable lasting hardwearing; last lasting; sturdy robust strong stable; big large; fast quick quickly rapid swift
    speedy prompt promptly; slow slowly; environment environmental eco ecological; recycle recycled recycling; dim
    dimmable; adjust adjustable; adjust adjustable set; swivel tilt rotate turn; throw blanket; lamp light; light
    luminous shine glow; bookshelf bookcase; mug cup; notebook notepad; jacket coat; hold capacity volume carry fit
    contain; bear carry hold support; seat sit; found founded establish founding foundation; found start; locate
    location based situated headquarter home; design designer; develop developer development; certify certification
    certificate certified; test tested; invoice bill; instalment installment; cancel cancellation terminate; month
    monthly; year yearly annual annually; week weekly; day daily; available availability obtainable; sell sale sold;
    recommend recommendation; choose choice pick select selection; rate rating score; review reviewer feedback;
    protect protection guard shield; waterproof watertight; zip zipper; lid cover cap; cover include; page sheet leaf;
    dot dotted; bind bound binding; assemble assembly mount build; install installation mount fit; source origin
    originate come; family-run family; own owner; give donate donation; grant offer give provide; provide supply offer
    equip; person people individual; woman women lady; man men gentleman; child children kid kids; fault defect
    defective faulty; damage damaged broken breakage; collect collection pickup; train training; keep store stay
    remain retain; hot heat; insulate insulated insulation; dry drying; soak absorb absorbent; question enquiry query
    inquiry; quote quotation estimate; plan planning planner; visit visitor; office workspace workplace; café
    coffeehouse coffeeshop; clinic practice surgery; guarantee guaranteed; town city; country nation; bed mattress;
    glaze glazed; paint painted lacquer varnish; oil oiled; wax waxed; iron ironing; tumble tumbler; bleach bleaching;
    remove removable detach detachable; rechargeable recharge charging charge; battery accumulator; cable cord lead;
    consume consumption; save reduce; book booking reservation reserve; win winner won; award prize; travel trip;
    subscribe subscriber subscription; newsletter mailing; participate participant; exclude except exclusion
    excluding; extra additional; spare replacement; piece unit item product article goods; range collection
    assortment; old age aged; offcut leftover; pack package packaging packing packed wrap box carton; cardboard
    carton; allow possible able; any every all each; everyone everybody; immediately instantly immediate; without no;
    unused unworn; unopened sealed; undamaged intact; latest recent; former previous; partner cooperate cooperation;
    supply supplier; mill spinner; workshop atelier; rent rental hire lease; trial test try; register registration;
    pay payment paid; secure safe; easy simple; dish plate; bottle flask; noise noisy loud; quiet silent; team crew;
    manager head lead leader; owner founder; approve approval; compare comparison; borrow loan lend
    """
)
_IMPLIES = _rows(
    """
    weave sew knit print press build bind forge stitch enamel fire glaze pour cast turn carve: make; oak beech birch
    walnut pine ash plywood: wood; steel aluminium iron brass copper: metal; merino: wool; bookshelf: shelving; table
    chair desk armchair bench stool cabinet wardrobe: furniture; cotton linen wool polyester: fabric; flax: linen;
    stoneware porcelain earthenware: ceramic; germany austria portugal italy sweden denmark france spain netherlands
    poland switzerland belgium norway finland ireland czechia greece estonia latvia lithuania hungary slovenia
    slovakia croatia luxembourg: europe; best-selling bestselling: bestseller; guarantee: cover carry come; employee
    founder manager owner: people; clinic office studio café: business; insured: insure
    """
)
# What an approved word bears out besides itself, in this direction only: what is woven is made, what is oak is wood.
IMPLIED = {word: tuple(more.split()) for said, more in (row.split(": ") for row in _IMPLIES) for word in said.split()}
# Words whose stem would make them one with a word of another meaning.
KEPT = words(
    """
    business compostable generic important numerous organic policy recyclable renewable universal
    """
)
_FORMS = words(
    """
    bought:buy built:build sewn:sew written:write swiss:switzerland bound:bind saw:see borne:bear weavers:weaver
    dutch:netherlands reusable:reuse favorite:favourite swedish:sweden went:go founding:founded british:britain
    woven:weave lasts:last cafes:café belgian:belgium halves:half paid:pay italian:italy delivering:deliver
    flavor:flavour wove:weave fits:fit goods:product european:europe chose:choose women:woman liter:litre
    license:licence drawn:draw french:france organization:organisation known:know german:germany bookshelves:bookshelf
    spent:spend sent:send danish:denmark taken:take turkish:turkey makers:make came:come met:meet
    dishwashing:dishwasher sofas:sofa wolves:wolf pricing:price gray:grey meant:mean indian:india coloured:colour
    dimmable:dim folding:fold threw:throw says:say meter:metre wrote:write spanish:spain glasses:glass
    jewelry:jewellery scottish:scotland knitted:knit given:give feet:foot japanese:japan foldable:fold arrival:arrive
    colors:colour lives:live refundable:refund drew:draw led:lead said:say won:win told:tell dishwashers:dishwasher
    shelves:shelf deliveries:deliver rose:rise scarves:scarf finnish:finland fibers:fibre irish:ireland
    returnable:return knew:know slept:sleep portuguese:portugal maker:make broke:break worn:wear colored:colour
    labor:labour priced:price program:programme knives:knife fitted:fit aluminum:aluminium center:centre fiber:fibre
    seen:see ran:run returns:return felt:feel wore:wear thought:think delivery:deliver chosen:choose left:leave
    color:colour opened:open producers:produce took:take polish:poland adjustable:adjust lent:lend greek:greece
    removable:remove held:hold buyer:customer wound:wind stackable:stack stood:stand fell:fall spun:spin lasting:last
    chinese:china found:find grew:grow bore:bear begun:begin risen:rise usable:use made:make stuck:stick
    combinable:combine began:begin children:child sold:sell opens:open czech:czechia kept:keep understood:understand
    gave:give norwegian:norway centers:centre cafés:café catalog:catalogue cafe:café exchangeable:exchange
    american:america arrivals:arrive orderable:order grown:grow men:man english:england foundation:founded
    producer:produce lost:lose taught:teach austrian:austria thrown:throw loaves:loaf
    """
)
IRREGULAR = {form.split(":")[0]: form.split(":")[1] for form in _FORMS}
