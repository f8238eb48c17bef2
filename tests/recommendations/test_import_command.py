"""`manage.py import_graph`: what it says, and what it returns."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from recommendations.models import GraphSnapshot, Network
from tests.recommendations.graphs import AS_OF, NOW_S, direction, edge, graph, key, triangle, write

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("import_graph", *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def test_json_is_one_object_on_the_last_line_and_nothing_else(tmp_path):
    path = write(tmp_path, triangle())

    first, again = (run(path, "--json") for _ in range(2))

    assert len(first) == len(again) == 1
    told = json.loads(first[0])
    assert (told["nodes"], told["channels"], told["live_channels"], told["created"]) == (4, 3, 3, True)
    assert told["as_of"] == AS_OF.isoformat()
    assert {"seconds", "capacity_sat", "changed_policies", "closed_channels", "replaced_characters", "network"} <= set(
        told
    )
    assert json.loads(again[0])["created"] is False


def test_without_a_terminal_progress_is_plain_lines(tmp_path):
    lines = run(write(tmp_path, triangle()), "--source-name", "my node")

    assert lines[0].strip() == "5 % Reading the file"
    assert "4 nodes, 3 channels (3 live)" in lines[-1]
    assert GraphSnapshot.objects.get().source_name == "my node"
    assert "Already imported" in run(tmp_path / "graph.json")[-1]


def test_a_dry_run_says_that_nothing_was_stored(tmp_path):
    assert "nothing stored" in run(write(tmp_path, triangle()), "--dry-run")[-1]
    assert not Network.objects.exists()


def test_core_lightning_may_come_in_two_files(tmp_path):
    channels = write(tmp_path, {"channels": [direction(1, 1, 2)]}, "channels.json")
    nodes = write(tmp_path, {"nodes": [{"nodeid": key(1), "alias": "one"}]}, "nodes.json")

    assert "2 nodes, 1 channels" in run(channels, "--nodes", nodes, "--network", "signet")[-1]
    assert Network.objects.get().slug == "signet"


@pytest.mark.parametrize("moment", ["2025-11-01T00:00:00Z", "2025-11-01", "2025-11-01T01:00:00+01:00"])
def test_the_moment_may_be_given(tmp_path, moment):
    run(write(tmp_path, triangle()), "--as-of", moment)

    assert f"{GraphSnapshot.objects.get().as_of:%Y-%m-%d %H:%M}" == "2025-11-01 00:00"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--as-of", "yesterday"], "expected a moment"),
        (["--network", "demo"], "kept for the synthetic network"),
        (["--network", "a b; c"], "expected letters"),
    ],
)
def test_a_wrong_option_is_told_in_one_sentence(tmp_path, arguments, words):
    with pytest.raises(CommandError, match=words):
        run(write(tmp_path, triangle()), *arguments)


@pytest.mark.parametrize("cut", [10, 200])
def test_a_broken_file_is_one_error_and_stores_nothing(tmp_path, cut):
    with pytest.raises(CommandError, match=r"^The graph file is broken at .*, field .*: .*\. Nothing was stored\.$"):
        run(write(tmp_path, json.dumps(triangle()).encode()[:-cut]), "--json")

    assert not Network.objects.exists()


def test_the_error_names_record_and_field(tmp_path):
    broken = edge(1, 1, 2, capacity=str(-NOW_S))

    with pytest.raises(CommandError, match=rf"edges\[0\] \(channel_id {broken['channel_id']}\), field capacity"):
        run(write(tmp_path, graph([broken])))
