"""Messages out over every channel, and what readers wish."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

import structlog

from pipelines import accounts
from pipelines.contracts import Json, Refusal
from pipelines.services.writing import Writing

if TYPE_CHECKING:
    from datetime import date

    from pipelines.adapters.email.sendgrid import Account
    from pipelines.adapters.push.fcm import Firebase
    from pipelines.delivery.policy import DeliveryPolicy
    from pipelines.delivery.ports import Channel, SuppressionList
    from pipelines.delivery.post import PostRoom
    from pipelines.delivery.wishes.ports import WishBook
    from pipelines.webhooks.ports import PostOffice

log = structlog.get_logger(__name__)

# The purpose that a reader of a campaign says stop to.
MARKETING = "marketing"
# By which of a reader's addresses each channel reaches them, where the policy that says so cannot be read.
USUAL_REACH = {
    "email": "email", "sms": "phone", "whatsapp": "phone", "push": "push_token", "web": "none", "linkedin": "none",
    "custom": "none",
}  # fmt: skip


class Sending(Writing):
    """What delivery, its channels and the preference centre are given."""

    @cached_property
    def post_room(self) -> PostRoom:
        """What delivery is given."""
        from pipelines.delivery.post import PostRoom
        from pipelines.posting import GeneratedWording, GuardedGate

        return PostRoom(
            database=self.database,
            policy=self.delivery_policy,
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

    @cached_property
    def delivery_policy(self) -> DeliveryPolicy:
        """Who writes, how fast and by which clock."""
        from pipelines.delivery.policy import read_delivery_policy

        return read_delivery_policy(self.settings.liftline_policies)

    def today(self) -> date:
        """The day where the senders are, by which an offer ends."""
        return self.delivery_policy.send_time.day_of(self.clock())

    def _sendgrid(self) -> Account | None:
        if self.settings.email_provider == "offline":
            return None
        policy = self.delivery_policy
        return accounts.sendgrid(self.settings, track_opens=policy.track_opens, track_clicks=policy.track_clicks)

    def _refuse_the_sample_sender(self, tenant: str) -> None:
        settings = self.settings
        # A double of the provider is spoken to without TLS.
        real = settings.email_provider != "offline" and settings.sendgrid_base_url.startswith("https:")
        if not real or settings.sendgrid_sandbox:
            return
        sender = self.delivery_policy.sender(tenant).address
        if sender.endswith(".example"):
            raise Refusal(
                f"Mails of {tenant} would come from {sender}, the sender of the samples; name yours under senders in "
                f"delivery.yaml, and who signs in brand/{tenant}.yaml."
            )

    def _unsubscribe_tokens(self, tenant: str, channel: str, messages: Sequence[str]) -> Sequence[str]:
        from pipelines.delivery.unsubscribing import tokens_for

        # The day, not the moment: a message that is rendered again has the same links.
        today = self.clock().replace(hour=0, minute=0, second=0, microsecond=0)
        return tokens_for(self.link_key, tenant, messages, channel, MARKETING, today)

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
            self._refuse_the_sample_sender(tenant)
            return email(settings.email_provider, outbox=outbox, clock=self.clock, account=self._sendgrid())
        if name == "sms":
            return sms_channel(settings.sms_provider, folder=outbox, account=accounts.twilio(settings))
        if name == "whatsapp":
            return whatsapp_channel(settings.whatsapp_provider, folder=outbox, account=accounts.whatsapp(settings))
        if name == "push":
            return push_outbox(outbox) if settings.push_provider == "offline" else self.firebase
        if name == "web":
            return web_channel(folder=self.feeds / tenant, key=self.link_key)
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
    def wishes(self) -> WishBook:
        """What unsubscribing and the preference centre are given."""
        from pipelines.adapters.sms.twilio import signed_by_twilio
        from pipelines.adapters.whatsapp.meta import signed_by_meta
        from pipelines.delivery.wishes.ports import Letterhead, Rules, WishBook
        from pipelines.safety.guardrails.stopping import USUAL_STOP_WORDS, asks_to_stop

        def letterhead(tenant: str) -> Letterhead:
            try:
                brand = self._brand_of(tenant)
            except Refusal as refusal:
                # Who opts out is heard, whatever is wrong with how we look.
                log.warning("plain_letterhead", tenant=tenant, why=str(refusal))
                return Letterhead(tenant, "", ("en",))
            return Letterhead(brand.name, brand.website, tuple(said.locale for said in brand.languages))

        def rules(tenant: str) -> Rules:
            try:
                policy = self.gatehouse.policy(tenant)
            except Refusal as refusal:
                # An address that is stopped is held back whatever purposes the policy will name once it is mended.
                log.warning("usual_rules_for_wishes", tenant=tenant, why=str(refusal))
                return Rules(
                    (MARKETING,), ("objection",), ("sale",), USUAL_REACH,
                    says_stop=lambda text: asks_to_stop(text, USUAL_STOP_WORDS),
                )  # fmt: skip
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

    @cached_property
    def post_office(self) -> PostOffice:
        """What webhooks are given."""
        from pipelines.adapters.webhook.http import HttpCourier
        from pipelines.webhooks.ports import PostOffice

        private = self.settings.liftline_webhooks_to_private_hosts
        return PostOffice(self.database, HttpCourier(to_private_hosts=private), self.clock, private)
