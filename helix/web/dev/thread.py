"""Sample data for the panel of a task in /dev: a result, runs, comments, activity."""

from markupsafe import Markup

from helix.web.dev.data import FULL, before, run

RESULT = Markup(
    "<p>Three variants for each audience, all within Meta's limits. The offer stands in the first five words.</p>"
    "<h3>Returning customers</h3><ul>"
    "<li><strong>Your autumn blend is 20% off.</strong> Back in stock until Sunday.</li>"
    "<li>The roast you ordered in March, now with free shipping.</li></ul>"
    "<table><thead><tr><th>Variant</th><th>Headline</th><th>Characters</th></tr></thead>"
    "<tbody><tr><td>A</td><td>20% off your autumn blend</td><td>25</td></tr>"
    "<tr><td>B</td><td>Still thinking about it?</td><td>24</td></tr></tbody></table>"
    "<pre><code>utm_source=meta&amp;utm_campaign=autumn-sale</code></pre>"
)
RUNS = [
    run(12, "succeeded"),
    run(
        11,
        "failed",
        reason="rate_limited",
        message="The provider asked us to slow down. Tried three times.",
        attempt=3,
        trigger="auto",
    ),
    run(10, "running", started_at=before(seconds=71), finished_at=None),
    run(9, "queued", waiting=FULL, finished_at=None),
    run(8, "cancelled"),
]
COMMENTS = [
    {
        "id": 1,
        "author_type": "user",
        "author_id": 1,
        "author_name": "Jane Smith",
        "created_at": before(hours=3),
        "edited_at": None,
        "may_edit": True,
        "html": Markup('<p><span class="mention">@Maven</span> keep the headlines under 30 characters, and calm.</p>'),
    },
    {
        "id": 2,
        "author_type": "agent",
        "author_id": 1,
        "author_name": "Maven",
        "author_status": "online",
        "created_at": before(minutes=8),
        "edited_at": None,
        "html": Markup("<p>Done. The longest headline has 27 characters. I left out the countdown.</p>"),
    },
    {
        "id": 3,
        "author_type": "user",
        "author_id": 7,
        "author_name": "Omar Haddad",
        "created_at": before(minutes=2),
        "edited_at": before(minutes=1),
        "is_feedback": True,
        "html": Markup("<p>Variant B reads as a reproach. Try it again with the <code>returning</code> audience.</p>"),
    },
]
ACTIVITY = [
    {
        "actor_id": 1,
        "actor_name": "Jane Smith",
        "actor_type": "user",
        "text": "moved it from To Do to In Progress",
        "created_at": before(hours=4),
    },
    {
        "actor_id": 1,
        "actor_name": "Maven",
        "actor_type": "agent",
        "text": "finished a run",
        "created_at": before(minutes=7),
    },
]
