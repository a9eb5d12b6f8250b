"""What the name of a host ends in, so that mail programs and telephones make a link of it without being asked."""

from __future__ import annotations

# What separates the parts of a name: browsers take the wide ones for a full stop.
DOT = "[.。．｡]"
# Every country's, however few honest pages it has.
COUNTRIES = (
    "ac|ad|ae|af|ag|ai|al|am|ao|aq|ar|as|at|au|aw|ax|az|ba|bb|bd|be|bf|bg|bh|bi|bj|bm|bn|bo|br|bs|bt|bv|bw|by|bz|ca|cc|"
    "cd|cf|cg|ch|ci|ck|cl|cm|cn|co|cr|cu|cv|cw|cx|cy|cz|de|dj|dk|dm|do|dz|ec|ee|eg|er|es|et|eu|fi|fj|fk|fm|fo|fr|ga|gb|"
    "gd|ge|gf|gg|gh|gi|gl|gm|gn|gp|gq|gr|gs|gt|gu|gw|gy|hk|hm|hn|hr|ht|hu|id|ie|il|im|in|io|iq|ir|is|it|je|jm|jo|jp|ke|"
    "kg|kh|ki|km|kn|kp|kr|kw|ky|kz|la|lb|lc|li|lk|lr|ls|lt|lu|lv|ly|ma|mc|md|me|mg|mh|mk|ml|mm|mn|mo|mp|mq|mr|ms|mt|mu|"
    "mv|mw|mx|my|mz|na|nc|ne|nf|ng|ni|nl|no|np|nr|nu|nz|om|pa|pe|pf|pg|ph|pk|pl|pm|pn|pr|ps|pt|pw|py|qa|re|ro|rs|ru|rw|"
    "sa|sb|sc|sd|se|sg|sh|si|sj|sk|sl|sm|sn|so|sr|ss|st|su|sv|sx|sy|sz|tc|td|tf|tg|th|tj|tk|tl|tm|tn|to|tr|tt|tv|tw|tz|"
    "ua|ug|uk|us|uy|uz|va|vc|ve|vg|vi|vn|vu|wf|ws|ye|yt|za|zm|zw"
)
OTHERS = (
    "com|net|org|info|biz|app|dev|shop|store|online|site|xyz|top|club|link|click|live|page|web|website|space|tech|cloud|"
    "blog|news|email|mail|world|today|life|work|agency|company|digital|group|services|support|team|center|money|finance|"
    "loan|credit|cash|bank|bid|win|vip|pro|icu|cyou|cfd|sbs|rest|bond|quest|monster|buzz|fun|uno|zip|mov|gift|gifts|"
    "deals|promo|sale|casino|bet|download|stream|review|trade|party|date|racing|science|cricket|men|mobi|name|asia|tel|"
    "jobs|travel|museum|coop|aero|cat|gov|edu|mil|int|gmbh|ltd|inc|llc|africa|berlin|hamburg|koeln|london|nyc|paris|"
    "wien|swiss|example|test"
)
# These make a link even of a single letter before them; before the others stands an initial or an abbreviation (B.Sc.).
SURELY = (
    "com|net|org|info|biz|io|co|ai|app|dev|shop|store|online|site|xyz|top|club|link|click|live|me|ly|gl|eu|de|at|ch|ru|"
    "cn|fr|es|it|nl|se|uk|us|ca|jp|gd|gy|to|cc|tv|example|test"
)
# A name that leads somewhere: after its ending nothing more of a word may follow. With a path, any ending makes one.
NAME = (
    rf"(?:[^\W_][\w-]*{DOT})*"
    rf"(?:[^\W_][\w-]*{DOT}(?:{SURELY})(?![\w@-])|[^\W_][\w-]+{DOT}(?:{COUNTRIES}|{OTHERS})(?![\w@-])"
    rf"|[^\W_][\w-]*{DOT}[^\W\d_]{{2,63}}(?=/[^\s<>]|:\d))"
)
