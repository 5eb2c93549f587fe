"""What a run or a comparison leaves as a document: report, model card."""

MOST_RUNS = 50  # of a report: nobody reads more
