"""The code examples in docs/webhooks.md verify real signatures."""

import re
import shutil
import subprocess
from datetime import timedelta

import pytest

from helix import clock
from helix.crypto import signatures
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Webhook
from helix.services import webhooks
from tests.support.people import as_actor


@pytest.fixture
def snippets(root):
    return dict(re.findall(r"```(python|js)\n(.*?)```", (root / "docs" / "webhooks.md").read_text(), re.DOTALL))


@pytest.fixture
def verify(snippets):
    names = {}
    exec(snippets["python"], names)
    return names["verify"]


def test_the_example_of_the_standard_has_its_signature():
    # From the specification of Standard Webhooks.
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'

    signed = signatures.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_documented_python_accepts_what_is_sent_and_nothing_else(hooks, receiver, make, mia, verify):
    hook = hooks.make(events=["task.created"])
    make.task("Blümchen ✿", by=mia)
    webhooks.deliver_due()
    told, secret = receiver.told[0], hooks.secrets[hook.id]

    assert verify(secret, told.headers, told.body)
    assert not verify(secret, told.headers, told.body + b" ")
    assert not verify(signatures.new_secret(), told.headers, told.body)
    assert not verify(secret, told.headers | {"webhook-id": "msg_other"}, told.body)
    assert not verify(secret, told.headers | {"webhook-timestamp": "1614265330"}, told.body)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_documented_javascript_verifies_the_signature(tmp_path, snippets):
    secret, body, now = signatures.new_secret(), '{"a":"✿"}', int(clock.now().timestamp())
    headers = signatures.headers([signatures.new_secret(), secret], "msg_1", now, body.encode())
    script = tmp_path / "verify.mjs"
    script.write_text(
        snippets["js"].replace("export function", "function")
        + f"\nconst h = {headers}; console.log(verify({secret!r}, h, {body!r}), verify({secret!r}, h, 'other'));"
    )

    said = subprocess.run([shutil.which("node"), script], capture_output=True, text=True, timeout=30, check=True)

    assert said.stdout.split() == ["true", "false"]


def test_after_a_change_of_the_secret_both_sign_for_a_day(hooks, receiver, make, mia, ada, verify):
    hook = hooks.make(events=["task.created"])
    old = hooks.secrets[hook.id]
    _hook, new = webhooks.rotate_secret(as_actor(ada), hook.id)

    make.task(by=mia)
    webhooks.deliver_due()
    with transaction():
        db.session.get_one(Webhook, hook.id).old_secret_until = clock.now() - timedelta(seconds=1)
    make.task(by=mia)
    webhooks.deliver_due()

    during, after = receiver.told
    assert verify(old, during.headers, during.body)
    assert verify(new, during.headers, during.body)
    assert not verify(old, after.headers, after.body)
    assert verify(new, after.headers, after.body)


def test_no_secret_is_in_the_database(hooks, ada):
    hook = hooks.make()
    webhooks.rotate_secret(as_actor(ada), hook.id)

    found = hooks.webhook(hook)
    assert hooks.secrets[hook.id] not in repr(found.__dict__)
    assert "whsec_" not in found.secret_encrypted + found.old_secret_encrypted
