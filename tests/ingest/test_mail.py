"""Mails of a real IMAP server and of mbox files: each listed once, read unseen, with what is attached to it."""

import imaplib
import mailbox
from collections.abc import Generator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import anyio
import pytest

import dovecot
from groundsel_ingest.connector import Change, Connector, Item, ListingEnd, Source, Upsert
from groundsel_ingest.connectors import imap, mbox
from groundsel_pipelines.errors import InvalidInput, Rejected, Unavailable
from small_files import mail

EVERYONE = frozenset({"groundsel:public"})


def with_attachments() -> EmailMessage:
    message = mail("Offer", "See what is attached.", **{"message-id": "<offer@x>"})
    message.add_attachment("a;b\n1;2\n", subtype="csv", filename="prices – März.csv")
    message.add_attachment(
        b"# Terms\n\nThirty days.", maintype="application", subtype="octet-stream", filename="../terms.md"
    )
    message.add_attachment(mail("Older", "A forwarded mail."))
    return message


def listed(connector: Connector) -> list[Change]:
    async def run() -> list[Change]:
        return [change async for change, _ in connector.changes(None)]

    return anyio.run(run)


def items(connector: Connector) -> list[Item]:
    changes = listed(connector)
    assert changes[-1] == ListingEnd()
    return [change.item for change in changes if isinstance(change, Upsert)]


def contents(connector: Connector) -> dict[str, bytes]:
    return {item.name: connector.open(item).read() for item in items(connector)}


# ---------------------------------------------------------------- mbox


@pytest.fixture
def box(tmp_path: Path) -> Path:
    made = mailbox.mbox(tmp_path / "archive.mbox")
    made.add(mail("Leave", "Twenty days.\nFrom now on."))
    made.add(with_attachments())
    made.add(mail("Leave", "Twenty days.\nFrom now on."))
    made.close()
    return tmp_path / "archive.mbox"


def opened(box: Path, **options: object) -> mbox.Mbox:
    return mbox.create(Source(name="archive", principals=EVERYONE, options={"file": str(box), **options}))


def test_an_mbox_gives_each_mail_once_and_its_attachments_by_name(box: Path) -> None:
    with closing(opened(box)) as connector:
        assert [item.name for item in items(connector)] == ["mail.eml", "mail.eml", "prices – März.csv", "terms.md"]
        assert contents(connector)["terms.md"] == b"# Terms\n\nThirty days."
        assert contents(connector)["prices – März.csv"].split() == [b"a;b", b"1;2"]
    with closing(opened(box, attachments=False)) as connector:
        assert len(items(connector)) == 2


def test_a_mail_of_an_mbox_stays_itself_when_others_are_taken_out(box: Path) -> None:
    with closing(opened(box)) as connector:
        before = items(connector)
    shorter = mailbox.mbox(box)
    shorter.remove(shorter.keys()[0])
    shorter.flush()
    shorter.close()
    with closing(opened(box)) as connector:
        assert {item.native_id for item in items(connector)} == {item.native_id for item in before}
        assert b"Offer" in connector.open(before[1]).read()
        with pytest.raises(Rejected, match="gone"):
            connector.open(Item(native_id="0" * 32, name="", uri="", stamp="", modified_at=None, allowed=EVERYONE))


def test_an_mbox_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        opened(tmp_path / "nowhere.mbox")


# ---------------------------------------------------------------- IMAP


@pytest.fixture(scope="module")
def port() -> Generator[int]:
    with dovecot.running() as found:
        yield found


class Account:
    """Someone's mailbox, as their mail program sees it."""

    def __init__(self, port: int, user: str) -> None:
        self.port = port
        self.user = user
        self.client = imaplib.IMAP4("127.0.0.1", port)
        self.client.login(user, "secret")

    def add(self, message: EmailMessage, folder: str = "INBOX") -> None:
        self.client.create(folder)
        assert self.client.append(folder, "", "", message.as_bytes())[0] == "OK"

    def connector(self, **options: object) -> imap.Imap:
        given = {
            "host": "127.0.0.1", "port": self.port, "security": "none", "username": self.user, "password": "secret",
        } | options  # fmt: skip
        return imap.create(Source(name="post", principals=EVERYONE, options=given))


@pytest.fixture
def account(port: int, request: pytest.FixtureRequest) -> Generator[Account]:
    made = Account(port, f"user{abs(hash(request.node.name))}")
    yield made
    made.client.logout()


@pytest.mark.integration
def test_mails_and_attachments_are_read_and_stay_unseen(account: Account) -> None:
    account.add(mail("Leave", "Twenty days."))
    account.add(with_attachments())
    with closing(account.connector()) as connector:
        found = items(connector)
        assert [item.name for item in found] == ["mail.eml", "mail.eml", "prices – März.csv", "terms.md"]
        assert b"Twenty days." in connector.open(found[0]).read()
        assert connector.open(found[2]).read().split() == [b"a;b", b"1;2"]
        assert connector.open(found[3]).read() == b"# Terms\n\nThirty days."
        assert found[0].uri.startswith(f"imap://{account.user}@127.0.0.1:{account.port}/INBOX;UIDVALIDITY=")
        assert found[0].modified_at is not None
    account.client.select("INBOX", readonly=True)
    assert account.client.search(None, "UNSEEN")[1] == [b"1 2"]


@pytest.mark.integration
def test_a_mail_keeps_its_name_and_stamp_when_others_are_deleted(account: Account) -> None:
    for number in range(3):
        account.add(mail(f"Mail {number}", "Text."))
    with closing(account.connector()) as connector:
        before = items(connector)
        account.client.select("INBOX")
        account.client.store("1", "+FLAGS", "\\Deleted")
        account.client.expunge()

        assert items(connector) == before[1:]
        with pytest.raises(Rejected, match="gone"):
            connector.open(before[0])


@pytest.mark.integration
def test_folders_are_chosen_by_name_or_all(account: Account) -> None:
    account.add(mail("Leave", "Twenty days."))
    account.add(mail("Plans", "Grow."), folder='"Project R&AOk-sum&AOk-"')
    with closing(account.connector(folders=["*"])) as connector:
        assert len(items(connector)) == 2
    with closing(account.connector(folders=["Project Résumé"])) as connector:
        (item,) = items(connector)
        assert b"Grow." in connector.open(item).read()
    with closing(account.connector(folders=["Nowhere"])) as connector, pytest.raises(InvalidInput, match="INBOX"):
        items(connector)


@pytest.mark.integration
def test_a_connection_that_was_closed_meanwhile_is_opened_again(account: Account) -> None:
    account.add(mail("Leave", "Twenty days."))
    with closing(account.connector()) as connector:
        (item,) = items(connector)
        connector.open(item)
        resting = connector._resting.get()
        resting.shutdown()
        connector._resting.put(resting)

        assert b"Twenty days." in connector.open(item).read()


@pytest.mark.integration
def test_a_connection_that_breaks_while_a_folder_is_listed_ends_the_run(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "MESSAGES_AT_ONCE", 1)
    for number in range(3):
        account.add(mail(f"Mail {number}", "Text."))
    found: list[Change] = []

    async def listed() -> None:
        async for change, _ in connector.changes(None):
            found.append(change)
            if len(found) == 1:
                dovecot.break_connections()

    with closing(account.connector()) as connector, pytest.raises(Unavailable, match="'post' does not answer"):
        anyio.run(listed)
    assert not any(isinstance(change, ListingEnd) for change in found)
    account.client.shutdown()  # it broke as well
    account.client = imaplib.IMAP4("127.0.0.1", account.port)
    account.client.login(account.user, "secret")


@pytest.mark.integration
def test_a_wrong_password_and_a_server_that_is_down_are_told_apart(account: Account) -> None:
    mistyped = {"password": "mistyped"}
    with (
        closing(account.connector(**mistyped)) as connector,
        pytest.raises(InvalidInput, match="let us in") as told,
    ):
        items(connector)
    assert "mistyped" not in str(told.value)
    with closing(account.connector(port=1)) as connector, pytest.raises(Unavailable, match="does not answer"):
        items(connector)


def test_a_password_is_never_sent_in_the_clear_over_a_network() -> None:
    options = {"host": "mail.example", "username": "ann", "security": "none"}
    with pytest.raises(InvalidInput, match="in the clear"):
        imap.create(Source(name="post", principals=EVERYONE, options=options))


@pytest.mark.parametrize(
    ("written", "standard", "name"),
    [
        ("=?utf-8?q?caf=C3=A9=2Epdf?=", "RFC 2047", "café.pdf"),
        ("utf-8''caf%C3%A9.pdf", "RFC 2231", "café.pdf"),
        ("nonsense''caf%C3%A9.pdf", "RFC 2231", "café.pdf"),
        ("..\\..\\secret.txt", "RFC 2047", "secret.txt"),
        ("=?nonsense?q?x?=", "RFC 2047", "=?nonsense?q?x?="),
    ],
)
def test_the_name_of_an_attachment_is_read_in_every_way_that_it_is_written(
    written: str,
    standard: str,
    name: str,
) -> None:
    assert imap.decoded(written, extended=standard == "RFC 2231") == name
