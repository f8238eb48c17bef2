"""Which port is meant, and what is said of one that cannot be."""

import pytest

from lnrag_site.ports import PortUnusable, read_port


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "８０８０", "", "80 80"])
def test_what_is_no_port_is_told_with_the_next_step(text: str) -> None:
    with pytest.raises(PortUnusable, match=r"is not a port\. Choose one from 1 to 65535"):
        read_port(text)


@pytest.mark.parametrize(("text", "port"), [("1", 1), ("8000", 8000), ("65535", 65535)])
def test_a_port_is_read(text: str, port: int) -> None:
    assert read_port(text) == port
