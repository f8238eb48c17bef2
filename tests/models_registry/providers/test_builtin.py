"""PR-02: the built-in embedder, against a float32 reference written in numpy, without any network."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from math import sqrt

import numpy as np
import pytest
from tokenizers import Tokenizer

from models_registry.domain.errors import ProviderUnavailable
from models_registry.providers import builtin
from models_registry.providers.builtin import BuiltinEmbedder, model_file, package_file
from models_registry.providers.builtin_graph import read_safetensors

TEXTS = (
    "How do I raise the fees of a drained channel?",
    "Comment baisser mes frais ?",
    "A base fee of 1000 msat makes small payments expensive.",
    "rebalance " * 400,
    "The node was offline for two days, so peers closed their channels and the capacity fell.",
)


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def embedder(cache_dir):
    return BuiltinEmbedder(cache_dir)


def erf(x):
    """Abramowitz and Stegun 7.1.26, good to 1.5e-7."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.sign(x) * (1 - series * np.exp(-(x**2)))


class Reference:
    """The same network in plain numpy, one text at a time, so that no padding is involved."""

    def __init__(self):
        self.w = read_safetensors(package_file(builtin.WEIGHTS_FILE))
        self.tokenizer = Tokenizer.from_file(str(package_file(builtin.TOKENIZER_FILE)))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.no_padding()

    def dense(self, name, x):
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def norm(self, name, x):
        centered = x - x.mean(-1, keepdims=True)
        scaled = centered / np.sqrt((centered**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * self.w[f"{name}.weight"] + self.w[f"{name}.bias"]

    def attended(self, name, x):
        q, k, v = (
            self.dense(f"{name}.{part}", x).reshape(-1, 12, 32).swapaxes(0, 1) for part in ("query", "key", "value")
        )
        scores = q @ k.swapaxes(1, 2) / sqrt(32)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        return (weights / weights.sum(-1, keepdims=True) @ v).swapaxes(0, 1).reshape(-1, 384)

    def embed(self, text):
        ids = self.tokenizer.encode(text).ids
        table = self.w["embeddings.position_embeddings.weight"][: len(ids)]
        x = (
            self.w["embeddings.word_embeddings.weight"][ids]
            + table
            + self.w["embeddings.token_type_embeddings.weight"][0]
        )
        x = self.norm("embeddings.LayerNorm", x)
        for layer in (f"encoder.layer.{number}" for number in range(6)):
            seen = self.dense(f"{layer}.attention.output.dense", self.attended(f"{layer}.attention.self", x))
            x = self.norm(f"{layer}.attention.output.LayerNorm", seen + x)
            wide = self.dense(f"{layer}.intermediate.dense", x)
            wide = wide * 0.5 * (1 + erf(wide / sqrt(2)))
            x = self.norm(f"{layer}.output.LayerNorm", self.dense(f"{layer}.output.dense", wide) + x)
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)


def test_every_text_is_close_to_the_reference(embedder):
    vectors = embedder.embed(TEXTS)
    reference = Reference()

    cosines = [float(vector @ reference.embed(text)) for vector, text in zip(vectors, TEXTS, strict=True)]

    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert min(cosines) >= 0.98, cosines


@pytest.mark.parametrize("text", ["", "⚡", " \n", "x"])
def test_a_text_of_almost_nothing_is_embedded_too(embedder, text):
    assert float(embedder.embed([text])[0] @ Reference().embed(text)) >= 0.96


def test_related_texts_are_closer_than_unrelated_ones(embedder):
    fee, price, weather = embedder.embed(["raise channel fees", "increase the routing fee", "it rains in Paris"])

    assert fee @ price > fee @ weather + 0.3


def test_a_text_has_nearly_the_same_vector_in_any_company(embedder):
    alone = embedder.embed([TEXTS[0]])[0]
    together = embedder.embed([*TEXTS, *TEXTS])[len(TEXTS)]

    assert alone @ together > 0.98  # a batch shares the scale of its 8-bit activations


def test_no_texts_are_no_rows(embedder):
    assert embedder.embed([]).shape == (0, 384)


def test_it_loads_and_works_without_a_network(cache_dir, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("no network here")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert BuiltinEmbedder(cache_dir).embed(["offline"]).shape == (1, 384)


def test_many_threads_share_one_engine(cache_dir):
    fresh = BuiltinEmbedder(cache_dir)
    barrier = threading.Barrier(4)

    def embed(_number):
        barrier.wait()
        return fresh.embed(["the same text"])[0]

    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(embed, range(4)))

    assert all(np.array_equal(vector, vectors[0]) for vector in vectors)


def test_the_file_is_built_once_and_named_by_its_own_digest(cache_dir):
    first = model_file(cache_dir)
    written_at = first.stat().st_mtime_ns

    assert model_file(cache_dir) == first
    assert first.stat().st_mtime_ns == written_at
    assert builtin._sha256(first).startswith(first.stem.rpartition("-")[2])
    assert first.stat().st_size < 30_000_000


def test_a_damaged_file_is_built_again(tmp_path, cache_dir):
    healthy = model_file(cache_dir)
    damaged = tmp_path / healthy.name
    damaged.write_bytes(healthy.read_bytes()[:-100])

    rebuilt = model_file(tmp_path)

    assert rebuilt.stem.startswith(f"{builtin.SPACE.model.lower()}-{builtin.GRAPH}-{builtin.SPACE.digest[:12]}")
    assert BuiltinEmbedder(tmp_path).embed(["x"]).shape == (1, 384)
    assert [file.name for file in tmp_path.iterdir()] == [rebuilt.name]


def test_an_older_release_s_file_is_not_taken_and_goes(tmp_path, cache_dir):
    current = model_file(cache_dir)
    content = current.read_bytes()
    older = tmp_path / current.name.replace(f"-{builtin.GRAPH}-", "-")
    older.write_bytes(content)

    assert model_file(tmp_path).name == current.name
    assert not older.exists()


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setattr(builtin, "PACKAGE", "no-such-package-anywhere")

    with pytest.raises(ProviderUnavailable, match="not installed"):
        package_file(builtin.TOKENIZER_FILE)


def test_an_altered_file_is_refused(monkeypatch):
    monkeypatch.setitem(builtin.SHA256, builtin.TOKENIZER_FILE, "0" * 64)

    with pytest.raises(ProviderUnavailable, match="missing or altered"):
        package_file(builtin.TOKENIZER_FILE)
