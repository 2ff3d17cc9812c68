import time
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


def test_the_pieces_come_as_they_are_sent(endpoint):
    pieces: list[tuple[float, str]] = []
    started = time.monotonic()

    answer = ask(endpoint("slow-pieces:0.15"), on_text=lambda piece: pieces.append((time.monotonic() - started, piece)))

    assert [piece for _, piece in pieces] == WORDS
    assert all(later - sooner > 0.1 for (sooner, _), (later, _) in zip(pieces, pieces[1:], strict=False))
    assert 100 <= answer.first_text_ms < answer.duration_ms - 500


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


def test_what_litellm_keeps_for_nobody_is_let_go_and_it_counts_as_before():
    text = "Wörter über Wörter, in English, 数字 and 🙂. " * 20

    llm.preload()
    import litellm
    import tiktoken

    encoding = tiktoken.get_encoding("cl100k_base")
    anew = tiktoken.Encoding(**tiktoken.registry.ENCODING_CONSTRUCTORS["cl100k_base"]())
    assert encoding._mergeable_ranks == {}
    assert not hasattr(litellm.utils, "json_data")
    assert encoding.encode(text) == anew.encode(text)
    assert encoding.decode(encoding.encode(text)) == text
    assert litellm.token_counter(model="gpt-4", text=text) == len(anew.encode(text))
    assert litellm.token_counter(model="claude-2", text=text) > 200
