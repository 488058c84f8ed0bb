"""The process in which files are parsed: it confines itself, then reads one file after another that it is handed."""

import os
import socket
import sys
import warnings
from collections.abc import Sequence
from contextlib import ExitStack

from groundsel_ingest.extracting.confinement import PATIENT, USUAL, begin_file, confine, end_file
from groundsel_ingest.extracting.parsed import ANSWER, HELLO, REQUEST, Hello, ParsedDocument, Refusal, Request, Written
from groundsel_ingest.extracting.parsing import Parse, parse_file, take_out
from groundsel_ingest.extracting.wire import receive, send
from groundsel_pipelines.errors import Rejected


def main(parse_with: Parse = parse_file) -> None:
    """Serve the channel, whose descriptor is the first argument, until the parent closes it."""
    warnings.simplefilter("ignore")  # of libraries, about files: nobody reads them here
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        send(channel, HELLO.dump_json(Hello(network=confine())))
        while True:
            try:
                message, descriptors = receive(channel, descriptors=2)
            except EOFError:
                return
            request = REQUEST.validate_json(message)
            begin_file(PATIENT if request.ocr else USUAL)
            answer = handled(request, descriptors, parse_with)
            end_file()
            send(channel, ANSWER.dump_json(answer))


def handled(request: Request, descriptors: Sequence[int], parse_with: Parse) -> ParsedDocument | Written | Refusal:
    """Do with open files as is asked; what a library cannot read is refused, whatever it raised."""
    with ExitStack() as stack:
        file = stack.enter_context(os.fdopen(descriptors[0], "rb"))
        try:
            if request.attachment is None:
                return parse_with(file, media_type=request.media_type, name=request.name, ocr=request.ocr)
            target = stack.enter_context(os.fdopen(descriptors[1], "wb"))
            return Written(size=take_out(file, request.attachment, target))
        except Rejected as error:
            return Refusal(reason=error.reason)
        except (MemoryError, RecursionError) as error:
            return Refusal(reason=f"it takes too much memory to read ({type(error).__name__})")
        except Exception as error:  # noqa: BLE001 - parsers fail in every way on damaged files
            return Refusal(reason=f"it is damaged: {type(error).__name__}: {str(error)[:200]}")


if __name__ == "__main__":
    main()
