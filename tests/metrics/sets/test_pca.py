import numpy as np
import pytest
from sklearn.decomposition import PCA

from synthset.errors import UsageError
from synthset.metrics.sets.pca import find_principal_axes


@pytest.mark.parametrize("count", [40, 400])  # fewer and more images than features
def test_axes_are_scikit_learns_up_to_sign(cloud, count):
    features = cloud(count, 64).astype(np.float64)
    ours, theirs = find_principal_axes(features, 5), PCA(5, svd_solver="full").fit(features)
    np.testing.assert_allclose(ours.variances, theirs.explained_variance_, rtol=1e-10)
    np.testing.assert_allclose(np.abs(ours.basis), np.abs(theirs.components_.T), atol=1e-8)


@pytest.mark.parametrize("count", [40, 400])
def test_projected_features_have_the_variances_of_the_axes(cloud, count):
    features = cloud(count, 64)
    axes = find_principal_axes(features, 3)
    projected = axes.project(features)
    np.testing.assert_allclose(projected.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.cov(projected.T), np.diag(axes.variances), atol=1e-10)


def test_signs_are_fixed(cloud):
    features = cloud(100, 10)
    flipped = find_principal_axes(np.ascontiguousarray(features[::-1]), 4)
    np.testing.assert_allclose(find_principal_axes(features, 4).basis, flipped.basis, atol=1e-9)
    assert (flipped.basis.max(axis=0) > -flipped.basis.min(axis=0)).all()


def test_more_axes_than_there_are_is_refused(cloud):
    with pytest.raises(UsageError, match="10 images of 64 features have between 1 and 9"):
        find_principal_axes(cloud(10, 64), 10)
    with pytest.raises(UsageError, match="these axes need 64"):
        find_principal_axes(cloud(10, 64), 2).project(cloud(10, 63))
