"""A multipart upload taken off the network piece by piece: straight to its place on the disk, never whole in memory."""

from __future__ import annotations

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from liftline_console.problems import Problem
from pipelines.customers.uploads import Arrival, Kept, TooLarge

FILE, KIND = b"file", b"kind"
LONGEST_FIELD = 1000
PIECE = 1 << 20
FORM_AROUND_IT = 100_000
EXPECTED = "Send multipart/form-data with a `kind` and, after it or before it, one `file`."


class Receiver:
    """Hears of the parts of a form: the file goes to its arrival, small fields are remembered."""

    def __init__(self, boundary: bytes, arrival: Arrival) -> None:
        self._arrival = arrival
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_end": self._ends,
            },
        )
        self._name, self._value = bytearray(), bytearray()
        self._disposition: dict[bytes, bytes] = {}
        self._field = b""
        self.fields: dict[bytes, bytearray] = {}
        self.file_name: str | None = None
        self.ended = False

    def feed(self, piece: bytes) -> None:
        """The next bytes of the body."""
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise Problem(422, f"The upload is cut off or not multipart/form-data. {EXPECTED}") from error

    def _part_begins(self) -> None:
        self._disposition = {}

    def _header_ends(self) -> None:
        if bytes(self._name).lower() == b"content-disposition":
            self._disposition = parse_options_header(bytes(self._value))[1]
        self._name.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        self._field = self._disposition.get(b"name", b"")
        if self._field == FILE:
            if self.file_name is not None:
                raise Problem(422, f"Two files came at once. {EXPECTED}")
            self.file_name = self._disposition.get(b"filename", b"upload").decode(errors="replace")[:200]
        elif self._field in self.fields or len(self.fields) > 10:
            raise Problem(422, f"A field came twice, or too many. {EXPECTED}")
        else:
            self.fields[self._field] = bytearray()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field == FILE:
            self._arrival.write(data[start:end])
            return
        self.fields[self._field] += data[start:end]
        if len(self.fields[self._field]) > LONGEST_FIELD:
            raise Problem(422, f"A field is longer than {LONGEST_FIELD} bytes. {EXPECTED}")

    def _ends(self) -> None:
        self.ended = True


async def received(request: Request, tenant: str) -> Kept:
    """The file of the request, whole on the disk; whatever goes wrong leaves nothing of it."""
    media, options = parse_options_header(request.headers.get("Content-Type", ""))
    if media != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(415, EXPECTED)
    services = request.app.state.console.services
    told, most = request.headers.get("Content-Length", ""), services.desk.max_bytes
    if told.isdecimal() and int(told) > most + FORM_AROUND_IT:
        raise TooLarge(most)
    arrival = await run_in_threadpool(Arrival, services.uploads, most)
    try:
        receiver = Receiver(options[b"boundary"], arrival)
        waiting = bytearray()
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= PIECE:
                await run_in_threadpool(receiver.feed, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(receiver.feed, bytes(waiting))
        if not receiver.ended or receiver.file_name is None:
            raise Problem(422, f"The upload is cut off, or holds no file. {EXPECTED}")
        kind = bytes(receiver.fields.get(KIND, b"customers")).decode(errors="replace")
        return await run_in_threadpool(
            lambda: arrival.kept(file_name=receiver.file_name or "upload", tenant=tenant, kind=kind)
        )
    except BaseException:
        await run_in_threadpool(arrival.abandon)
        raise
