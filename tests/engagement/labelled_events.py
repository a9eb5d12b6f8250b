"""The scenes written by hand as events in the provider's shape, with the truth."""

from pathlib import Path

import yaml

SCENES = Path(__file__).parent / "labelled" / "scenes.yaml"
# Noon: second 46,800 is in the middle of the night.
NOON = 1795176000


def labelled_events():
    """Events, and who truly made each by its id."""
    told = yaml.safe_load(SCENES.read_text(encoding="utf-8"))
    events, truth = [], {}
    for number, (scene, lines) in enumerate(told["scenes"].items()):
        base = {"email": f"reader{number}@house{number}.example.org", "liftline_message": f"scene-{number}"}
        events.append({**base, "event": "delivered", "timestamp": NOON, "sg_event_id": f"{number}-d"})
        for at, (seconds, event, link, ip, program, who) in enumerate(lines):
            name = f"{number}-{at}"
            truth[name] = (scene, who.removesuffix("-machine"))
            events.append(
                {
                    **base,
                    "event": event,
                    "timestamp": NOON + seconds,
                    "sg_event_id": name,
                    "ip": ip,
                    "useragent": told["programs"][program],
                    **({"sg_machine_open": True} if who.endswith("machine") else {}),
                    **({"url": f"https://www.example.com/{link}?utm_content={link}"} if link != "-" else {}),
                }  # fmt: skip
            )
    return events, truth
