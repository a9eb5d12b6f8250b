"""The composition root: settings in, the database and the adapters that a step is given out."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pipelines import accounts
from pipelines.adapters.postgres.embedded import EmbeddedServer, embedded_server
from pipelines.audit.archive import Archive
from pipelines.contracts import Json, Question, Refusal
from pipelines.customers.ports import Desk
from pipelines.database import Connection, Database
from pipelines.settings import PROJECT, Settings, load_settings

if TYPE_CHECKING:
    from pipelines.adapters.email.sendgrid import Account
    from pipelines.adapters.push.fcm import Firebase
    from pipelines.audit.ports import AnchorStore
    from pipelines.customers.forgetting import Files
    from pipelines.delivery.ports import Channel, SuppressionList
    from pipelines.delivery.post import PostRoom
    from pipelines.delivery.wishes.ports import WishBook
    from pipelines.engagement.ports import Listener
    from pipelines.experiments.run import Laboratory
    from pipelines.generation.brand import Brand
    from pipelines.generation.ports import Expected, Studio
    from pipelines.knowledge.ports import Embedder, Library, PassageIndex
    from pipelines.learning.ports import Workshop
    from pipelines.outreach.ports import Outreach
    from pipelines.reporting.ports import Newsroom
    from pipelines.review.ports import Board
    from pipelines.safety.checkpoint import BrandFacts, Checkpoint
    from pipelines.safety.guardrails.run import Gatehouse
    from pipelines.safety.ports import ContentSafety, Notifier
    from pipelines.webhooks.ports import PostOffice

log = structlog.get_logger(__name__)

DATABASE_NAME = "liftline"
# The purpose that a reader of a campaign says stop to.
MARKETING = "marketing"
_opening = threading.Lock()
CREATING = 7_465_221_002  # advisory lock: two processes never create one database at once


@dataclass(frozen=True)
class Services:
    """What the steps need of the outside, opened when first asked for."""

    settings: Settings

    @cached_property
    def embedded(self) -> EmbeddedServer | None:
        """The embedded server, or None when DATABASE_URL names another."""
        return None if self.settings.database_url else embedded_server(self.settings.liftline_home)

    @cached_property
    def database(self) -> Database:
        """The operational database, running and migrated to this version of the code."""
        from pipelines.migrations import migrate

        database = self.unmigrated_database
        migrate(database)
        return database

    @cached_property
    def unmigrated_database(self) -> Database:
        """The operational database as it is."""
        if self.embedded is not None:
            self.embedded.start()
            self._create_database(self.embedded.login, DATABASE_NAME)
            login = make_conninfo(self.embedded.login, dbname=DATABASE_NAME)
            return Database(login, login, each_role_signs_in=True)
        if self.settings.database_url is None:
            raise Refusal("DATABASE_URL is empty; set it or leave it out to use the embedded server.")
        login = self.settings.database_url.get_secret_value()
        owner = self.settings.database_owner_url
        return Database(login, owner.get_secret_value() if owner else login)

    @staticmethod
    def clock() -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    @property
    def uploads(self) -> Path:
        """Where uploaded files wait."""
        return self.settings.liftline_home / "uploads"

    @property
    def console_folder(self) -> Path:
        """Where the console served alone keeps its passwords and the key of its sessions."""
        return self.settings.liftline_home / "console"

    @cached_property
    def desk(self) -> Desk:
        """What importing is given."""
        return Desk(
            database=self.database,
            workspace=self.settings.liftline_home / "imports",
            reports=self.settings.liftline_reports,
            quarantine_limit=self.settings.liftline_quarantine_limit,
            max_bytes=int(self.settings.liftline_max_file_gb * 1e9),
            clock=self.clock,
        )

    @property
    def files_of_people(self) -> Files:
        """Which files are deleted after a while."""
        from pipelines.customers.forgetting import Files

        settings = self.settings
        return Files(self.uploads, settings.liftline_reports, settings.liftline_files_kept_days, self.clock)

    @property
    def anchors(self) -> Path:
        """Where heads of the audit ledger are kept, outside the database."""
        return self.settings.liftline_anchors or self.settings.liftline_reports / "anchors"

    @property
    def audit_exports(self) -> Path:
        """Where the audit exports of campaigns are kept, by tenant and campaign."""
        return self.settings.liftline_reports / "audit"

    def tenant_ids(self) -> list[str]:
        """Every tenant."""
        from pipelines.tenants.run import list_tenants

        return [row["tenant_id"] for row in list_tenants(self.database)]

    @cached_property
    def anchor_store(self) -> AnchorStore | None:
        """Where anchors go besides their folder, if anywhere."""
        from pipelines.adapters.anchor_store import anchor_store

        url = self.settings.liftline_anchors_url
        return anchor_store(url.get_secret_value() if url else "")

    @cached_property
    def archive(self) -> Archive:
        """What exporting and anchoring the audit ledger are given."""
        return Archive(database=self.database, anchors=self.anchors, clock=self.clock, store=self.anchor_store)

    @cached_property
    def library(self) -> Library:
        """What indexing and searching knowledge are given."""
        from pipelines.knowledge.ports import Library

        return Library(
            database=self.database,
            embedder=self._embedder(),
            index=self._passage_index(),
            synonyms=self.settings.liftline_synonyms,
            clock=self.clock,
            rewrite=None if self.settings.rewrites_queries == "offline" else self._rewrite,
        )

    def _rewrite(self, tenant: str, campaign_id: str | None, questions: Sequence[Question]) -> list[tuple[str, ...]]:
        from pipelines.generation.run import reword

        return reword(self.studio, tenant, campaign_id, questions)

    def _embedder(self) -> Embedder:
        from pipelines.adapters.embedding import embedder

        settings = self.settings
        provider = settings.embedding_provider
        if provider == "offline":
            return embedder(provider)
        return embedder(
            provider,
            accounts.embedding_model(settings),
            settings.openai_embedding_dimensions,
            accounts.openai_patience(settings),
        )

    def _passage_index(self) -> PassageIndex:
        from pipelines.adapters.search import passage_index

        if self.settings.search_provider == "offline":
            return passage_index("offline")
        return passage_index("azure", accounts.azure_search(self.settings))

    @cached_property
    def screen(self) -> ContentSafety:
        """Who judges how harmful a text is."""
        from pipelines.adapters.content_safety import content_safety

        if self.settings.content_safety_provider == "offline":
            return content_safety("offline")
        return content_safety("azure", accounts.azure_content_safety(self.settings))

    @cached_property
    def studio(self) -> Studio:
        """What drafting is given."""
        from pipelines.adapters.language_model import batches, rewriter, writer
        from pipelines.generation.ports import Studio
        from pipelines.generation.prices import read_prices
        from pipelines.knowledge.run import passages_by_id, searching

        settings = self.settings
        writes, rewrites = settings.language_model_provider, settings.rewrites_queries
        endpoint = None if writes == rewrites == "offline" else accounts.writing_model(settings)
        patience = accounts.openai_patience(settings)
        return Studio(
            database=self.database,
            searching=lambda tenant, campaign_id: searching(self.library, tenant, campaign_id),
            passages=lambda tenant, ids: passages_by_id(self.library, tenant, ids),
            writer=writer(writes, endpoint, patience),
            rewriter=rewriter(rewrites, endpoint, patience),
            batches=batches(writes, endpoint, patience),
            prices=read_prices(settings.liftline_policies),
            brand_of=self._brand_of,
            policies=settings.liftline_policies,
            monthly_budget=settings.liftline_monthly_budget_usd,
            clock=self.clock,
            topics_of=lambda tenant: self.gatehouse.policies.of(tenant).topics,
            responses=self._responses,
        )

    def _responses(self, tenant: str, campaign_id: str) -> Expected | None:
        from pipelines.learning.run import responses

        return responses(self.workshop, tenant, campaign_id)

    @cached_property
    def listener(self) -> Listener:
        """What hearing, judging and simulating events are given."""
        from pipelines.engagement.policy import read_bot_rules
        from pipelines.engagement.ports import Listener
        from pipelines.learning.policy import read_learning_policy

        settings = self.settings
        return Listener(
            database=self.database,
            rules=read_bot_rules(settings.liftline_policies),
            unclaimed=settings.liftline_reports / "quarantine" / "events",
            inbox=settings.liftline_home / "inbox",
            simulations=settings.liftline_reports / "simulations",
            keys=settings.liftline_home / "simulator",
            public_key=settings.sendgrid_webhook_public_key,
            receipts=self.link_key,
            answers_within=read_learning_policy(settings.liftline_policies).models.response.horizon,
            clock=self.clock,
        )

    @cached_property
    def sketching(self) -> Studio:
        """A studio for looking ahead: the offline composer writes, nobody rewords questions, nothing costs anything."""
        from pipelines.adapters.language_model import writer
        from pipelines.knowledge.run import searching

        library = replace(self.library, rewrite=None)
        return replace(
            self.studio,
            writer=writer("offline"),
            searching=lambda tenant, campaign_id: searching(library, tenant, campaign_id or None),
        )

    @property
    def briefs(self) -> Path:
        """Where briefs that were written on a page are kept, by tenant."""
        return self.settings.liftline_home / "briefs"

    @cached_property
    def gatehouse(self) -> Gatehouse:
        """What the guardrails are given."""
        from pipelines.generation.personas import read_personas
        from pipelines.safety.guardrails.policy import read_guardrail_policies
        from pipelines.safety.guardrails.run import Gatehouse

        return Gatehouse(
            database=self.database,
            policies=read_guardrail_policies(self.settings.liftline_policies),
            personas=read_personas(self.settings.liftline_policies).columns(),
            clock=self.clock,
        )

    @cached_property
    def laboratory(self) -> Laboratory:
        """What experiments are given."""
        from pipelines.experiments.policy import read_experiment_policy
        from pipelines.experiments.run import Laboratory

        return Laboratory(self.database, read_experiment_policy(self.settings.liftline_policies), self.clock)

    @cached_property
    def board(self) -> Board:
        """What reviewing and approving are given: an edit is grounded by generation and screened by safety."""
        from pipelines.generation.run import editable, rewrite
        from pipelines.review.ports import Board, Rewritten
        from pipelines.safety.run import screen_variants, send_notices

        class Rewriter:
            def __init__(self, studio: Studio) -> None:
                self._studio = studio

            def editable(self, connection: Connection, variant_id: str) -> Json:
                return editable(connection, variant_id)

            def rewrite(
                self, connection: Connection, tenant: str, variant_id: str, wanted: Json, *, by: str
            ) -> Rewritten:
                made = rewrite(self._studio, connection, tenant, variant_id, wanted, by=by)
                before, after = ({place: one.text for place, one in m.sentences()} for m in (made.before, made.after))
                return Rewritten(made.variant_id, made.version, made.campaign_id, made.content_hash, before, after)

        return Board(
            database=self.database,
            policies=self.settings.liftline_policies,
            rewriting=Rewriter(self.studio),
            screening=lambda tenant, variants: screen_variants(self.checkpoint, tenant, variants),
            telling=lambda tenant: send_notices(self.checkpoint, tenant),
        )

    @cached_property
    def outreach(self) -> Outreach:
        """What campaigns and templates of the API are given."""
        from pipelines.chain import LaunchChain
        from pipelines.outreach.policy import read_outreach_policy
        from pipelines.outreach.ports import Outreach

        policies = self.settings.liftline_policies
        return Outreach(
            database=self.database,
            policy=read_outreach_policy(policies),
            chain=LaunchChain(
                lambda: self.studio,
                lambda: self.checkpoint,
                lambda: self.gatehouse,
                lambda: self.laboratory,
                lambda: self.board,
                lambda: self.post_room,
            ),
            clock=self.clock,
            sleep=time.sleep,
        )

    @cached_property
    def post_room(self) -> PostRoom:
        """What delivery is given."""
        from pipelines.delivery.policy import read_delivery_policy
        from pipelines.delivery.post import PostRoom
        from pipelines.posting import GeneratedWording, GuardedGate

        return PostRoom(
            database=self.database,
            policy=read_delivery_policy(self.settings.liftline_policies),
            gate=GuardedGate(lambda: self.gatehouse),
            wording=GeneratedWording(self._brand_of),
            channels=cache(self.channel),
            tokens=self._unsubscribe_tokens,
            sender_name=lambda tenant: self._brand_of(tenant).sender.name,
            public_url=self.settings.liftline_public_url.rstrip("/"),
            clock=self.clock,
            sleep=time.sleep,
            worker=f"{socket.gethostname()}:{os.getpid()}",
        )

    @property
    def outbox(self) -> Path:
        """Where the offline channels put their messages, by tenant and channel."""
        return self.settings.liftline_home / "outbox"

    def _sendgrid(self) -> Account | None:
        if self.settings.email_provider == "offline":
            return None
        policy = self.post_room.policy
        return accounts.sendgrid(self.settings, track_opens=policy.track_opens, track_clicks=policy.track_clicks)

    def _unsubscribe_tokens(self, tenant: str, channel: str, messages: Sequence[str]) -> Sequence[str]:
        from pipelines.delivery.unsubscribing import tokens_for

        # The day, not the moment: a message that is rendered again has the same links.
        today = self.clock().replace(hour=0, minute=0, second=0, microsecond=0)
        return tokens_for(self.link_key, tenant, messages, channel, MARKETING, today)

    @cached_property
    def workshop(self) -> Workshop:
        """What learning is given: a model that is taken out waits as a notice, which is told at once."""
        from pipelines.generation.run import prompt_version_now
        from pipelines.learning.policy import read_learning_policy
        from pipelines.learning.ports import Workshop
        from pipelines.safety.run import send_notices

        return Workshop(
            database=self.database,
            models=self.settings.liftline_home / "models",
            policy=read_learning_policy(self.settings.liftline_policies),
            alert=lambda tenant: send_notices(self.checkpoint, tenant),
            prompt_version=prompt_version_now,
            clock=self.clock,
        )

    @cached_property
    def post_office(self) -> PostOffice:
        """What webhooks are given."""
        from pipelines.adapters.webhook.http import HttpCourier
        from pipelines.webhooks.ports import PostOffice

        private = self.settings.liftline_webhooks_to_private_hosts
        return PostOffice(self.database, HttpCourier(to_private_hosts=private), self.clock, private)

    def _brand_of(self, tenant: str) -> Brand:
        own = self.settings.liftline_brands / f"{tenant}.yaml"
        path = own if own.exists() else own.with_name("default.yaml")
        return _brand_in(path, path.stat().st_mtime_ns if path.exists() else 0)

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """What keeping screenings and the review queue are given."""
        from pipelines.safety.checkpoint import Checkpoint
        from pipelines.safety.house_rules import read_house_rules
        from pipelines.safety.policy import read_screening_policy
        from pipelines.safety.queue_policy import read_queue_policy

        settings = self.settings
        return Checkpoint(
            database=self.database,
            screen=self.screen,
            policy=read_screening_policy(settings.liftline_policies),
            rules=read_house_rules(settings.liftline_policies),
            queue=read_queue_policy(settings.liftline_policies),
            brand_of=self._brand_facts,
            notifier=self.notifier,
            public_url=settings.liftline_public_url,
            clock=self.clock,
        )

    def _brand_facts(self, tenant: str) -> BrandFacts:
        from pipelines.safety.checkpoint import BrandFacts

        brand = self._brand_of(tenant)
        ours = (brand.name, *filter(None, [brand.tagline]))
        return BrandFacts(
            allowed_hosts=brand.allowed_hosts,
            sender_names=(brand.name, brand.sender.name, brand.sender.company),
            own_contacts=(),
            frame_texts={said.locale: (*ours, *said.texts) for said in brand.languages},
        )

    @cached_property
    def notifier(self) -> Notifier:
        """Who tells people that something waits for them."""
        from pipelines.adapters.notification import notifier

        settings = self.settings
        webhook = settings.slack_webhook_url
        return notifier(
            settings.notification_provider,
            folder=settings.liftline_reports / "notices",
            webhook=webhook.get_secret_value() if webhook else "",
            mailbox=accounts.notices_mailbox(settings),
        )

    @cached_property
    def newsroom(self) -> Newsroom:
        """What refreshing marts and building reports are given."""
        from pipelines.adapters.report_post import report_post
        from pipelines.adapters.report_post.folders import Shelf
        from pipelines.experiments.analysis.run import explain_campaign
        from pipelines.experiments.assigning import CODES
        from pipelines.reporting.ports import Newsroom
        from pipelines.safety.guardrails.reasons import REASONS

        settings = self.settings
        return Newsroom(
            database=self.database,
            project=PROJECT / "dbt",
            state=settings.liftline_home / "dbt",
            reports=settings.liftline_reports,
            alert=lambda sentence: self.alarm("_marts", sentence, link=settings.liftline_public_url),
            post=report_post(
                settings.notification_provider,
                outbox=settings.liftline_reports / "outbox",
                mailbox=accounts.notices_mailbox(settings),
            ),
            shelf=Shelf(),
            sentences={**{one.code: one.sentence for one in REASONS}, **dict(CODES.values())},
            explain=lambda tenant, key: explain_campaign(self.laboratory, tenant, key),
            clock=self.clock,
        )

    def channel(self, name: str, tenant: str) -> Channel:
        """Who carries the messages of a tenant out on a channel."""
        from pipelines.adapters.email import email
        from pipelines.adapters.linkedin import linkedin_channel
        from pipelines.adapters.push import push_outbox
        from pipelines.adapters.sms import sms_channel
        from pipelines.adapters.web import web_channel
        from pipelines.adapters.whatsapp import whatsapp_channel

        settings = self.settings
        outbox = self.outbox / tenant / name
        if name == "email":
            return email(settings.email_provider, outbox=outbox, clock=self.clock, account=self._sendgrid())
        if name == "sms":
            return sms_channel(settings.sms_provider, folder=outbox, account=accounts.twilio(settings))
        if name == "whatsapp":
            return whatsapp_channel(settings.whatsapp_provider, folder=outbox, account=accounts.whatsapp(settings))
        if name == "push":
            return push_outbox(outbox) if settings.push_provider == "offline" else self.firebase
        if name == "web":
            feeds = settings.web_feed_folder or settings.liftline_home / "feeds"
            return web_channel(folder=feeds / tenant, key=self.link_key)
        if name == "linkedin":
            return linkedin_channel(folder=settings.liftline_reports / "linkedin" / tenant)
        raise Refusal(f"There is no channel {name} here; known are email, sms, whatsapp, push, web and linkedin.")

    def confirm_in_whatsapp(self, phone: str, sentence: str, text_id: str) -> None:
        """Say in WhatsApp that a wish was heard: who has just written may be answered in plain words for a day."""
        from pipelines.adapters.whatsapp import whatsapp_channel
        from pipelines.delivery.ports import OutboundMessage, Sender
        from pipelines.engagement.statuses import CONFIRMATION

        account = accounts.whatsapp(self.settings)
        channel = whatsapp_channel(
            self.settings.whatsapp_provider, folder=self.outbox / "confirmations" / "whatsapp",
            account=replace(account, answered_lately=lambda _: True) if account else None,
        )  # fmt: skip
        message = OutboundMessage(
            CONFIRMATION + text_id, "whatsapp", phone, "", sentence, "", {}, Sender("", ""), None, (), "wishes"
        )
        (receipt,) = channel.deliver([message])
        if receipt.outcome != "accepted":
            # The wish counts all the same; that it was not confirmed must not make Meta post it again for days.
            log.warning("wish_not_confirmed", text_id=text_id, code=receipt.code, why=receipt.reason)

    def suppression_list(self) -> SuppressionList:
        """What the sender of mails keeps of people who are not to be sent to."""
        from pipelines.adapters.email import suppression_list

        return suppression_list(self._sendgrid())

    def banner_feed(self, tenant: str, customer_id: str | None) -> Json:
        """What a page shows this customer; the empty feed where it may show nothing."""
        from pipelines.adapters.web.feed import BannerFeeds

        feeds = self.channel("web", tenant)
        assert isinstance(feeds, BannerFeeds)
        return feeds.feed(customer_id or "")

    @cached_property
    def firebase(self) -> Firebase:
        """FCM, where it is chosen."""
        from pipelines.adapters.push import firebase

        # Settings refuse a chosen vendor without its key.
        assert self.settings.push_credentials_file
        return firebase(self.settings.push_credentials_file, self.settings.push_base_url)

    @cached_property
    def link_key(self) -> bytes:
        """What seals the links in messages."""
        from pipelines.delivery.link_key import kept_key

        given = self.settings.liftline_link_key
        return given.get_secret_value().encode() if given else kept_key(self.settings.liftline_home / "link.key")

    @cached_property
    def wishes(self) -> WishBook:
        """What unsubscribing and the preference centre are given."""
        from pipelines.adapters.sms.twilio import signed_by_twilio
        from pipelines.adapters.whatsapp.meta import signed_by_meta
        from pipelines.delivery.wishes.ports import Letterhead, Rules, WishBook
        from pipelines.safety.guardrails.stopping import asks_to_stop

        def letterhead(tenant: str) -> Letterhead:
            brand = self._brand_of(tenant)
            return Letterhead(brand.name, brand.website, tuple(said.locale for said in brand.languages))

        def rules(tenant: str) -> Rules:
            policy = self.gatehouse.policy(tenant)
            reach = {str(channel): rule.address for channel, rule in policy.channels.items()}
            purposes = policy.purposes
            return Rules(
                purposes.marketing, purposes.objection, purposes.sale, reach,
                says_stop=lambda text: asks_to_stop(text, policy.stop_words),
            )  # fmt: skip

        token, secret = self.settings.twilio_auth_token, self.settings.whatsapp_app_secret
        return WishBook(
            database=self.database,
            key=self.link_key,
            letterhead_of=letterhead,
            rules_of=rules,
            clock=self.clock,
            text_is_genuine=(
                (lambda url, form, mark: signed_by_twilio(token.get_secret_value(), url, form, mark)) if token else None
            ),
            whatsapp_is_genuine=(
                (lambda body, mark: signed_by_meta(secret.get_secret_value(), body, mark)) if secret else None
            ),
        )

    def alarm(self, about: str, sentence: str, *, link: str) -> None:
        """Tell people at once that something broke which is no single tenant's."""
        from pipelines.safety.ports import Alarm, NotDelivered

        try:
            self.notifier.tell(Alarm(about, "operations", None, 1, 1, self.clock(), link, sentence))
        except NotDelivered as fault:
            # What broke fails by its own sentence: that must not be hidden by a second one.
            log.warning("alarm_not_delivered", why=str(fault))

    def airflow_login(self) -> str:
        """A connection string for Airflow's own database beside ours, created when missing."""
        login = self.unmigrated_database.owner_login
        self._create_database(login, "airflow")
        return make_conninfo(login, dbname="airflow")

    @staticmethod
    def _create_database(login: str, name: str) -> None:
        with Database(login, login).administer() as connection:
            # Two first commands may start at once; the lock ends with the connection.
            connection.execute("SELECT pg_advisory_lock(%s)", (CREATING,))
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if not exists:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


@lru_cache(maxsize=64)
def _brand_in(path: Path, _changed_at: int) -> Brand:
    """The brand in a file, read and checked again only when the file was changed."""
    from pipelines.generation.brand import read_brand

    return read_brand(path)


class ServingServices(Services):
    """The services of a process that answers requests: its connections are kept open."""

    @cached_property
    def database(self) -> Database:
        """The operational database behind a pool."""
        from pipelines.database import PooledDatabase

        with _opening:
            kept = self.__dict__.get("database")
            return kept if isinstance(kept, PooledDatabase) else PooledDatabase.of(super().database)


def open_services(settings: Settings | None = None) -> Services:
    """The services of this process."""
    return Services(settings or load_settings())
