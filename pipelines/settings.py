"""The only reader of the environment: every setting, typed, with its default and its meaning."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.contracts import Refusal

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Read from the environment and an optional `.env`; a wrong value is refused by its variable's name."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    liftline_home: Path = Field(PROJECT / ".liftline", description="State folder: database, uploads, Airflow's home.")
    liftline_reports: Path = Field(PROJECT / "reports", description="Where reports and exports are written.")
    liftline_anchors: Path | None = Field(
        None, description="Folder of audit anchors, best out of the database's reach; empty: LIFTLINE_REPORTS/anchors."
    )
    liftline_anchors_url: SecretStr | None = Field(
        None, description="Signed address of an object store that anchors are PUT to as well, {name} for the object."
    )
    liftline_policies: Path = Field(PROJECT / "data" / "policies", description="Folder of the policy files.")
    liftline_synonyms: Path = Field(
        PROJECT / "data" / "knowledge_synonyms.yaml", description="YAML of words that mean the same to a search."
    )
    liftline_log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    liftline_quarantine_limit: float = Field(
        0.20, ge=0, le=1, description="Share of quarantined lines above which nothing of a file is loaded."
    )
    liftline_max_file_gb: float = Field(20, gt=0, description="Largest file that an import takes, unpacked.")
    liftline_files_kept_days: int = Field(
        30,
        ge=1,
        description="Days after which files of people are deleted (uploads, messages, taken events …), and old jobs.",
    )

    liftline_brands: Path = Field(
        PROJECT / "data" / "brand", description="Folder of brand files: TENANT.yaml, or default.yaml for all others."
    )
    liftline_monthly_budget_usd: Decimal = Field(
        Decimal(50), ge=0, description="What the calls of one tenant may cost in a month, in US dollars."
    )

    database_url: SecretStr | None = Field(
        None, description="PostgreSQL >= 15 with pgvector; empty: the embedded server in LIFTLINE_HOME."
    )
    database_owner_url: SecretStr | None = Field(
        None, description="Login that may migrate the schema; empty: DATABASE_URL."
    )

    language_model_provider: Literal["offline", "openai"] = Field("offline", description="Who writes the copy.")
    query_rewriting_provider: Literal["offline", "openai"] | None = Field(
        None, description="Who says questions to the knowledge in other words; empty: who writes the copy."
    )
    embedding_provider: Literal["offline", "openai", "azure"] = Field("offline", description="Who embeds passages.")
    openai_base_url: str | None = Field(None, description="OpenAI or any compatible endpoint.")
    openai_api_key: SecretStr | None = Field(None, description="Key of that endpoint.")
    azure_openai_endpoint: str | None = Field(None, description="Azure OpenAI resource, instead of OPENAI_BASE_URL.")
    azure_openai_api_key: SecretStr | None = Field(None, description="Key of the Azure OpenAI resource.")
    azure_openai_api_version: str = Field(
        "2024-10-21", pattern=r"^\d{4}-\d{2}-\d{2}(-preview)?$", description="Version of Azure OpenAI's API."
    )
    openai_model: str = Field(
        "gpt-4.1-mini", pattern=r"^\S+$", description="Model that writes; prices.yaml must price it."
    )
    azure_openai_deployment: str | None = Field(
        None, description="Azure's name for that model; empty: the same as OPENAI_MODEL."
    )
    openai_embedding_model: str = Field("text-embedding-3-small", pattern=r"^\S+$", description="Model that embeds.")
    openai_embedding_dimensions: int = Field(
        1536,
        ge=1,
        le=16000,
        description="Length of its vectors; longer than 2000, very many passages are searched slowly.",
    )
    azure_openai_embedding_deployment: str | None = Field(
        None, description="Azure's name for that model; empty: the same as OPENAI_EMBEDDING_MODEL."
    )
    openai_concurrency: int = Field(16, ge=1, le=256, description="Requests under way at once.")
    openai_timeout_seconds: float = Field(60, gt=0, le=3600, description="Longest wait for one answer, in seconds.")
    openai_tries: int = Field(5, ge=1, le=20, description="How often a request is tried when the trouble may pass.")

    search_provider: Literal["offline", "azure"] = Field("offline", description="Where passages are searched.")
    azure_search_endpoint: str | None = Field(None, description="Azure AI Search service.")
    azure_search_api_key: SecretStr | None = Field(None, description="Key of the search service.")
    azure_search_index: str = Field(
        "liftline-passages",
        pattern=r"^[a-z0-9][a-z0-9-]{0,126}[a-z0-9]$",
        description="Index in that service; a new name when the embedding's vectors change their length.",
    )
    azure_search_semantic: bool = Field(
        True, description="Whether its semantic ranker orders the results; false where the plan has none."
    )

    content_safety_provider: Literal["offline", "azure"] = Field("offline", description="Who screens content.")
    azure_content_safety_endpoint: str | None = Field(None, description="Azure AI Content Safety resource.")
    azure_content_safety_api_key: SecretStr | None = Field(None, description="Key of the content safety resource.")
    azure_content_safety_blocklists: str | None = Field(
        None, description="Names of its blocklists that every text is held against, with commas between."
    )
    azure_content_safety_levels: Literal["four", "eight"] = Field(
        "four", description="How finely it grades: severities 0, 2, 4, 6, or 0 to 7."
    )
    azure_content_safety_prompt_shields: bool = Field(
        False, description="Whether Prompt Shields look for instructions to a model in every text."
    )
    azure_content_safety_protected_material: bool = Field(
        False, description="Whether every text is compared with known works; English only."
    )
    azure_content_safety_groundedness: bool = Field(
        False,
        description="Whether claims are held against the passages that they cite; a preview, English only.",
    )
    azure_content_safety_concurrency: int = Field(8, ge=1, le=64, description="Screening requests under way at once.")
    azure_content_safety_timeout_seconds: float = Field(
        20, gt=0, le=600, description="Longest wait for one verdict, in seconds."
    )
    azure_content_safety_tries: int = Field(
        5, ge=1, le=20, description="How often a verdict is asked for when the trouble may pass."
    )

    email_provider: Literal["offline", "sendgrid"] = Field("offline", description="Who sends e-mail.")
    sendgrid_base_url: str = Field("https://api.sendgrid.com", description="SendGrid host (EU, or a test server).")
    sendgrid_api_key: SecretStr | None = Field(None, description="SendGrid API key.")
    sendgrid_timeout_seconds: float = Field(30, gt=0, le=600, description="Longest wait for one answer, in seconds.")
    sendgrid_sandbox: bool = Field(False, description="Whether SendGrid only checks what it is sent, for rehearsals.")
    sendgrid_webhook_public_key: str | None = Field(None, description="Key that verifies SendGrid's event posts.")

    sms_provider: Literal["offline", "twilio"] = Field(
        "offline", description="Who sends text messages; offline: LIFTLINE_HOME/outbox."
    )
    twilio_base_url: str = Field("https://api.twilio.com", description="Twilio host (a region, or a test server).")
    twilio_account_sid: str | None = Field(
        None, pattern=r"^AC[0-9a-f]{32}$", description="Twilio account, beginning with AC."
    )
    twilio_auth_token: SecretStr | None = Field(None, description="Its auth token; it also signs Twilio's posts to us.")
    twilio_sender: str | None = Field(
        None,
        pattern=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-f]{32})$",
        description="Number (+49...) or messaging service (MG...) that texts come from.",
    )
    sms_segment_usd: Decimal = Field(
        Decimal("0.01"), ge=0, description="What one segment of a text costs, in US dollars."
    )

    whatsapp_provider: Literal["offline", "meta"] = Field(
        "offline", description="Who sends WhatsApp messages; offline: LIFTLINE_HOME/outbox."
    )
    whatsapp_base_url: str = Field(
        "https://graph.facebook.com/v23.0", description="Meta's Graph API with its version (or a test server)."
    )
    whatsapp_token: SecretStr | None = Field(None, description="Token of a system user that may send.")
    whatsapp_phone_number_id: str | None = Field(
        None, pattern=r"^[0-9]+$", description="Id of the sending number, not the number itself."
    )
    whatsapp_app_secret: SecretStr | None = Field(
        None, description="Secret of Meta's app, which signs its posts to /webhooks/whatsapp."
    )
    whatsapp_verify_token: SecretStr | None = Field(
        None, description="Word of your choice that Meta shows when the webhook is set up."
    )
    whatsapp_template: str | None = Field(
        None, pattern=r"^[a-z0-9_]+$", description="Approved template with one blank, which takes the words."
    )
    whatsapp_template_language: str = Field(
        "en", pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$", description="Language of that template."
    )

    push_provider: Literal["offline", "fcm"] = Field(
        "offline", description="Who sends push messages; offline: LIFTLINE_HOME/outbox."
    )
    push_base_url: str = Field("https://fcm.googleapis.com", description="FCM host (or a test server).")
    push_credentials_file: Path | None = Field(None, description="JSON key of the service account that may send.")

    web_feed_folder: Path | None = Field(
        None, description="Folder of the banner feeds, shared by all machines; empty: LIFTLINE_HOME/feeds."
    )

    notification_provider: Literal["offline", "slack", "email"] = Field(
        "offline", description="Who tells people that something waits for them; offline: LIFTLINE_REPORTS/notices."
    )
    slack_webhook_url: SecretStr | None = Field(None, description="Incoming webhook of the Slack channel.")
    notification_smtp_host: str | None = Field(None, description="SMTP server that takes notices by e-mail.")
    notification_smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    notification_smtp_starttls: bool = Field(True, description="Whether it must encrypt before anything is said.")
    notification_smtp_user: str | None = Field(None, description="Who signs in there; empty: nobody does.")
    notification_smtp_password: SecretStr | None = Field(None, description="The password of that user.")
    notification_email_from: str | None = Field(None, description="Address that notices come from.")
    notification_email_to: str | None = Field(None, description="Addresses that notices go to, with commas between.")

    liftline_public_url: str = Field(
        "http://localhost:8080",
        pattern=r"^https?://[^\s/]+",
        description="Where people reach Liftline; links in notices and messages lead there. Real mails need https.",
    )
    liftline_link_key: SecretStr | None = Field(
        None,
        min_length=24,
        description="Secret that seals links in messages, the same on all machines; empty: a file in LIFTLINE_HOME.",
    )
    liftline_requests_a_minute: int = Field(
        600, ge=1, description="How many requests to the REST API one person or key may make in a minute."
    )
    liftline_webhooks_to_private_hosts: bool = Field(
        False, description="Whether webhooks may go to private hosts, by plain http too; for tests and closed networks."
    )
    liftline_port: int = Field(
        8080, ge=1, le=65535, description="Port on which `make up` serves Airflow, and `liftline serve` the console."
    )

    @property
    def rewrites_queries(self) -> Literal["offline", "openai"]:
        """Who says questions in other words: a language model, or offline rules."""
        return self.query_rewriting_provider or self.language_model_provider

    @model_validator(mode="after")
    def _a_chosen_vendor_has_what_it_needs(self) -> Settings:
        missing = [
            f"{key.upper()} is needed because {choice.upper()}={getattr(self, choice)}"
            for choice, provider, keys in VENDOR_NEEDS
            if getattr(self, choice) == provider
            for key in keys
            if not getattr(self, key)
        ]
        uses_openai = "openai" in (self.language_model_provider, self.rewrites_queries, self.embedding_provider)
        if uses_openai and not (self.openai_api_key or self.openai_base_url or self.azure_openai_endpoint):
            missing.append(
                "OPENAI_API_KEY (or OPENAI_BASE_URL of a keyless server, or AZURE_OPENAI_ENDPOINT) is needed "
                "because the provider openai is chosen"
            )
        if self.azure_openai_endpoint and not self.azure_openai_api_key:
            missing.append("AZURE_OPENAI_API_KEY is needed because AZURE_OPENAI_ENDPOINT is set")
        to_people = self.email_provider == "sendgrid" and not self.sendgrid_sandbox
        if to_people and not self.liftline_public_url.startswith("https://"):
            missing.append(
                "LIFTLINE_PUBLIC_URL must be the https address where readers can unsubscribe because "
                "EMAIL_PROVIDER=sendgrid writes to them (to rehearse without, set SENDGRID_SANDBOX=True)"
            )
        if missing:
            raise ValueError("; ".join(missing))
        return self


VENDOR_NEEDS = (
    ("embedding_provider", "azure", ("azure_openai_endpoint", "azure_openai_api_key")),
    ("search_provider", "azure", ("azure_search_endpoint", "azure_search_api_key")),
    ("content_safety_provider", "azure", ("azure_content_safety_endpoint", "azure_content_safety_api_key")),
    ("email_provider", "sendgrid", ("sendgrid_api_key",)),
    ("sms_provider", "twilio", ("twilio_account_sid", "twilio_auth_token", "twilio_sender")),
    ("whatsapp_provider", "meta", ("whatsapp_token", "whatsapp_phone_number_id", "whatsapp_template")),
    ("push_provider", "fcm", ("push_credentials_file",)),
    ("notification_provider", "slack", ("slack_webhook_url",)),
    (
        "notification_provider",
        "email",
        ("notification_smtp_host", "notification_email_from", "notification_email_to"),
    ),
)


def load_settings() -> Settings:
    """The settings of this process, or a refusal that names every wrong variable at once."""
    try:
        return Settings()
    except ValidationError as error:
        raise Refusal("The settings are not usable: " + "; ".join(_sentences(error)) + ".") from error


def _sentences(error: ValidationError) -> list[str]:
    return [
        f"{str(part['loc'][0]).upper()} is wrong: {part['msg']}"
        if part["loc"]
        else part["msg"].removeprefix("Value error, ")
        for part in error.errors()
    ]
