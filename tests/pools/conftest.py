import pytest
from picture_server import serving


@pytest.fixture
def web():
    with serving() as found:
        yield found
