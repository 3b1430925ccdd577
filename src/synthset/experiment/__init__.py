"""Experiments: arms that are trained alike on different images and tested on the same real ones.

`synthset.experiment(...)` runs one, as `run_experiment` does.
"""

from synthset.lazy import make_callable

make_callable(__name__, "synthset.experiment.run_experiment:run_experiment")
