import os
import stat
import tempfile
from pathlib import Path

import pytest

from helix.settings import ConfigurationError, data_folder
from tests.support.commands import helix


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_for_its_owner_alone(tmp_path):
    data_folder.prepare(tmp_path / "deep" / "data")

    assert mode(tmp_path / "deep" / "data") == 0o700


def test_a_shared_folder_with_others_things_keeps_its_rights(tmp_path):
    (tmp_path / "somebodys.txt").write_text("hello")
    tmp_path.chmod(0o755)

    data_folder.prepare(tmp_path)

    assert mode(tmp_path) == 0o755


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationError, match="Set DATA_DIR"):
        data_folder.prepare(tmp_path / "file" / "data")


def test_a_deep_data_folder_gets_a_short_socket_that_is_always_the_same(tmp_path):
    deep = tmp_path / ("x" * 60) / ("y" * 60)

    socket = data_folder.redis_socket(deep)

    assert len(os.fsencode(socket)) <= data_folder.MAX_SOCKET_PATH_BYTES
    assert socket == data_folder.redis_socket(deep)
    assert socket != data_folder.redis_socket(deep / "other")


def test_a_socket_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(ConfigurationError, match="somebody else"):
        data_folder.prepare_socket_folder(tmp_path / "link" / "redis.sock")


def as_nobody(do):
    """What `do` says when it is refused, in a process of a user that owns nothing here."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setgid(65534)
            os.setuid(65534)
            do()
        except ConfigurationError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        words = said.read()
    os.waitpid(pid, 0)
    return words


@pytest.mark.skipif(os.getuid() != 0, reason="only root can run something as somebody else")
def test_folders_of_somebody_else_are_refused_with_both_names():
    # Not below pytest's own folder, which is closed to others.
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        data, files, own = (Path(place) / name for name in ("data", "files", "own"))
        for folder in (data, files, own):
            folder.mkdir(mode=0o755)
        os.chown(own, 65534, 65534)

        of_data = as_nobody(lambda: data_folder.require_writable(data, f"file://{data}/files"))
        of_files = as_nobody(lambda: data_folder.require_writable(own, f"file://{files}"))
        new = as_nobody(lambda: data_folder.require_writable(own, f"file://{files}/new"))
        fine = as_nobody(lambda: data_folder.require_writable(own, f"file://{own}/files"))
        bucket = as_nobody(lambda: data_folder.require_writable(own, "s3://bucket/files"))

    assert of_data.startswith(f"The data folder {data} belongs to root and cannot be written to by nobody.")
    assert of_files.startswith(f"The folder of FILES_URL, {files}, cannot be written to by nobody.")
    assert new.startswith(f"The folder of FILES_URL, {files}/new, cannot be made (Permission denied).")
    assert (fine, bucket) == ("", "")


@pytest.mark.parametrize("command", ["web", "worker"])
def test_what_serves_refuses_to_start_where_no_file_could_be_kept(tmp_path, command):
    (tmp_path / "file").write_text("")

    done = helix(
        {"DATA_DIR": str(tmp_path), "FILES_URL": f"file://{tmp_path}/file", "REDIS_URL": "redis://127.0.0.1:9/0"},
        command,
    )

    assert done.returncode == 1
    assert f"The folder of FILES_URL, {tmp_path}/file, cannot be made" in done.stderr
