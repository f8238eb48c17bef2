"""This machine is measured once; a tool that lies, hangs or is missing never stops anything."""

import pytest

from models_registry.domain.hardware import Gpu, Profile
from models_registry.services import hardware


@pytest.fixture(autouse=True)
def measured_anew():
    hardware._measured.cache_clear()
    yield
    hardware._measured.cache_clear()


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Put an `nvidia-smi` of our own first on the path."""

    def install(script: str) -> None:
        file = tmp_path / "nvidia-smi"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    return install


def test_this_machine_has_memory_and_cores():
    found = hardware.measure()

    assert found.ram_gb
    assert found.ram_gb > 0.5
    assert found.cpu_cores
    assert hardware.get_optimal_config().profile in Profile


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("NVIDIA GeForce RTX 4090, 24564", (Gpu("NVIDIA GeForce RTX 4090", 25.8),)),
        ("A, 81920\nA, 81920\n", (Gpu("A", 85.9), Gpu("A", 85.9))),
        ("NVIDIA GB10, [N/A]", (Gpu("NVIDIA GB10", None),)),
        ("", ()),
        ("NVIDIA-SMI has failed because it couldn't communicate with the driver.", ()),
    ],
)
def test_cards_are_read_from_the_drivers_listing(said, expected):
    assert hardware.nvidia_gpus(said) == expected


def test_a_card_is_found_by_its_tool(tool):
    tool("echo 'RTX 3090, 24576'")

    found = hardware.get_optimal_config()

    assert (found.use_gpu, found.gpu_memory_gb) == (True, 25.8)


@pytest.mark.parametrize("script", ["exit 9", "sleep 60", "echo nonsense", "printf '\\377\\376'"])
def test_a_tool_in_trouble_means_no_card(tool, monkeypatch, script):
    monkeypatch.setattr(hardware, "NVIDIA_PATIENCE_S", 0.3)
    tool(script)

    assert hardware.measure().gpus == ()


def test_the_machine_is_measured_once(tool, tmp_path):
    tool(f"echo asked >> {tmp_path}/asked")

    hardware.measure()
    hardware.measure()

    assert (tmp_path / "asked").read_text().splitlines() == ["asked"]


def test_a_container_counts_its_own_limit(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("8000000000\n")
    monkeypatch.setattr(hardware, "CGROUP_LIMIT", tmp_path / "memory.max")

    assert hardware.measure().ram_gb == 8.0


def test_a_processors_own_graphics_is_no_card(tmp_path, monkeypatch):
    for name, size in (("card0", "536870912"), ("card1", "17163091968")):
        (tmp_path / name / "device").mkdir(parents=True)
        (tmp_path / name / "device" / "mem_info_vram_total").write_text(size)
    monkeypatch.setattr(hardware, "CARDS_FOLDER", tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)

    assert hardware.measure().gpus == (Gpu("AMD", 17.2),)
