"""A list of urls becomes a pool, and every row without an image says why."""

import json
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from picture_server import picture
from typer.testing import CliRunner

from synthset.cli.app import app
from synthset.errors import DatasetError, StageError, UsageError
from synthset.formats.captioned import read_captioned
from synthset.images import sha256
from synthset.pools.attempt import Terms
from synthset.pools.download import download
from synthset.pools.fetch import FetchLimits
from synthset.pools.url_lists import read_urls
from synthset.recipe.pools import Pool


@pytest.fixture
def terms():
    return Terms(FetchLimits(timeout_s=5), allowed=lambda address: True, sleep=lambda seconds: None)


def listed(path, **columns):
    pq.write_table(pa.table(columns), path)
    return str(path)


def rows_of(folder, shard=0):
    return pq.read_table(folder / f"{shard:05}.parquet").to_pylist()


@pytest.fixture
def mixed(web, tmp_path):
    """Six rows: two images, and four that fail each in its own way."""
    urls = [
        web.put("/a.png", picture(1)),
        web.put("/b.jpg", picture(2, "jpeg")),
        web.put("/cut.png", picture(3)[:45]),
        web.put("/page.html", b"<html>"),
        web.put("/other.png", picture(5)),
        web.put("/no.png", picture(6), X_Robots_Tag="noimageai"),
    ]
    pins = [sha256(picture(1)), None, None, None, sha256(b"was another"), None]
    captions = [f"picture {i}" for i in range(5)] + [None]
    return listed(tmp_path / "urls.parquet", url=urls, caption=captions, sha256=pins)


def test_each_row_is_an_image_or_has_a_reason(mixed, terms, tmp_path):
    found = download(read_urls(mixed, 100), str(tmp_path / "pool"), terms, threads=3)
    assert (found.rows, found.attempted, found.obtained) == (6, 6, 2)
    assert found.failed == {"corrupt": 1, "hash_mismatch": 1, "not_an_image": 1, "opt_out": 1}
    rows = rows_of(tmp_path / "pool")
    assert [row["reason"] for row in rows] == [
        *(None, None, "corrupt", "not_an_image", "hash_mismatch", "opt_out")
    ]
    assert [row["status"] for row in rows[1:3]] == ["success", "failed_to_download"]
    assert (rows[0]["width"], rows[0]["height"]) == (6, 4)
    assert rows[0]["sha256"] == sha256(picture(1))
    told = json.loads((tmp_path / "pool" / "download.json").read_text())
    assert (told["attempted"], told["obtained"], told["failed"]) == (6, 2, found.failed)


@pytest.mark.parametrize("layout", ["webdataset", "files"])
def test_a_pool_of_either_layout_is_read_as_one(mixed, terms, tmp_path, layout):
    download(read_urls(mixed, 4), str(tmp_path / "pool"), terms, layout)
    place = {"path": str(tmp_path / "pool")}
    images = read_captioned(Pool.model_validate({"kind": "pool", "paths": [place]}))
    read = [(image.caption, image.facts["pool_key"], image.read()) for image in images]
    assert read == [
        ("picture 0", "000000", picture(1)),
        ("picture 1", "000001", picture(2, "jpeg")),
    ]


def test_the_same_list_makes_the_same_bytes_with_any_number_of_threads(mixed, terms, tmp_path):
    for threads in (1, 8):
        download(read_urls(mixed, 3), str(tmp_path / str(threads)), terms, threads=threads)
    for name in ("00000.tar", "00001.tar", "00000.parquet", "00000_stats.json", "download.json"):
        one, other = (tmp_path / str(threads) / name for threads in (1, 8))
        assert one.read_bytes() == other.read_bytes()


def test_a_killed_download_goes_on_where_it_was(mixed, terms, tmp_path, web):
    pool, urls = tmp_path / "pool", read_urls(mixed, 2)

    def killed(rows):
        if web.asked.total() >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(urls, str(pool), terms, threads=1, progress=killed)
    finished = sorted(path.name for path in pool.glob("*_stats.json"))
    assert finished == ["00000_stats.json"]
    before = (pool / "00000.tar").stat().st_mtime_ns
    found = download(urls, str(pool), terms)
    assert found.obtained == 2
    assert web.asked["/a.png"] == 1
    assert (pool / "00000.tar").stat().st_mtime_ns == before
    assert not list(pool.glob("*.partial"))


def test_a_killed_folder_of_images_is_made_anew(mixed, terms, tmp_path):
    pool, urls = tmp_path / "pool", read_urls(mixed, 6)
    download(urls, str(pool), terms, "files")
    (pool / "00000_stats.json").unlink()
    (pool / "00000" / "stale.png").write_bytes(picture(9))
    download(urls, str(pool), terms, "files")
    assert not (pool / "00000" / "stale.png").exists()
    assert (pool / "00000" / "000000.png").read_bytes() == picture(1)


def test_passing_faults_are_tried_again_with_longer_waits(web, tmp_path):
    waits = []
    terms = Terms(FetchLimits(), 4, allowed=lambda address: True, sleep=waits.append)
    data = picture(1)
    web.pages["/late.png"] = lambda times: (200 if times == 5 else 503, {}, data)
    web.pages["/never.png"] = lambda times: (503, {"Retry-After": "40"}, b"")
    urls = [web.url + name for name in ("/late.png", "/never.png", "/gone.png")]
    path = listed(tmp_path / "u.parquet", url=urls)
    found = download(read_urls(path, 9), str(tmp_path / "pool"), terms, threads=1)
    assert [row["tries"] for row in rows_of(tmp_path / "pool")] == [5, 5, 1]
    assert (found.obtained, found.failed) == (1, {"http_404": 1, "http_503": 1})
    assert all(0.5 * 2**i <= waits[i] < 1.5 * 2**i for i in range(4))
    assert waits[4:] == [40] * 4


def test_rows_with_another_licence_are_never_asked_for(web, tmp_path):
    urls = [web.put(f"/{i}.png", picture(i)) for i in range(3)]
    path = listed(tmp_path / "u.parquet", url=urls, license=["CC0", "ARR", None])
    terms = Terms(FetchLimits(), licenses=frozenset({"cc0"}), allowed=lambda address: True)
    found = download(read_urls(path, 9), str(tmp_path / "pool"), terms)
    assert (found.attempted, found.obtained, found.failed) == (1, 1, {"license": 2})
    assert web.asked == {"/0.png": 1}


def test_a_list_names_its_keys_and_they_are_the_file_names(web, terms, tmp_path):
    urls = [web.put(f"/{i}.png", picture(i)) for i in range(2)]
    path = tmp_path / "u.csv"
    path.write_text(f"key,url,license\n0001,{urls[0]},CC0\nf3-a,{urls[1]},\n")
    download(read_urls(str(path), 9), str(tmp_path / "pool"), terms)
    with tarfile.open(tmp_path / "pool" / "00000.tar") as tar:
        assert tar.getnames() == ["0001.png", "0001.json", "f3-a.png", "f3-a.json"]
        facts = json.load(tar.extractfile("0001.json"))
    assert (facts["license"], facts["url"]) == ("CC0", urls[0])


def test_columns_are_found_in_any_case_and_licences_in_any_spelling(web, tmp_path):
    urls = [web.put(f"/{i}.png", picture(i)) for i in range(4)]
    spelt = ["CC BY 2.0", "https://creativecommons.org/licenses/by/2.0/", "CC-BY-NC-2.0", "?"]
    path = listed(tmp_path / "u.parquet", URL=urls, TEXT=list("abcd"), LICENSE=spelt)
    terms = Terms(FetchLimits(), licenses=frozenset({"cc-by"}), allowed=lambda address: True)
    found = download(read_urls(path, 9, "url", "text"), str(tmp_path / "pool"), terms)
    assert (found.obtained, found.left_out) == (2, {"?": 1, "CC-BY-NC-2.0": 1})
    assert [row["caption"] for row in rows_of(tmp_path / "pool")] == list("abcd")
    assert json.loads((tmp_path / "pool" / "download.json").read_text())["licenses_left_out"]


def test_a_list_without_a_licence_that_is_taken_is_refused_before_the_first_request(tmp_path, web):
    columns = {"url": [web.put("/a.png", picture(1))] * 3, "license": ["ARR", "ARR", None]}
    urls = read_urls(listed(tmp_path / "u.parquet", **columns), 9)
    wanted = Terms(licenses=frozenset({"CC0"}))
    with pytest.raises(
        DatasetError, match=r"CC0: none of the 3 rows .* has 'ARR' \(2\), none \(1\)"
    ):
        download(urls, str(tmp_path / "pool"), wanted)
    bare = read_urls(listed(tmp_path / "bare.parquet", url=columns["url"]), 9)
    with pytest.raises(UsageError, match=r"no column 'license'.*--license-column"):
        download(bare, str(tmp_path / "pool"), wanted)
    assert not (tmp_path / "pool").exists()
    assert web.asked.total() == 0


def test_a_named_column_that_is_not_there_is_refused(tmp_path):
    path = listed(tmp_path / "u.parquet", url=["http://a"], TEXT=["a"])
    for option, name in (("url", "urll"), ("caption", "TEXTE"), ("license", "licens")):
        with pytest.raises(UsageError, match=f"no column '{name}'.*--{option}-column"):
            read_urls(path, 9, **{f"{option}_column": name})


def test_of_columns_that_differ_in_case_alone_one_is_named(tmp_path):
    path = listed(tmp_path / "u.parquet", url=["http://a"], Caption=["b"], CAPTION=["c"])
    with pytest.raises(UsageError, match="'Caption', 'CAPTION', which differ at most in case"):
        read_urls(path, 9)
    assert read_urls(path, 9, caption_column="Caption").shard(0)[0].caption == "b"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"link": ["http://a"]}, "no column 'url'; known: link"),
        ({"url": []}, "is empty"),
        ({"url": ["http://a"], "sha256": ["abc"]}, "row 0: 'abc' is not a sha256"),
        ({"url": ["http://a"], "key": ["../../x"]}, "row 0: the key '../../x' is not a file name"),
        ({"url": ["http://a"] * 2, "key": ["x", "x"]}, "the key 'x' twice"),
    ],
)
def test_a_list_with_a_fault_is_refused_before_the_first_request(tmp_path, columns, said):
    path = tmp_path / "u.parquet"
    pq.write_table(pa.table({k: pa.array(v, pa.string()) for k, v in columns.items()}), path)
    with pytest.raises(UsageError, match=said):
        read_urls(str(path), 9)


def test_nothing_is_written_over(mixed, terms, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.png").write_bytes(b"")
    with pytest.raises(UsageError, match="contains other files"):
        download(read_urls(mixed, 9), str(tmp_path / "mine"), terms)
    download(read_urls(mixed, 9), str(tmp_path / "pool"), terms)
    with pytest.raises(UsageError, match="a different rows_per_shard"):
        download(read_urls(mixed, 3), str(tmp_path / "pool"), terms)


def test_the_command_tells_what_failed_and_asks_no_address_of_this_machine(mixed, tmp_path, web):
    words = ["pool", "download", mixed, "-o", str(tmp_path / "pool")]
    result = CliRunner().invoke(app, words)
    assert "address that is not public │ 6" in " ".join(result.stdout.split())
    assert web.asked.total() == 0
    assert isinstance(result.exception, StageError)  # nothing obtained is a failure
    assert "none of 6 rows gave an image" in str(result.exception)
