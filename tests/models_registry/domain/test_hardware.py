"""A machine's memory and cards decide what it is given (CF-03, CF-05, CF-08)."""

import pytest

from models_registry.domain.hardware import (
    MODEL_SETS,
    Gpu,
    Hardware,
    Profile,
    allows_70b,
    download_minutes,
    optimal_config,
    profile_of,
)


@pytest.mark.parametrize(
    ("ram_gb", "expected"),
    [
        (None, Profile.MINIMAL),
        (8.0, Profile.MINIMAL),
        (15.9, Profile.MINIMAL),
        (16.0, Profile.RECOMMENDED),
        (31.9, Profile.RECOMMENDED),
        (32.0, Profile.FULL),
    ],
)
def test_memory_chooses_the_profile(ram_gb, expected):
    assert profile_of(ram_gb) is expected


@pytest.mark.parametrize(("cores", "batch", "at_once"), [(None, 4, 2), (2, 8, 4), (8, 32, 16), (64, 32, 128)])
def test_cores_choose_batches_and_requests_at_once(cores, batch, at_once):
    config = optimal_config(Hardware(ram_gb=16.0, cpu_cores=cores))

    assert (config.batch_size, config.max_concurrent_requests) == (batch, at_once)


@pytest.mark.parametrize(
    ("gpus", "ram_gb", "cores", "expected"),
    [
        ((), 64.0, 32, False),
        ((), 128.0, 64, True),
        ((), 128.0, 32, False),
        ((Gpu("A100", 85.0),), 32.0, 8, True),
        ((Gpu("RTX 4090", 25.8), Gpu("RTX 4090", 25.8)), 64.0, 16, True),
        ((Gpu("RTX 4090", 25.8),), 64.0, 16, False),
        ((Gpu("RTX 3060", 12.9),), 16.0, 8, False),
        ((Gpu("NVIDIA", None),), 16.0, 8, True),
    ],
)
def test_a_70b_model_needs_cards_that_hold_it_or_a_very_large_machine(gpus, ram_gb, cores, expected):
    assert allows_70b(Hardware(ram_gb=ram_gb, cpu_cores=cores, gpus=gpus)) is expected


def test_a_card_is_three_to_five_times_quicker():
    without = optimal_config(Hardware(ram_gb=16.0, cpu_cores=8))
    with_card = optimal_config(Hardware(ram_gb=16.0, cpu_cores=8, gpus=(Gpu("RTX 4090", 25.8),)))

    assert (without.use_gpu, without.latency_factor) == (False, (1.0, 1.0))
    assert with_card.use_gpu
    assert list(with_card.latency_factor) == pytest.approx([1 / 5, 1 / 3])


@pytest.mark.parametrize(
    ("hardware", "expected_gb"),
    [
        (Hardware(None, None), None),
        (Hardware(16.0, 8), 16.0),
        (Hardware(16.0, 8, (Gpu("a", 25.8),)), 25.8),
        (Hardware(64.0, 8, (Gpu("a", 25.8),)), 64.0),
        (Hardware(16.0, 8, (Gpu("a", None),)), 16.0),
    ],
)
def test_the_larger_of_two_memories_bounds_a_model(hardware, expected_gb):
    assert hardware.model_memory_gb == expected_gb


def test_the_four_models_of_the_recommended_profile_weigh_29_gb():
    weights = [model.download_gb for model in MODEL_SETS["recommended"] if not model.family]

    assert sorted(weights) == [4.7, 7.4, 7.9, 9.0]
    assert sum(weights) == pytest.approx(29.0)
    assert download_minutes(29.0) == pytest.approx(38.7, abs=0.05)


def test_the_quick_and_the_large_models_of_the_gateway_are_7_4_gb_beside_mistral():
    optional = {model.name: model.download_gb for model in MODEL_SETS["gateway"] if model.is_optional}

    assert optional["llama3.2"] + optional["gemma2"] == pytest.approx(7.4)
    assert [model.name for model in MODEL_SETS["gateway"] if not model.is_optional] == ["mistral"]


@pytest.mark.parametrize("models", MODEL_SETS.values())
def test_each_set_has_fixed_tags_and_one_main_model(models):
    assert all(":" in model.tag and not model.tag.endswith(":latest") for model in models)
    assert [model.is_main for model in models].count(True) == 1
