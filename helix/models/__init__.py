"""The database models, one subject per file. Models have no business rules beyond their own columns."""

from helix.models.activity import Activity
from helix.models.agent import Agent
from helix.models.ai_model import AiModel, ProviderCooldown
from helix.models.attachment import SkillAttachment, TaskAttachment
from helix.models.board import Board, BoardGrant, Department, SavedView, TaskTally
from helix.models.comment import Comment
from helix.models.credential import ApiToken, BrowserSession, Identity, OneTimeToken
from helix.models.housekeeping import IdempotencyKey, Lease
from helix.models.notification import Delivery, Notification, NotificationTally
from helix.models.organization import Organization
from helix.models.run import BudgetMonth, Run, RunStep, TrialCost
from helix.models.sample import SampleRow
from helix.models.schedule import Schedule, ScheduleFiring, TaskTemplate
from helix.models.skill import Skill, SkillAgent, SkillBoard, SkillTag, SkillVersion
from helix.models.task import AgentWatch, Task, TaskTag, TaskWatch
from helix.models.task_link import TaskLink
from helix.models.tool import AgentTool, HumanRequest, RunMessage, Tool, ToolCall, ToolSource
from helix.models.user import Name, User
from helix.models.webhook import Webhook, WebhookDelivery, WebhookEvent
from helix.models.workflow import Workflow, WorkflowRun, WorkflowRunStep, WorkflowVersion

__all__ = [
    "Activity",
    "Agent",
    "AgentTool",
    "AgentWatch",
    "AiModel",
    "ApiToken",
    "Board",
    "BoardGrant",
    "BrowserSession",
    "BudgetMonth",
    "Comment",
    "Delivery",
    "Department",
    "HumanRequest",
    "IdempotencyKey",
    "Identity",
    "Lease",
    "Name",
    "Notification",
    "NotificationTally",
    "OneTimeToken",
    "Organization",
    "ProviderCooldown",
    "Run",
    "RunMessage",
    "RunStep",
    "SampleRow",
    "SavedView",
    "Schedule",
    "ScheduleFiring",
    "Skill",
    "SkillAgent",
    "SkillAttachment",
    "SkillBoard",
    "SkillTag",
    "SkillVersion",
    "Task",
    "TaskAttachment",
    "TaskLink",
    "TaskTag",
    "TaskTally",
    "TaskTemplate",
    "TaskWatch",
    "Tool",
    "ToolCall",
    "ToolSource",
    "TrialCost",
    "User",
    "Webhook",
    "WebhookDelivery",
    "WebhookEvent",
    "Workflow",
    "WorkflowRun",
    "WorkflowRunStep",
    "WorkflowVersion",
]
