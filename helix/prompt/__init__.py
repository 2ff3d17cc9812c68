"""What is sent to a model: pure functions from plain values to messages, and back from an answer to its parts."""


class ContextTooLong(Exception): ...


class Prompt: ...


class Assignment: ...
