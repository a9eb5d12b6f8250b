"""One SDK object a person, as GrowthBook's Python SDK is used; for a Python that has it, a job a line on its input."""

import json
import sys

from growthbook import Experiment, GrowthBook


def main() -> None:
    """Answer each line `{"ids": …, "key": …, "arms": …}` with the place of each id's arm."""
    for line in sys.stdin:
        job = json.loads(line)
        experiment = Experiment(key=job["key"], variations=list(range(job["arms"])), hashVersion=2)
        chosen = [GrowthBook(attributes={"id": one}).run(experiment).value for one in job["ids"]]
        print(json.dumps(chosen), flush=True)


if __name__ == "__main__":
    main()
