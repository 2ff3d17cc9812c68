import os
import stat

import pytest

from config import ConfigurationError
from helix.settings import data_folder


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

    assert len(os.fsencode(socket)) <= data_folder.LONGEST_SOCKET_PATH
    assert socket == data_folder.redis_socket(deep)
    assert socket != data_folder.redis_socket(deep / "other")


def test_a_socket_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(ConfigurationError, match="somebody else"):
        data_folder.prepare_socket_folder(tmp_path / "link" / "redis.sock")
