import pytest
import torch

from synthset.training.muon import Muon, Together, orthogonalise


@pytest.mark.parametrize("shape", [(6, 20), (20, 6)])
def test_a_step_is_that_of_torchs_own_muon(shape):
    torch.manual_seed(0)
    mine = torch.nn.Parameter(torch.randn(shape))
    with torch.no_grad():
        mine.mul_(shape[0] ** 0.5 / mine.norm())  # the norm that it keeps
    theirs = torch.nn.Parameter(mine.detach().clone())
    optimizer = Muon([{"params": [mine]}], lr=0.1, momentum=0.6)
    reference = torch.optim.Muon([theirs], lr=0.1, weight_decay=0, momentum=0.6, ns_steps=3)
    for _ in range(3):
        gradient = torch.randn(shape)
        mine.grad, theirs.grad = gradient, gradient.clone()
        optimizer.step()
        reference.step()
        with torch.no_grad():
            theirs.mul_(shape[0] ** 0.5 / theirs.norm())
    mine.grad = torch.zeros(shape)
    scaled = mine.detach() * shape[0] ** 0.5 / mine.detach().norm()
    assert torch.allclose(scaled, theirs.detach(), atol=0.02)  # theirs computes in bfloat16


def test_orthogonalise_brings_singular_values_near_one():
    found = torch.linalg.svdvals(orthogonalise(torch.randn(5, 40), steps=5))
    assert found.min() > 0.6
    assert found.max() < 1.3


def test_a_convolution_is_a_matrix_with_a_row_an_output():
    torch.manual_seed(0)
    kernel = torch.nn.Parameter(torch.randn(4, 3, 3, 3))
    matrix = torch.nn.Parameter(kernel.detach().reshape(4, -1))
    for one in (kernel, matrix):
        one.grad = torch.arange(108.0).sin().reshape(one.shape)
        Muon([{"params": [one]}], lr=0.1, momentum=0.6).step()
    assert torch.equal(kernel.detach().reshape(4, -1), matrix.detach())


def test_two_optimisers_together_share_groups_and_state():
    one, two = (torch.nn.Parameter(torch.ones(2, 2)) for _ in range(2))
    first = Muon([{"params": [one]}], lr=0.1, momentum=0.6)
    both = Together(first, torch.optim.SGD([{"params": [two]}], lr=0.1, momentum=0.9))
    both.load_state_dict(both.state_dict())  # which makes other groups
    for group in both.param_groups:
        group["lr"] = 0.5
    one.grad, two.grad = torch.eye(2), torch.eye(2)
    both.step()
    assert two.detach().diagonal().tolist() == [0.5, 0.5]
    assert set(both.state) == {one, two}
