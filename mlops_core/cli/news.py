"""``news``: what happened since yesterday."""

from __future__ import annotations

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import say


def news(as_json: Json = False) -> None:
    """Tell what ended since yesterday, or since longer ago where nothing did."""
    from mlops_core import words
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import news as lately
    from mlops_core.words.judged import run_name
    from mlops_core.words.lately import contest_sentence, title

    found = lately.news(workspace())
    if as_json:
        print_json(lately.to_json(found))
        return
    if found is None:
        say("No run ended in the last 30 days.")
        return
    say(f"{title(found.days)}:")
    for one in found.endings:
        say(f"  {one.count} {one.status}: {words.reason_word(one.reason)}")
    for contest in found.contests:
        metric = words.metric_label(contest.metric, short=True)
        say(f"{contest.best.dataset_name}, {metric}: {contest_sentence(contest, run_name)}")
