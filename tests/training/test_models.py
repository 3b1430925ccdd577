import pytest
import torch
from safetensors.torch import save_file

from synthset.errors import ModelError, RecipeError
from synthset.recipe.training import TimmModel
from synthset.training.models import build


def timm_model(**settings):
    return TimmModel(kind="timm", **settings)


def test_a_resnet_has_the_small_stem_up_to_64_px_and_its_own_above():
    small, own = (build(timm_model(), 3, size).net for size in (64, 65))
    assert (small.conv1.kernel_size, small.conv1.stride) == ((3, 3), (1, 1))
    assert small.forward_features(torch.zeros(1, 3, 32, 32)).shape == (1, 512, 4, 4)
    assert (own.conv1.kernel_size, own.conv1.stride) == ((7, 7), (2, 2))


def test_the_small_stem_is_for_resnets():
    with pytest.raises(RecipeError, match="test_convnext is not a ResNet"):
        build(timm_model(name="test_convnext", stem="small"), 3, 32)


@pytest.mark.parametrize("name", ["test_vit", "test_convnext", "test_efficientnet"])
def test_other_models_take_the_asked_size(name):
    model = build(timm_model(name=name), 3, 32).eval()
    images = torch.rand(2, 3, 32, 32)
    assert model(images).shape == (2, 3)
    features = model.features(images)
    torch.testing.assert_close(model.net.get_classifier()(features), model(images))
    assert torch.equal(model.answer(images), torch.cat([model(images), features], dim=1))


def test_an_unknown_model_is_refused_with_the_nearest_name():
    with pytest.raises(RecipeError, match="did you mean 'resnet18'"):
        build(timm_model(name="resnet_18"), 3, 32)


def test_images_are_normalised_inside_as_timm_says():
    model = build(timm_model(name="test_convnext"), 3, 32).eval()
    mean, std = (
        torch.tensor(model.net.pretrained_cfg[key])[:, None, None] for key in ("mean", "std")
    )
    images = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(model(images), model.net((images - mean) / std))


def test_weights_of_another_head_are_taken_but_for_the_head(tmp_path):
    source = build(timm_model(name="test_convnext"), 5, 32)
    save_file(
        {k: v.contiguous() for k, v in source.net.state_dict().items()}, tmp_path / "w.safetensors"
    )
    settings = timm_model(name="test_convnext", weights=str(tmp_path / "w.safetensors"))
    same, other = build(settings, 5, 32), build(settings, 3, 32)
    head = [name for name in source.net.state_dict() if name.startswith("head.fc.")]
    for name, value in source.net.state_dict().items():
        torch.testing.assert_close(same.net.state_dict()[name], value)
        if name not in head:
            torch.testing.assert_close(other.net.state_dict()[name], value)
    assert head
    assert other.net.get_classifier().out_features == 3


def test_the_stem_follows_the_weights(tmp_path):
    source = build(timm_model(stem="own"), 5, 32)
    save_file(
        {k: v.contiguous() for k, v in source.net.state_dict().items()}, tmp_path / "w.safetensors"
    )
    settings = timm_model(weights=str(tmp_path / "w.safetensors"))
    assert build(settings, 5, 32).net.conv1.kernel_size == (7, 7)


def test_weights_that_do_not_fit_are_refused(tmp_path):
    source = build(timm_model(name="test_convnext"), 5, 32)
    save_file(
        {k: v.contiguous() for k, v in source.net.state_dict().items()}, tmp_path / "w.safetensors"
    )
    with pytest.raises(ModelError, match="does not fit test_efficientnet"):
        build(timm_model(name="test_efficientnet", weights=str(tmp_path / "w.safetensors")), 5, 32)
    with pytest.raises(ModelError, match=r"not a \.safetensors file"):
        build(timm_model(weights=str(tmp_path / "w.pth")), 5, 32)
    with pytest.raises(ModelError, match="cannot be read"):
        build(timm_model(weights=str(tmp_path / "gone.safetensors")), 5, 32)
