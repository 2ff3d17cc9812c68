"""Authorization rules: pure functions of an actor and an object, used by services and templates."""
