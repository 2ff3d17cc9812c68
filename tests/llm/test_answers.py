import threading
from decimal import Decimal

import pytest

from helix import llm
from tests.llm.conftest import KEY, PROMPT, ask
from tests.support.model_behaviours import TEXT, WORDS


def test_an_answer_comes_whole_with_its_tokens_and_its_cost(endpoint):
    priced = endpoint("ok", input_cost_per_million=Decimal("3"), output_cost_per_million=Decimal("15"))

    answer = ask(priced)

    assert (answer.text, answer.finish_reason) == (TEXT, "stop")
    assert (answer.input_tokens, answer.output_tokens) == (12, 7)
    assert answer.cost_usd == Decimal("0.00014100")
    assert answer.model == "ok"


def test_each_piece_is_handed_on_before_the_next_one_is_sent(endpoint, server):
    received, pieces = threading.Semaphore(0), []

    def one_at_a_time(reply):
        reply.open()
        for word in WORDS:
            reply.piece(word)
            assert received.acquire(timeout=20), f"{word} was not handed on"
            reply.wait(0.05)
        reply.finish()

    server.behave("one-at-a-time", one_at_a_time)

    def hear(piece):
        pieces.append(piece)
        received.release()

    answer = ask(endpoint("one-at-a-time"), timeout_seconds=60, on_text=hear)

    assert pieces == WORDS
    assert answer.duration_ms - answer.first_text_ms >= 50 * len(WORDS)


def test_the_call_carries_the_key_the_limit_and_the_messages(endpoint, server):
    ask(endpoint("ok:carries"), max_tokens=77)

    request = server.asked("ok:carries")[-1]
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert KEY in (headers.get("authorization", "").removeprefix("Bearer "), headers.get("x-api-key"))
    assert request.body["max_tokens"] == 77
    assert request.body["stream"] is True
    assert "You are Sierra." in str(request.body)


def test_an_answer_without_usage_is_counted(endpoint):
    answer = ask(endpoint("no-usage"))

    assert answer.input_tokens > 5
    assert answer.output_tokens > 3


def test_an_unknown_price_is_unknown_and_not_zero(endpoint):
    assert ask(endpoint("ok")).cost_usd is None


def test_an_answer_cut_by_the_limit_says_so(endpoint):
    answer = ask(endpoint("long"))

    assert (answer.text, answer.finish_reason) == (TEXT, "length")


def test_two_megabytes_of_text_are_taken_when_they_were_asked_for(endpoint):
    answer = ask(endpoint("huge"), max_tokens=500_000, timeout_seconds=60)

    assert len(answer.text) == 2_000_000


def test_without_a_key_the_one_in_the_environment_is_not_sent_to_an_address_that_was_typed(
    endpoint, server, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-installation")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-installation")

    ask(endpoint("ok:keyless", api_key=None))

    assert "sk-of-the-installation" not in str(server.asked("ok:keyless")[-1].headers)


def test_an_exception_of_the_listener_comes_through_and_ends_the_call(endpoint, server):
    def fail(piece: str) -> None:
        raise LookupError("The listener failed.")

    with pytest.raises(LookupError, match="The listener failed"):
        ask(endpoint("huge:listener"), on_text=fail)


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("openai", "/v1"),
        ("gemini", "/v1beta"),
        ("mistral", "/v1"),
        ("groq", "/v1"),
        ("openrouter", "/v1"),
        ("deepseek", "/v1"),
        ("xai", "/v1"),
        ("azure", ""),
        ("ollama", ""),
    ],
)
def test_every_offered_provider_goes_over_the_guarded_wire(provider, path, server):
    whole, cut = (
        llm.Endpoint(provider, name, server.url + path, KEY, allow_private_addresses=True)
        for name in ("ok", "cut-politely")
    )

    assert ask(whole).text == TEXT
    with pytest.raises(llm.ModelFailure, match="the connection"):
        ask(cut)


def test_a_check_says_that_the_model_answers(endpoint):
    working = endpoint("ok")

    check = llm.for_endpoint(working).check(working)

    assert check.success
    assert check.message.startswith("The model ok answered in")


def test_a_check_says_what_is_wrong(endpoint):
    refused = endpoint("unauthorized")

    check = llm.for_endpoint(refused).check(refused)

    assert not check.success
    assert "refused the key" in check.message


def test_tokens_are_counted_without_a_call_and_fast_on_a_megabyte_without_a_space(endpoint, server):
    before = len(server.requests)
    counted = endpoint("ok")

    small = llm.for_endpoint(counted).count(counted, PROMPT)
    large = llm.for_endpoint(counted).count(counted, [llm.Message("user", "a" * 1_000_000)])

    assert 8 < small < 30
    assert large > 10_000
    assert len(server.requests) == before


def test_litellm_releases_the_text_of_its_tokenizer_and_still_counts_tokens():
    text = "Wörter über Wörter, in English, 数字 and 🙂. " * 20

    llm.preload()
    import litellm
    import tiktoken

    assert not hasattr(litellm.utils, "json_data")
    assert litellm.token_counter(model="gpt-4", text=text) == len(tiktoken.get_encoding("cl100k_base").encode(text))
    assert litellm.token_counter(model="claude-2", text=text) > 200
