"""Studies of a finished dataset: how many images of each class does a classifier recognise?

`synthset.study(...)` makes one, as `study_recognition` does.
"""

from synthset.lazy import make_callable

make_callable(__name__, "synthset.study.run_study:study_recognition")
