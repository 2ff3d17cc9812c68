"""An organization with a Telegram bot, users with linked accounts, and results that wait for approval."""

from typing import Any

from helix import clock
from helix.bot import updates
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import Delivery, Notification, Organization, Run, Task, User
from helix.models.vocabulary import RunStatus, TaskStatus, Trigger
from helix.policies.actor import agent_actor
from helix.services import activity, notifications, secrets, telegram
from helix.services.telegram import client
from helix.services.work import moves
from helix.telegram import read_update
from tests.support.telegram_server import NAME, TOKEN, Sent, TelegramServer

MIA, ADA, NOAH, STRANGER = "4711", "4712", "4713", "999"


class TelegramApp:
    def __init__(self, server: TelegramServer, people: Any, make: Any) -> None:
        self.server, self.people, self.make = server, people, make
        with transaction():
            organization = db.session.get_one(Organization, 1)
            organization.telegram_enabled = True
            organization.telegram_bot_token_encrypted = secrets.encrypt(TOKEN)
            organization.telegram_bot_username = NAME
        self.link(people.mia, MIA)
        self.board = make.board()
        self.agent = make.agent(name="Sierra")

    def link(self, user: User, number: str | None) -> None:
        with transaction():
            found = db.session.get_one(User, user.id)
            found.telegram_user_id, found.telegram_notifications = number, number is not None

    def user(self, user: User) -> User:
        end_reading()
        return db.session.get_one(User, user.id, populate_existing=True)

    def waiting_result(self, title: str = "Write about tea", *, result: str = "Tea is hot.", **fields: Any) -> Task:
        """A task of Mia's whose agent has just brought a result to review."""
        task = self.make.task(title, by=self.people.mia, board=self.board, agent=self.agent, **fields)
        self.new_result(task, result)
        return task

    def new_result(self, task: Task, result: str = "Tea is hot.") -> None:
        actor = agent_actor(self.agent.id, self.agent.name)
        with transaction():
            found = db.session.get_one(Task, task.id)
            run = Run(
                task_id=task.id,
                agent_id=self.agent.id,
                trigger=Trigger.MANUAL,
                status=RunStatus.SUCCEEDED,
                came_from=TaskStatus.TODO,
                queued_at=clock.now(),
                finished_at=clock.now(),
            )
            db.session.add(run)
            db.session.flush()
            found.result, found.result_run_id = result, run.id
            moves.put(found, TaskStatus.REVIEW)
            activity.record_task(actor, "task.completed", found, to_status=TaskStatus.REVIEW)
            notifications.approval_needed(actor, found)

    def status(self, task: Task) -> TaskStatus:
        end_reading()
        return db.session.get_one(Task, task.id, populate_existing=True).status

    def delivered(self, chat: str = MIA) -> list[Sent]:
        """Everything due is sent; then what stands in the chat."""
        end_reading()
        telegram.deliver_due()
        return self.server.in_chat(chat)

    def asked(self, task: Task | None = None, chat: str = MIA) -> Sent:
        """The newest message with buttons."""
        return [message for message in self.delivered(chat) if message.buttons][-1]

    def handle(self, raw: dict[str, Any]) -> None:
        update = read_update(raw)
        assert update is not None
        with client.bot() as bot:
            updates.handle(bot, update)

    def press(self, message: Sent, button: str, chat: str = MIA) -> str:
        """Press, and give back what the person is told."""
        self.handle(self.server.press(chat, message, button))
        return self.server.answers[-1]

    def write(self, text: str | None, chat: str = MIA, reply_to: Sent | None = None) -> str | None:
        """Write to the bot, and give back its answer."""
        before = len(self.server.in_chat(chat))
        self.handle(self.server.write(chat, text, reply_to))
        return next((message.text for message in self.server.in_chat(chat)[before:]), None)

    def rows(self) -> list[Delivery]:
        end_reading()
        return list(db.session.query(Delivery).order_by(Delivery.id))

    def notifications(self, user: User) -> list[Notification]:
        end_reading()
        return list(db.session.query(Notification).filter_by(user_id=user.id).order_by(Notification.id))
