from decimal import Decimal

from helix.extensions import db
from helix.models import Agent, AiModel
from helix.services.secrets import decrypt
from tests.support.html_forms import form
from tests.support.model_server import ModelServer
from tests.support.quick_worker import quick_worker

NEW = {"provider": "openai", "model_name": "gpt-5-mini", "display_name": "Mini", "api_key": "sk-test-1234abcd"}


def test_only_admins_open_the_models(pages, mia, make):
    model = make.model()
    browser = pages.as_(mia)

    assert browser.get("/models").status_code == 403
    assert browser.get(f"/models/{model.id}/edit").status_code == 403
    for deed in ("test", "default", "active", "delete", "edit"):
        assert browser.send(f"/models/{model.id}/{deed}", NEW).status_code == 403, deed
    assert browser.send("/models", NEW).status_code == 403


def test_the_list_says_what_each_is_for_and_never_its_key(pages, ada, make, statements):
    browser = pages.as_(ada)
    browser.send("/models", NEW)
    used = make.model(display_name="Spare", is_default=False, input_cost_per_million=Decimal(3))
    make.agent("Sierra", ai_model_id=used.id)
    make.agent("Klay")

    with statements() as found:
        page = browser.get("/models").text

    assert "••••abcd" in page
    assert "sk-test" not in page
    assert "Default" in page
    assert ">Sierra</dd>" in page
    assert ">Klay</dd>" in page
    assert "$3.00 in" in page
    assert len(found) <= 10, found


def test_the_fields_follow_the_provider_and_keep_what_was_typed(pages, ada):
    browser = pages.as_(ada)

    custom = browser.send("/models/fields", {"provider": "custom", "model_name": "qwen3"}).text
    openai = browser.send("/models/fields", {"provider": "openai", "model_name": "qwen3", "api_key": "sk-x"}).text

    assert "Custom (OpenAI-compatible) needs it." in custom
    assert 'value="qwen3"' in custom
    assert "OpenAI needs a key." in openai
    assert "sk-x" not in openai


def test_an_admin_adds_a_model_and_its_key_is_kept_sealed(pages, ada):
    reply = pages.as_(ada).send("/models", NEW | {"input_cost_per_million": "0.25"})

    model = db.session.query(AiModel).one()
    assert reply.status_code == 200
    assert "<hx-partial" in reply.text
    assert "Added Mini" in reply.text
    assert decrypt(model.api_key_encrypted) == "sk-test-1234abcd"
    assert model.is_default
    assert model.input_cost_per_million == Decimal("0.25")


def test_what_is_wrong_stands_beside_its_field(pages, ada):
    browser = pages.as_(ada)

    wrong = browser.send("/models", NEW | {"model_name": " ", "context_window": "many", "input_cost_per_million": "-1"})
    no_address = browser.send("/models", NEW | {"provider": "custom"})
    plain = browser.post("/models", NEW | {"base_url": "http://169.254.169.254/latest", "provider": "custom"})

    assert wrong.status_code == no_address.status_code == plain.status_code == 422
    assert "Enter the model&#39;s name" in wrong.text
    assert 'value="many"' in wrong.text
    assert "Enter an amount in dollars" in wrong.text
    assert "sk-test" not in wrong.text
    assert "needs the address of its server" in no_address.text
    assert "is refused" in plain.text
    assert db.session.query(AiModel).count() == 0


def test_editing_keeps_the_key_unless_it_is_removed(pages, ada):
    browser = pages.as_(ada)
    browser.send("/models", NEW)
    model = db.session.query(AiModel).one()
    same = NEW | {"api_key": ""}

    form = browser.part(f"/models/{model.id}/edit").text
    renamed = browser.send(f"/models/{model.id}/edit", same | {"display_name": "Small"})
    elsewhere = browser.send(f"/models/{model.id}/edit", same | {"base_url": "https://models.example.com/v1"})
    kept = db.session.get_one(AiModel, model.id)
    assert (kept.display_name, kept.key_hint, kept.base_url) == ("Small", "abcd", None)
    removed = browser.send(f"/models/{model.id}/edit", same | {"remove_key": "1"})

    assert "ends in abcd" in form
    assert renamed.status_code == removed.status_code == 200
    assert elsewhere.status_code == 422
    assert "Enter the key again" in elsewhere.text
    db.session.expire_all()
    assert not db.session.get_one(AiModel, model.id).has_api_key


def test_a_test_without_a_worker_says_so_in_the_row(pages, ada, make):
    model = make.model()

    reply = pages.as_(ada).send(f"/models/{model.id}/test")

    assert reply.status_code == 200
    assert reply.text.lstrip().startswith(f'<article class="model" id="model-{model.id}"')
    assert "No worker" in reply.text


def test_a_test_ends_with_the_sentence_and_how_long_it_took(pages, ada, make, clean_app):
    model = make.model()

    with quick_worker(clean_app):
        reply = pages.as_(ada).send(f"/models/{model.id}/test")

    assert " ms</span>" in reply.text
    assert "ok-text" in reply.text


def test_the_list_says_whether_a_model_can_use_tools(pages, ada, make):
    make.model(supports_tools=True)
    make.model(supports_tools=False, is_default=False)
    make.model(is_default=False)

    page = pages.as_(ada).get("/models").text

    assert page.count("It can use tools") == 1
    assert page.count("It cannot use tools") == 1
    assert page.count("Whether it can use tools is not known: test it") == 1


def test_another_becomes_the_default_and_one_is_switched_off(pages, ada, make):
    first, second = make.model(), make.model(display_name="Second", is_default=False)
    browser = pages.as_(ada)

    browser.send(f"/models/{second.id}/default")
    off = browser.send(f"/models/{first.id}/active", {"is_active": "0"})

    assert db.session.get_one(AiModel, second.id).is_default
    assert not db.session.get_one(AiModel, first.id).is_active
    assert "switched off" in off.text


def test_deleting_one_in_use_asks_what_takes_its_place(pages, ada, make):
    first, second = make.model(), make.model(display_name="Second", is_default=False)
    sierra = make.agent("Sierra", ai_model_id=first.id)
    browser = pages.as_(ada)

    asked = browser.part(f"/models/{first.id}/delete").text
    refused = browser.send(f"/models/{first.id}/delete", {"replace_with": ""})
    done = browser.send(f"/models/{first.id}/delete", {"replace_with": str(second.id)})

    assert "used by Sierra" in asked
    assert refused.status_code == 422
    assert "Choose a replacement" in refused.text
    assert done.status_code == 200
    assert db.session.get(AiModel, first.id) is None
    assert db.session.get_one(Agent, sierra.id).ai_model_id == second.id


def custom(server, **more):
    return {"provider": "custom", "model_name": "ok", "display_name": "Mine", "base_url": server.openai_url} | more


def default_names():
    db.session.expire_all()
    return [model.display_name for model in db.session.query(AiModel).filter(AiModel.is_default)]


def test_a_model_that_answers_takes_over_from_the_demo_model_until_that_is_undone(pages, ada, make, clean_app):
    demo = make.model()
    browser = pages.as_(ada)

    with ModelServer() as server, quick_worker(clean_app):
        reply = browser.send("/models", custom(server))
    took_over = default_names()
    undo = form(reply.text.split('class="toast', 1)[1], f"/models/{demo.id}/default")
    browser.send(undo.action)

    assert "Added Mine: it answers. Agents use it now instead of the demo model." in reply.text
    assert took_over == ["Mine"]
    assert default_names() == ["Demo"]


def test_a_model_that_answers_leaves_another_real_default_alone(pages, ada, make, clean_app):
    make.model(provider="openai", model_name="gpt-5-mini", display_name="Mini")

    with ModelServer() as server, quick_worker(clean_app):
        reply = pages.as_(ada).send("/models", custom(server))

    assert "Added Mine: it answers.</div>" in reply.text
    assert default_names() == ["Mini"]


def test_a_model_that_does_not_answer_is_kept_and_the_demo_model_stays_the_default(pages, ada, make, clean_app):
    make.model()

    with ModelServer() as server, quick_worker(clean_app):
        reply = pages.as_(ada).send("/models", custom(server, model_name="unauthorized"))

    assert "Added Mine, but the test failed." in reply.text
    assert default_names() == ["Demo"]


def test_a_model_can_be_added_without_a_test(pages, ada, make):
    make.model()

    reply = pages.as_(ada).send("/models", NEW | {"then": "add"})

    assert "Added Mini. Test it" in reply.text
    assert "Not tested yet" in reply.text


def test_the_list_says_what_a_model_costs_as_runs_count_it(pages, ada, make, clean_app):
    make.model()
    browser = pages.as_(ada)

    with ModelServer() as server, quick_worker(clean_app):
        unknown = browser.send("/models", custom(server)).text
        free = browser.send("/models", custom(server, display_name="Local", is_free="1")).text

    assert "price unknown, counted as $30.00" in unknown
    assert "Set a price" in unknown
    assert unknown.count("price unknown") == free.count("price unknown") == 1
    local = db.session.query(AiModel).filter_by(display_name="Local").one()
    assert (local.input_cost_per_million, local.output_cost_per_million) == (0, 0)


def test_a_key_too_short_for_a_hint_is_set(pages, ada):
    browser = pages.as_(ada)
    browser.send("/models", NEW | {"api_key": "sk-1", "then": "add"})
    model = db.session.query(AiModel).one()

    page, edit = browser.get("/models").text, browser.part(f"/models/{model.id}/edit").text

    assert "<dd>set</dd>" in page.replace("\n", "").replace("  ", "")
    assert "keep the stored key" in edit
    assert "None" not in page


def test_the_form_asks_for_the_price_of_models_that_publish_none(pages, ada):
    browser = pages.as_(ada)

    custom_form = browser.send("/models/fields", {"provider": "custom"}).text
    openai_form = browser.send("/models/fields", {"provider": "openai"}).text

    assert "It is free" in custom_form
    assert "It is free" not in openai_form


def test_the_list_says_that_agents_answer_with_canned_text_until_a_real_model_is_the_default(pages, ada, make):
    demo = make.model()
    browser = pages.as_(ada)
    before = browser.get("/models").text
    other = make.model(provider="openai", model_name="gpt-5-mini", is_default=False)
    browser.send(f"/models/{other.id}/default")

    assert "Agents answer with canned text" in before
    assert "Agents answer with canned text" not in browser.get("/models").text
    assert not db.session.get_one(AiModel, demo.id).is_default
