"""What the settings say of each vendor: where it answers, who we are there, how long we wait."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.adapters.patience import Patience

if TYPE_CHECKING:
    from pipelines.adapters.content_safety.azure_place import Place as ContentSafetyPlace
    from pipelines.adapters.email.sendgrid import Account as SendGridAccount
    from pipelines.adapters.notification.email import Mailbox
    from pipelines.adapters.openai_api.endpoint import Endpoint
    from pipelines.adapters.openai_api.retrying import AsyncPatience
    from pipelines.adapters.search.azure_asking import Place as SearchPlace
    from pipelines.adapters.sms.twilio import Account as TwilioAccount
    from pipelines.adapters.whatsapp.meta import Account as WhatsAppAccount
    from pipelines.settings import Settings

# Settings refuse a chosen vendor without its key, so what is asserted here is told to the type checker only.


def azure_search(settings: Settings) -> SearchPlace:
    """Azure's search service."""
    from pipelines.adapters.search.azure_asking import Place

    assert settings.azure_search_endpoint
    assert settings.azure_search_api_key
    return Place(
        endpoint=settings.azure_search_endpoint,
        api_key=settings.azure_search_api_key.get_secret_value(),
        index=settings.azure_search_index,
        semantic=settings.azure_search_semantic,
    )


def azure_content_safety(settings: Settings) -> ContentSafetyPlace:
    """Azure's content safety service."""
    from pipelines.adapters.content_safety.azure_place import Place

    assert settings.azure_content_safety_endpoint
    assert settings.azure_content_safety_api_key
    lists = (settings.azure_content_safety_blocklists or "").split(",")
    return Place(
        endpoint=settings.azure_content_safety_endpoint,
        api_key=settings.azure_content_safety_api_key.get_secret_value(),
        blocklists=tuple(name for each in lists if (name := each.strip())),
        levels=settings.azure_content_safety_levels,
        prompt_shields=settings.azure_content_safety_prompt_shields,
        protected_material=settings.azure_content_safety_protected_material,
        groundedness=settings.azure_content_safety_groundedness,
        concurrency=settings.azure_content_safety_concurrency,
        timeout_seconds=settings.azure_content_safety_timeout_seconds,
        patience=Patience(time.sleep, tries=settings.azure_content_safety_tries),
    )


def writing_model(settings: Settings) -> Endpoint:
    """The language model that writes."""
    return _openai(
        settings,
        model=settings.openai_model,
        deployment=settings.azure_openai_deployment,
        named_in=("OPENAI_MODEL", "AZURE_OPENAI_DEPLOYMENT"),
    )


def embedding_model(settings: Settings) -> Endpoint:
    """The model that turns passages into vectors."""
    return _openai(
        settings,
        model=settings.openai_embedding_model,
        deployment=settings.azure_openai_embedding_deployment,
        named_in=("OPENAI_EMBEDDING_MODEL", "AZURE_OPENAI_EMBEDDING_DEPLOYMENT"),
    )


def _openai(settings: Settings, *, model: str, deployment: str | None, named_in: tuple[str, str]) -> Endpoint:
    from pipelines.adapters.openai_api.endpoint import Endpoint

    azure = settings.azure_openai_endpoint is not None
    key = settings.azure_openai_api_key if azure else settings.openai_api_key
    return Endpoint(
        model=model,
        base_url=settings.azure_openai_endpoint if azure else settings.openai_base_url,
        api_key=key.get_secret_value() if key else None,
        deployment=deployment if azure else None,
        model_variable=named_in[azure],
        azure_api_version=settings.azure_openai_api_version if azure else None,
        concurrency=settings.openai_concurrency,
        timeout_seconds=settings.openai_timeout_seconds,
    )


def openai_patience(settings: Settings) -> AsyncPatience:
    """How often a model is asked again."""
    from pipelines.adapters.openai_api.retrying import PATIENT

    return replace(PATIENT, tries=settings.openai_tries)


def sendgrid(settings: Settings, *, track_opens: bool, track_clicks: bool) -> SendGridAccount:
    """SendGrid."""
    from pipelines.adapters.email.sendgrid import Account

    assert settings.sendgrid_api_key
    return Account(
        api_key=settings.sendgrid_api_key.get_secret_value(),
        base_url=settings.sendgrid_base_url,
        timeout_seconds=settings.sendgrid_timeout_seconds,
        sandbox=settings.sendgrid_sandbox,
        track_opens=track_opens,
        track_clicks=track_clicks,
    )


def twilio(settings: Settings) -> TwilioAccount | None:
    """Twilio, where it is chosen."""
    if settings.sms_provider == "offline":
        return None
    from pipelines.adapters.sms.twilio import Account

    assert settings.twilio_account_sid
    assert settings.twilio_auth_token
    assert settings.twilio_sender
    public = settings.liftline_public_url.rstrip("/")
    return Account(
        sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        sender=settings.twilio_sender,
        base_url=settings.twilio_base_url,
        a_segment_usd=settings.sms_segment_usd,
        status_url=f"{public}/webhooks/twilio/status" if public.startswith("https://") else None,
    )


def whatsapp(settings: Settings) -> WhatsAppAccount | None:
    """Meta's WhatsApp, where it is chosen."""
    if settings.whatsapp_provider == "offline":
        return None
    from pipelines.adapters.whatsapp.meta import Account

    assert settings.whatsapp_phone_number_id
    assert settings.whatsapp_token
    assert settings.whatsapp_template
    return Account(
        phone_number_id=settings.whatsapp_phone_number_id,
        token=settings.whatsapp_token.get_secret_value(),
        template=settings.whatsapp_template,
        language=settings.whatsapp_template_language,
        base_url=settings.whatsapp_base_url,
    )


def notices_mailbox(settings: Settings) -> Mailbox:
    """The mail account that notices and reports are sent from."""
    from pipelines.adapters.notification.email import Mailbox

    password = settings.notification_smtp_password
    return Mailbox(
        host=settings.notification_smtp_host or "",
        port=settings.notification_smtp_port,
        sender=settings.notification_email_from or "",
        recipients=tuple(filter(None, map(str.strip, (settings.notification_email_to or "").split(",")))),
        starttls=settings.notification_smtp_starttls,
        user=settings.notification_smtp_user,
        password=password.get_secret_value() if password else None,
    )
