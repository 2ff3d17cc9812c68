"""Who may: pure functions of an actor and a thing, asked by services and by templates alike."""
