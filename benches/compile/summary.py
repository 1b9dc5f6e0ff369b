"""Prints the medians of the rounds that `run` measured."""

import collections
import statistics
import sys

count = int(sys.argv[1])
costs = collections.defaultdict(dict)
for line in sys.stdin:
    round_, mode, side, kind, milliseconds = line.split()
    costs[mode, int(round_)][side, kind] = int(milliseconds)

print(f"CPU milliseconds a method, {count} methods, debug, medians; the crate without methods subtracted")
print(f"{'':8}{'trunkline':>12}{'reqwest':>12}{'ratio':>8}")
for mode, full, goal in (("check", "many", 1.13), ("build", "called", 1.00)):
    rounds = [measured for (of, _), measured in costs.items() if of == mode]
    per = {
        side: statistics.median((r[side, full] - r[side, "none"]) / count for r in rounds)
        for side in ("service", "reqwest")
    }
    ratio = per["service"] / per["reqwest"]
    print(f"{mode:8}{per['service']:12.2f}{per['reqwest']:12.2f}{ratio:8.2f}   (goal {goal:.2f})")
