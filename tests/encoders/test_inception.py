from unittest import mock

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch_fidelity import feature_extractor_inceptionv3 as torch_fidelity

from synthset.encoders.inception import Inception, load_inception_weights
from synthset.errors import ModelError
from synthset.recipe.encoders import InceptionEncoder
from synthset.stage import list_column


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights with lively batch norms, in torch-fidelity's format."""
    torch.manual_seed(3)
    extractor = torch_fidelity.FeatureExtractorInceptionV3
    with (
        mock.patch.object(torch_fidelity, "load_state_dict_from_url"),
        mock.patch.object(extractor, "load_state_dict"),
    ):
        state = extractor("random", ["2048"]).state_dict()
    for name, values in state.items():
        if name.endswith(("running_var", "bn.weight")):
            values.uniform_(0.5, 1.5)
        elif name.endswith(("running_mean", "bn.bias")):
            values.normal_(0, 0.1)
        elif name.endswith("conv.weight"):
            torch.nn.init.kaiming_normal_(values)
    file = tmp_path_factory.mktemp("inception") / "weights.pth"
    torch.save(state, file)
    return file


def opened(**settings):
    encoder = Inception(InceptionEncoder(kind="inception", device="cpu", batch_size=1, **settings))
    encoder.open()
    return encoder


def distance(ours, theirs):
    return np.linalg.norm(ours - theirs.numpy()) / np.linalg.norm(theirs.numpy())


def test_features_and_logits_are_torch_fidelitys(weights, pictures, rows_of):
    batch = torch.from_numpy(pictures[0].copy()).permute(2, 0, 1)[None]
    reference = torch_fidelity.FeatureExtractorInceptionV3(
        "reference", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(weights)
    )
    with torch.inference_mode():
        features, logits = reference(batch)
    encoder = opened(weights=str(weights), resize="torch-fidelity")
    table = encoder(rows_of(pictures[:1]))
    assert distance(list_column(table, "features"), features) < 1e-5
    assert distance(list_column(table, "logits"), logits) < 1e-5


def test_bfloat16_comes_near_and_is_not_the_same(weights, pictures, rows_of):
    rows = rows_of(pictures[:1])
    exact, short = (
        list_column(opened(weights=str(weights), dtype=dtype)(rows), "features")
        for dtype in ("float32", "bfloat16")
    )
    assert 1e-4 < np.linalg.norm(short - exact) / np.linalg.norm(exact) < 0.05


def test_safetensors_weights_are_read_alike(weights, tmp_path):
    pickled = load_inception_weights(str(weights))
    save_file(dict(pickled), tmp_path / "weights.safetensors")
    safe = load_inception_weights(str(tmp_path / "weights.safetensors"))
    assert set(safe) == set(pickled)
    assert all(torch.equal(safe[name], pickled[name]) for name in safe)


def test_each_way_of_resizing_has_its_kernel():
    kernels = {
        resize: Inception(InceptionEncoder(kind="inception", resize=resize)).resize.kernel
        for resize in ("clean", "torch-fidelity")
    }
    assert kernels == {"clean": "bicubic", "torch-fidelity": "bilinear-tf1"}


def test_without_network_the_error_says_what_was_tried_and_what_to_do():
    with (
        mock.patch("torch.hub.load_state_dict_from_url", side_effect=OSError("no route to host")),
        pytest.raises(ModelError, match=r"github.com/toshas.*no route to host.*as `weights`"),
    ):
        opened()


def test_the_download_refuses_code_and_wrong_bytes():
    with mock.patch("torch.hub.load_state_dict_from_url", return_value={}) as download:
        with pytest.raises(ModelError, match="could not be loaded"):
            opened()
        assert download.call_args.kwargs["weights_only"]
        assert download.call_args.kwargs["check_hash"]


def test_a_missing_or_foreign_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"no file .*gone\.pth"):
        opened(weights=str(tmp_path / "gone.pth"))
    torch.save({"some": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(ModelError, match=r"other\.pth could not be loaded"):
        opened(weights=str(tmp_path / "other.pth"))


def test_a_pickle_with_code_is_not_run(tmp_path):
    (tmp_path / "bad.pth").write_bytes(b"cos\nsystem\n(S'touch /tmp/never'\ntR.")
    with pytest.raises(ModelError, match=r"bad\.pth could not be loaded"):
        opened(weights=str(tmp_path / "bad.pth"))
