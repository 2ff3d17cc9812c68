"""The workflows of the demo, published and enabled."""

from helix import clock
from helix.demo import schema
from helix.demo.organization import DemoOrganization
from helix.demo.reader import ContentError
from helix.extensions import db
from helix.models import Workflow, WorkflowVersion
from helix.services.workflows import definition as definitions
from helix.services.workflows import names


def add_workflows(content: schema.Content, organization: DemoOrganization) -> None:
    """Written directly, inside a transaction: loading the demo is no activity of anybody. Raises ContentError."""
    db.session.flush()
    now = clock.now()
    for wanted in content.workflows:
        problems = definitions.describe_errors(wanted.definition)
        resolved, unknown = names.resolve(wanted.definition) if not problems else ({}, problems)
        if unknown:
            place = ".".join(map(str, unknown[0]["loc"]))
            raise ContentError(f"workflows/{wanted.key}.yaml, {place}: {unknown[0]['msg']}")
        workflow = Workflow(
            name=wanted.name,
            description=wanted.description,
            board_id=organization.boards[wanted.board].id,
            draft=dict(wanted.definition),
            number=1,
            enabled=True,
            created_by_user_id=organization.admin.id,
            created_at=now,
            updated_at=now,
        )
        db.session.add(workflow)
        db.session.flush()
        db.session.add(WorkflowVersion(workflow_id=workflow.id, number=1, definition=resolved, created_at=now))
