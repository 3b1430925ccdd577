import pytest
import torch
from torch.nn import functional

from synthset.recipe.training import SmallResNet
from synthset.training.models import build
from synthset.training.whitened_resnet import KEPT, PATCH, STRIDE, WhitenedResNet


def test_whitened_patches_are_uncorrelated_and_of_one_variance():
    torch.manual_seed(0)
    images = functional.avg_pool2d(torch.randn(200, 3, 33, 33), 2, stride=1)  # neighbours alike
    net = WhitenedResNet(SmallResNet(kind="small_resnet", width=8), 4)
    net.whiten(images)
    maps = functional.conv2d(images, net.patches[:KEPT], stride=STRIDE)
    flat = maps.transpose(0, 1).flatten(1)
    assert torch.allclose(flat @ flat.T / flat.shape[1], torch.eye(KEPT), atol=0.02)
    assert torch.equal(net.patches[:KEPT], -net.patches[KEPT:])


@pytest.mark.parametrize("size", [8, 16, 32, 33, 64])
def test_any_small_size_goes_through(size):
    model = build(SmallResNet(kind="small_resnet", width=8), 7, size).eval()
    assert model(torch.rand(2, 3, size, size)).shape == (2, 7)
    assert model.features(torch.rand(2, 3, size, size)).shape == (2, 32)


def test_a_convolution_begins_by_handing_its_channels_on():
    net = WhitenedResNet(SmallResNet(kind="small_resnet", width=48), 4)
    maps = torch.rand(1, 2 * KEPT, 8, 8)
    assert torch.allclose(net.groups[0].first(maps)[:, : 2 * KEPT], maps)
    assert net.patches.shape == (2 * KEPT, 3, PATCH, PATCH)
