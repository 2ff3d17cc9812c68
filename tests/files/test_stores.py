import errno
import hashlib
import io
import stat
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from helix.errors import NotFound, TooLarge, Unavailable
from helix.files import open_store
from helix.files.local import LocalStore
from helix.files.remote import RemoteStore
from tests.support.s3_server import S3Server

UNKNOWN = "0" * 32


@pytest.fixture
def filesystem():
    memory = MemoryFileSystem()
    memory.store.clear()
    yield memory
    memory.store.clear()


@pytest.fixture
def bucket(monkeypatch):
    """A store in a bucket of a server that speaks S3, opened as an installation does."""
    s3fs = pytest.importorskip("s3fs")
    with S3Server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        yield open_store("s3://files/helix")
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(params=["local", "remote", "bucket"])
def store(request, tmp_path, filesystem):
    if request.param == "bucket":
        return request.getfixturevalue("bucket")
    return LocalStore(tmp_path / "files") if request.param == "local" else RemoteStore(filesystem, "bucket/helix/")


def read(store, key):
    with store.open(key) as stream:
        return stream.read()


@pytest.mark.parametrize("content", [b"", b"hello", bytes(range(256)) * 1000])
def test_what_is_saved_comes_back_with_its_size_and_digest(store, content):
    saved = store.save(io.BytesIO(content), limit=1_000_000)

    assert read(store, saved.key) == content
    assert saved.size == len(content)
    assert saved.sha256 == hashlib.sha256(content).hexdigest()
    assert store.exists(saved.key)


def test_a_file_of_exactly_the_limit_is_kept(store):
    assert store.save(io.BytesIO(b"x" * 100_000), limit=100_000).size == 100_000


def test_a_file_above_the_limit_is_refused_while_reading_and_leaves_nothing_behind(store, tmp_path, filesystem):
    stream = io.BytesIO(b"x" * 10_000_000)

    with pytest.raises(TooLarge, match=r"at most 97\.7 KB"):
        store.save(stream, limit=100_000)

    assert stream.tell() < 300_000
    assert list(store.keys()) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert filesystem.store == {}


def test_a_stream_that_breaks_leaves_nothing_behind(store, tmp_path, filesystem):
    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 100_000:
                raise ConnectionResetError("the browser went away")
            return super().read(size)

    with pytest.raises((ConnectionResetError, Unavailable)):
        store.save(Breaking(b"x" * 1_000_000), limit=10_000_000)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert filesystem.store == {}


def test_the_same_content_twice_is_two_files(store):
    one, two = store.save(io.BytesIO(b"same"), limit=10), store.save(io.BytesIO(b"same"), limit=10)

    store.delete(one.key)

    assert sorted(store.keys()) == [two.key]
    assert read(store, two.key) == b"same"


def test_a_deleted_file_is_gone_and_deleting_it_again_is_no_error(store):
    saved = store.save(io.BytesIO(b"hello"), limit=10)

    store.delete(saved.key)
    store.delete(saved.key)

    assert not store.exists(saved.key)
    with pytest.raises(NotFound, match="no longer in the file store"):
        store.open(saved.key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "/etc/passwd", "..", "a" * 31, "G" * 32, UNKNOWN + "\n"])
def test_a_key_that_we_never_gave_out_reaches_no_file(store, key):
    for act in (store.open, store.delete, store.exists):
        with pytest.raises(NotFound):
            act(key)


def test_a_backup_is_brought_back_under_its_own_key(store):
    saved = store.save(io.BytesIO(b"hello"), limit=10, key=UNKNOWN)

    assert saved.key == UNKNOWN
    assert read(store, UNKNOWN) == b"hello"


def test_files_of_a_folder_are_for_their_owner_alone(tmp_path):
    saved = LocalStore(tmp_path / "files").save(io.BytesIO(b"hello"), limit=10)

    path = tmp_path / "files" / saved.key[:2] / saved.key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_in_words_and_leaves_nothing_behind(tmp_path, monkeypatch):
    def on_a_full_disk(descriptor, mode):
        import os

        os.close(descriptor)
        return open("/dev/full", mode)  # noqa: PTH123

    monkeypatch.setattr("helix.files.local.os.fdopen", on_a_full_disk)

    with pytest.raises(Unavailable, match="disk of the server is full"):
        LocalStore(tmp_path).save(io.BytesIO(b"x" * 1_000_000), limit=10_000_000)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path):
    (tmp_path / "files").write_text("a file where the folder should be")

    with pytest.raises(Unavailable, match="folder for files is not usable"):
        LocalStore(tmp_path / "files").save(io.BytesIO(b"hello"), limit=10)


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.ECONNREFUSED, "cannot be reached"), (errno.ENOSPC, "Free some space")]
)
def test_a_bucket_that_fails_half_way_is_told_in_words_and_keeps_nothing(filesystem, monkeypatch, number, sentence):
    store = RemoteStore(filesystem, "bucket")
    real_open = filesystem.open

    def open_and_fail(*args, **options):
        file = real_open(*args, **options)
        monkeypatch.setattr(file, "close", lambda: (_ for _ in ()).throw(OSError(number, "no")))
        return file

    monkeypatch.setattr(filesystem, "open", open_and_fail)

    with pytest.raises(Unavailable, match=sentence):
        store.save(io.BytesIO(b"hello"), limit=10)

    assert filesystem.store == {}


def test_a_bucket_that_does_not_answer_is_not_taken_for_one_without_the_file(filesystem, monkeypatch):
    def refused(*args, **options):
        raise OSError(errno.ECONNREFUSED, "no")

    monkeypatch.setattr(filesystem, "info", refused)

    with pytest.raises(Unavailable):
        RemoteStore(filesystem, "bucket").exists(UNKNOWN)


def test_an_address_opens_the_store_it_names(tmp_path):
    store = open_store(f"file://{tmp_path}/with%20space")

    store.save(io.BytesIO(b"hello"), limit=10)

    assert (tmp_path / "with space").is_dir()


@pytest.mark.parametrize("url", ["", "/var/files", "file://", "file://host/path", "s3://", "http://host/path"])
def test_an_address_that_names_no_store_is_refused(url):
    with pytest.raises(ValueError, match="FILES_URL"):
        open_store(url)


def test_a_bucket_without_its_library_says_what_to_install(monkeypatch):
    def missing(*args, **options):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.filesystem", missing)

    with pytest.raises(Unavailable, match="pip install s3fs"):
        open_store("s3://bucket/prefix")
