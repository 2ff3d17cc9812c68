import pytest

from helix.settings import Settings
from helix.settings.environment import ConfigurationError
from helix.settings.redis_url import Sentinels, check, parse_sentinels


def test_sentinels_with_all_that_can_be_said():
    url = (
        "rediss+sentinel://helix:p%40ss@one:26379,two,[fd00::3]:26380/mymaster/2"
        "?sentinel_username=watcher&sentinel_password=s3cret"
    )

    found = parse_sentinels(check(url))

    assert found == Sentinels(
        hosts=(("one", 26379), ("two", 26379), ("fd00::3", 26380)),
        master="mymaster",
        database=2,
        username="helix",
        password="p@ss",
        sentinel_username="watcher",
        sentinel_password="s3cret",
        tls=True,
    )
    assert "p@ss" not in repr(found)
    assert "s3cret" not in repr(found)


def test_sentinels_with_the_least():
    assert parse_sentinels("redis+sentinel://one/mymaster") == Sentinels(hosts=(("one", 26379),), master="mymaster")


@pytest.mark.parametrize("url", ["redis://r:6379/0", "rediss://:secret@r", "unix:///run/redis.sock"])
def test_one_server_is_one_server(url):
    assert check(url) == url
    assert parse_sentinels(url) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis+sentinel://one:26379", "must look like redis"),
        ("redis+sentinel:///mymaster", "must look like redis"),
        ("redis+sentinel://:hunter2@one:port/mymaster", "must look like redis"),
        ("redis+sentinel://one,,two/mymaster", "must look like redis"),
        ("redis+sentinel://one/mymaster/first", "must look like redis"),
        ("redis+sentinel://one/mymaster?password=hunter2", "not password"),
        ("redis+cluster://:hunter2@one:6379", "names a Redis Cluster"),
        ("memcached://:hunter2@one", "must begin with redis://"),
        ("sentinel://one/mymaster", "must begin with redis://"),
    ],
)
def test_what_cannot_be_used_is_a_sentence_without_the_password(url, says):
    with pytest.raises(ConfigurationError, match=says) as refusal:
        check(url)

    assert "hunter2" not in str(refusal.value)


def test_the_passwords_are_kept_out_of_the_log(tmp_path):
    url = "redis+sentinel://:p%40ss@one/mymaster?sentinel_password=s3cret"

    secrets = Settings.from_environment({"DATA_DIR": str(tmp_path), "REDIS_URL": url}).secret_values()

    assert {"p@ss", "s3cret"} <= set(secrets)
