"""Where the database is, computed without starting it."""

import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from lnrag_site import postgres, postgres_home


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://lnrag:p%40ss@db.example:6432/rows?sslmode=require",
            {"NAME": "rows", "USER": "lnrag", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": "6432"}
            | {"OPTIONS": {"sslmode": "require"}},
        ),
        ("postgres://db/rows", {"NAME": "rows", "USER": "", "HOST": "db", "PORT": "", "OPTIONS": {}}),
        ("postgres:///rows?host=/run/postgresql", {"NAME": "rows", "HOST": "/run/postgresql", "OPTIONS": {}}),
    ],
)
def test_a_url_becomes_settings(tmp_path, url, expected):
    found = postgres.database_settings(url=url, var_dir=tmp_path)

    assert found.items() >= expected.items()
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["mysql://root:hunter22@db/x", "hunter22", "postgres://u:hunter22@db:port/x"])
def test_a_url_of_something_else_is_refused_without_being_shown(tmp_path, url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        postgres.database_settings(url=url, var_dir=tmp_path)

    assert "hunter22" not in str(refused.value)


def test_without_a_url_the_server_is_our_own_behind_a_socket_and_a_password(tmp_path):
    found = postgres.database_settings(url="", var_dir=tmp_path)

    assert found["HOST"] == str(postgres_home.locate(tmp_path).sockets)
    assert (found["NAME"], found["USER"], found["CONN_MAX_AGE"]) == ("lnrag", "lnrag", 0)
    password = tmp_path / "postgres_password"
    assert found["PASSWORD"] == password.read_text()
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["postgres_password"]


def test_each_var_folder_has_a_server_of_its_own(tmp_path):
    first, second = (postgres_home.locate(tmp_path / name) for name in ("a", "b"))

    assert first.folder != second.folder
    assert first.sockets != second.sockets


@pytest.mark.parametrize("is_root", [True, False])
def test_the_socket_path_fits_the_kernel_however_deep_the_checkout(tmp_path, monkeypatch, is_root):
    monkeypatch.setattr("os.geteuid", lambda: 0 if is_root else 1000)

    home = postgres_home.locate(tmp_path / ("deep" * 40))

    assert len(str(home.sockets / postgres_home.SOCKET_NAME)) <= postgres_home.LONGEST_SOCKET_PATH


def test_as_root_nothing_of_the_server_stands_in_the_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)

    home = postgres_home.locate(tmp_path)

    assert not home.folder.is_relative_to(tmp_path)
    assert home.account == "pgserver"
