"""What the official client of OpenAI's API sees."""

import openai
import pytest

QUESTION = [{"role": "user", "content": "Escriu una frase sobre el temps."}]
WARM = {"temperature": 1.5, "max_tokens": 24}


def test_a_reply_has_text_reason_and_usage(client):
    reply = client.chat.completions.create(model="bundled", messages=QUESTION)
    assert reply.choices[0].message.role == "assistant"
    assert reply.choices[0].message.content.strip()
    assert reply.choices[0].finish_reason == "stop"
    assert (reply.model, reply.object) == ("bundled", "chat.completion")
    usage = reply.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens > 10
    assert usage.completion_tokens > 1
    assert 0 <= usage.prompt_tokens_details.cached_tokens <= usage.prompt_tokens


def test_a_stream_says_what_the_whole_reply_says(client):
    whole = client.chat.completions.create(model="bundled", messages=QUESTION)
    options = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(model="bundled", messages=QUESTION, stream=True, stream_options=options)
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole.choices[0].message.content
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    assert len({chunk.id for chunk in chunks}) == 1
    assert len(chunks) > 3


def test_max_tokens_cuts_under_both_names(client):
    for name in ("max_tokens", "max_completion_tokens"):
        reply = client.chat.completions.create(model="bundled", messages=QUESTION, **{name: 3})
        assert (reply.choices[0].finish_reason, reply.usage.completion_tokens) == ("length", 3)


def test_a_seed_repeats_the_draws_and_none_draws_anew(client):
    def say(**more):
        reply = client.chat.completions.create(model="bundled", messages=QUESTION, **WARM, **more)
        return reply.choices[0].message.content

    assert say(seed=7) == say(seed=7)
    assert say(seed=-7) == say(seed=-7)
    assert len({say(seed=seed) for seed in range(4)}) > 1
    assert len({say() for _ in range(4)}) > 1


def test_the_likeliest_tokens_are_the_same_by_temperature_top_p_and_top_k(client):
    def say(**settings):
        reply = client.chat.completions.create(model="bundled", messages=QUESTION, max_tokens=12, **settings)
        return reply.choices[0].message.content

    likeliest = say(temperature=0)
    assert say(temperature=1.5, seed=1, top_p=1e-9) == likeliest
    assert say(temperature=1.5, seed=1, extra_body={"top_k": 1}) == likeliest
    assert say(temperature=2, seed=1, extra_body={"top_k": -1}) != likeliest


def test_a_stop_text_ends_the_reply_and_is_no_part_of_it(client):
    whole = client.chat.completions.create(model="bundled", messages=QUESTION).choices[0].message.content
    word = whole.split()[2]
    for stop in (word, ["no such text", word]):
        reply = client.chat.completions.create(model="bundled", messages=QUESTION, stop=stop).choices[0]
        assert reply.finish_reason == "stop"
        assert reply.message.content == whole[: whole.index(word)]
    chunks = client.chat.completions.create(model="bundled", messages=QUESTION, stop=word, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole[: whole.index(word)]


def test_content_in_parts_is_content(client):
    parts = [{"type": "text", "text": "Escriu una frase "}, {"type": "text", "text": "sobre el temps."}]
    ours = {"extra_body": {"return_token_ids": True}}
    whole = client.chat.completions.create(model="bundled", messages=QUESTION, max_tokens=1, **ours)
    split = client.chat.completions.create(
        model="bundled", messages=[{"role": "user", "content": parts}], max_tokens=1, **ours
    )
    assert split.prompt_token_ids == whole.prompt_token_ids


def test_a_conversation_goes_on_with_the_message_that_came(client):
    first = client.chat.completions.create(model="bundled", messages=QUESTION, max_tokens=8)
    messages = [{"role": "system", "content": "Sigues breu."}, *QUESTION, first.choices[0].message]
    second = client.chat.completions.create(
        model="bundled", messages=[*messages, {"role": "user", "content": "Gràcies"}], max_tokens=2
    )
    assert second.usage.prompt_tokens > first.usage.prompt_tokens


def test_a_completion_continues_text_or_ids(client):
    ours = {"max_tokens": 6, "temperature": 0, "extra_body": {"return_token_ids": True}}
    text = client.completions.create(model="bundled", prompt="El riu", **ours)
    assert (text.object, text.usage.completion_tokens) == ("text_completion", len(text.choices[0].token_ids))
    ids = client.completions.create(model="bundled", prompt=text.prompt_token_ids, **ours)
    assert ids.choices[0].text == text.choices[0].text
    chunks = list(client.completions.create(model="bundled", prompt="El riu", stream=True, **ours))
    assert "".join(chunk.choices[0].text for chunk in chunks) == text.choices[0].text
    assert [number for chunk in chunks for number in chunk.choices[0].token_ids] == text.choices[0].token_ids
    assert chunks[0].prompt_token_ids == text.prompt_token_ids


def test_what_changes_nothing_is_taken(client):
    reply = client.chat.completions.create(
        model="bundled",
        messages=QUESTION,
        max_tokens=1,
        n=1,
        user="somebody",
        metadata={"a": "b"},
        store=False,
        presence_penalty=0,
        frequency_penalty=0,
        logprobs=False,
        response_format={"type": "text"},
    )
    assert reply.usage.completion_tokens == 1


def test_models_are_the_one(client):
    assert [model.id for model in client.models.list()] == ["bundled"]
    assert client.models.retrieve("bundled").owned_by == "acord"
    with pytest.raises(openai.NotFoundError, match="Ask for bundled"):
        client.models.retrieve("gpt-4")


@pytest.mark.parametrize(
    ("settings", "param"),
    [
        ({"temperature": -1}, "temperature"),
        ({"n": 2}, "n"),
        ({"max_tokens": 1_000_000}, "max_tokens"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format.type"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"5": 1}}, "logit_bias"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": "a"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, "messages"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"max_tokens": 2, "max_completion_tokens": 3}, "max_tokens"),
        ({"extra_body": {"tempersture": 1}}, "tempersture"),
        ({"extra_body": {"return_token_ids": "yes"}}, "return_token_ids"),
    ],
)
def test_what_is_wrong_is_a_bad_request_that_names_the_key(client, settings, param):
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(**{"model": "bundled", "messages": QUESTION, **settings})
    assert raised.value.param == param
    assert raised.value.type == "invalid_request_error"
    assert raised.value.body["message"].endswith((".", "?", "]", "}"))


def test_another_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError, match="Ask for bundled") as raised:
        client.chat.completions.create(model="/etc/passwd", messages=QUESTION)
    assert raised.value.code == "model_not_found"
