from synthset.experiment.suites.measuring import count_missing, measure
from synthset.machine import Silent

SUITES = {
    "near": {"kind": "knn", "encoder": {"kind": "pixels"}, "per_class": 4, "k": [3]},
    "own": {"kind": "knn", "encoder": "trained", "per_class": 4, "k": [3]},
}


def test_two_processes_read_what_one_does(trained):
    suites, jobs = trained(SUITES)
    expected = {
        (one.measure, job.arm.name): one.value
        for suite in suites.values()
        for job, found in zip(jobs, suite.read("", jobs), strict=True)
        for one in found
    }
    mine = list(suites.values())
    assert count_missing(mine, jobs) == [("base", 2), ("near", 2), ("own", 2)]
    values = measure(mine, jobs, 2, Silent())
    assert {(one.measure, one.arm): one.value for one in values} == expected
    assert count_missing(mine, jobs) == []
