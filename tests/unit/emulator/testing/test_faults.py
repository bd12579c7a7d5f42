import pytest
from starlette.routing import Route

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.app import PACKAGES
from azureml_emulator.testing.faults.faults import Faults

ROUTES = [route for package in PACKAGES for route in package.routes]
SERVICE = "/modelmanagement/v1.0/services/digits"


@pytest.fixture
def faults() -> Faults:
    return Faults()


def add(faults: Faults, operation: str, **values: object) -> None:
    faults.add({"operation": operation, "status": 503, **values}, [one for one in ROUTES if isinstance(one, Route)])


def test_a_fault_is_for_as_many_requests_as_was_said(faults: Faults) -> None:
    add(faults, f"GET {SERVICE}", times=2)
    assert [faults.take("GET", SERVICE) is not None for _ in range(3)] == [True, True, False]
    assert faults.documents() == []


def test_without_times_it_is_for_one_and_with_null_for_all(faults: Faults) -> None:
    add(faults, f"GET {SERVICE}")
    add(faults, f"GET {SERVICE}", status=500, times=None)
    taken = [faults.take("GET", SERVICE) for _ in range(5)]
    assert [fault and fault.status for fault in taken] == [503, 500, 500, 500, 500]


@pytest.mark.parametrize(
    ("method", "path", "concerned"),
    [
        ("GET", SERVICE, True),
        ("GET", "/modelmanagement/v1.0/services/other", True),
        ("PATCH", SERVICE, False),
        ("GET", SERVICE + "/listkeys", False),
        ("GET", "/modelmanagement/v1.0/services", False),
    ],
)
def test_a_path_with_braces_is_every_path_of_its_form(faults: Faults, method: str, path: str, concerned: bool) -> None:
    template = next(one.path for one in ROUTES if one.path_regex.match(SERVICE) and "GET" in one.methods)
    add(faults, f"get {template}")
    assert (faults.take(method, path) is not None) == concerned


def test_a_path_of_another_operation_is_never_concerned(faults: Faults) -> None:
    snapshots = "/content/v2.0/snapshots"
    add(faults, f"POST {snapshots}/{{snapshot}}", times=None)
    add(faults, f"POST {snapshots}/getblob", status=500)
    taken = [faults.take("POST", f"{snapshots}/{name}") for name in ("one", "getblob", "getblob")]
    assert [fault and fault.status for fault in taken] == [503, 500, None]


def test_a_path_with_a_name_is_that_alone(faults: Faults) -> None:
    add(faults, f"GET {SERVICE}")
    assert faults.take("GET", SERVICE + "2") is None


def test_a_routing_lag_waits_for_who_asks_for_it(faults: Faults) -> None:
    add(faults, "PATCH /modelmanagement/v1.0/services/digits", status=None, routing_lag=5)
    assert faults.take("PATCH", SERVICE) is None
    found = faults.take("PATCH", SERVICE, lags=True)
    assert found
    assert (found.routing_lag, found.status, faults.documents()) == (5, 502, [])
    with pytest.raises(BadRequest, match="404, 502, 503 or 504, not 500"):
        add(faults, "POST /modelmanagement/v1.0/services", status=500, routing_lag=5)


def test_faults_that_are_used_up_are_forgotten(faults: Faults) -> None:
    add(faults, f"GET {SERVICE}", times=3)
    faults.add({"operation": f"GET {SERVICE}", "seconds": 1}, [one for one in ROUTES if isinstance(one, Route)])
    while faults.take("GET", SERVICE):
        pass
    assert vars(faults) == vars(Faults())


def test_cleared_faults_are_gone(faults: Faults) -> None:
    add(faults, f"GET {SERVICE}", times=None)
    faults.clear()
    assert faults.take("GET", SERVICE) is None


def test_an_unknown_operation_is_refused_with_the_nearest(faults: Faults) -> None:
    with pytest.raises(BadRequest, match=r"did you mean 'POST /modelmanagement/v1.0/services'") as raised:
        add(faults, "POST /modelmanagement/v1.0/servces")
    assert "docs/coverage.md" in raised.value.message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"status": 200}, "400 to 599, not 200"),
        ({"status": "500"}, "not '500'"),
        ({"status": None}, "needs a status to answer with, seconds to stall for, a reason"),
        ({"status": None, "fail_later": "x"}, "only a deployment or its update can fail later"),
        ({"routing_lag": 5}, "only a deployment or its update is routed late"),
        ({"routing_lag": 601}, "0 to 600 seconds, not 601"),
        ({"routing_lag": 5, "seconds": 1}, "neither stalls nor fails later"),
        ({"fail_later": "x"}, "it cannot fail later, too"),
        ({"fail_later": ""}, "is a text, not ''"),
        ({"seconds": -1}, "0 to 600 seconds, not -1"),
        ({"seconds": float("nan")}, "not nan"),
        ({"times": 0}, "above 0, or for all .null., not 0"),
        ({"times": 1.5}, "not 1.5"),
    ],
)
def test_values_that_mean_nothing_are_refused(faults: Faults, values: dict[str, object], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        add(faults, f"GET {SERVICE}", **values)
    assert faults.documents() == []
