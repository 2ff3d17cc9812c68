from helix.models.events import EVENTS

GROUPS = {
    "Tasks": ("task",),
    "Comments": ("comment",),
    "Agents and skills": ("agent", "skill"),
    "Boards and departments": ("board", "department"),
    "AI models": ("model",),
    "Team": ("user", "token"),
    "Settings": ("settings", "webhook"),
}


def event_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be chosen, by what it is about: (heading, [(event, sentence)])."""
    return [
        (heading, [(event, words) for event, words in EVENTS.items() if event.partition(".")[0] in nouns])
        for heading, nouns in GROUPS.items()
    ]
