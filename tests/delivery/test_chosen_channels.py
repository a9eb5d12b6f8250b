"""Which channel a tenant's messages go out on is a matter of settings, and of nothing else."""

import os

import pytest
from pydantic import SecretStr

from pipelines.contracts import Refusal
from pipelines.customers.forgetting import forget_files
from pipelines.delivery.ports import OutboundMessage, Sender
from pipelines.services import Services
from pipelines.settings import Settings

VENDORS = {
    "sms_provider": "twilio", "twilio_account_sid": "AC" + "0" * 32, "twilio_auth_token": SecretStr("t"),
    "twilio_sender": "+493099999999", "whatsapp_provider": "meta", "whatsapp_token": SecretStr("t"),
    "whatsapp_phone_number_id": "1", "whatsapp_template": "news",
}  # fmt: skip


def message(channel, address):
    return OutboundMessage(
        "m-1", channel, address, "Warm", "A throw.", "", {}, Sender("G", "g@example.com"), None, (), "offers"
    )  # fmt: skip


@pytest.fixture
def settings(tmp_path):
    return Settings(_env_file=None, liftline_home=tmp_path / "home", liftline_reports=tmp_path / "reports")


ADDRESSES = {"sms": "+493012345678", "whatsapp": "+493012345678", "push": "token", "web": "c1", "linkedin": "ines"}


def test_everything_works_without_an_account_and_tenants_lie_apart(settings):
    services = Services(settings)
    for tenant in ("acme", "other"):
        for channel, address in ADDRESSES.items():
            (receipt,) = services.channel(channel, tenant).deliver([message(channel, address)])
            assert receipt.outcome == "accepted", channel
    files = [
        path for path in settings.liftline_home.parent.rglob("*") if path.is_file() and path.suffix in (".json", ".csv")
    ]
    assert len([path for path in files if "acme" in path.parts]) == len(files) / 2 == 5
    assert services.banner_feed("acme", None)["features"]["liftline_banner"]["rules"] == []


def test_what_any_channel_put_down_is_forgotten_after_its_days(settings):
    services = Services(settings)
    for channel, address in {**ADDRESSES, "email": "ines@example.com"}.items():
        services.channel(channel, "acme").deliver([message(channel, address)])
    services.confirm_in_whatsapp("+493012345678", "You will hear no more.", "t-1")
    files = [path for path in settings.liftline_home.parent.rglob("*") if path.is_file() and path.name != "link.key"]
    for path in files:
        os.utime(path, (0, 0))
    told = forget_files(services.files_of_people)
    assert (told["messages"], told["feeds"], told["tasks"]) == (6, 1, 1)
    assert [path.name for path in files if path.exists()] == ["lock"]


def test_a_chosen_vendor_is_the_one_that_carries(settings):
    services = Services(settings.model_copy(update=VENDORS))
    assert services.channel("sms", "acme").name == "twilio"
    assert services.channel("whatsapp", "acme").name == "meta"
    assert services.channel("push", "acme").name == "offline"
    with pytest.raises(Refusal, match="no channel pigeon"):
        services.channel("pigeon", "acme")


def test_nothing_goes_out_from_the_sender_of_the_samples(services, tmp_path):
    own = "senders:\n  acme: {address: letters@acme.com, reply_to: hello@acme.com}"
    told = (services.settings.liftline_policies / "delivery.yaml").read_text(encoding="utf-8")
    (tmp_path / "delivery.yaml").write_text(told.replace("senders:", own), encoding="utf-8")
    chosen = {"email_provider": "sendgrid", "sendgrid_api_key": SecretStr("t"), "liftline_policies": tmp_path}
    real = Services(services.settings.model_copy(update=chosen))
    assert real.channel("email", "acme").name == "sendgrid"
    with pytest.raises(Refusal, match="letters@news.lindhaven.example.*senders in delivery.yaml"):
        real.channel("email", "other")
    for spared in ({"sendgrid_sandbox": True}, {"sendgrid_base_url": "http://127.0.0.1:1"}):
        assert Services(real.settings.model_copy(update=spared)).channel("email", "other").name == "sendgrid"


def test_the_key_of_links_is_the_setting_s_or_a_file_s(settings):
    kept = Services(settings).link_key
    assert kept == Services(settings).link_key
    given = settings.model_copy(update={"liftline_link_key": SecretStr("the same on all our machines")})
    assert Services(given).link_key == b"the same on all our machines"
