"""What `python -m lenet_helpers` and `python -m course` share: reading words, running a command."""

import argparse
import contextlib
import csv
import os
import signal
import sys
import threading
import zipfile
import zlib

from lenet_helpers.runtime import resolve_named_paths


class ToolError(Exception):
    """Something a person can mend; its text is all they need to see."""


# What reading a damaged file raises.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OSError)
UNREADABLE += (EOFError, csv.Error, zipfile.BadZipFile, zlib.error)


@contextlib.contextmanager
def blaming(path, problem="is damaged", remedy="Check it out again.", error=ToolError):
    """Turn what goes wrong in the block, while a file is read, into one error that names the file.

    problem, remedy: str, what is said of the file before the reason, and after it.
    error:           the class of the error, a ToolError.
    """
    try:
        yield
    except UNREADABLE as found:
        reason = f"{found} is missing" if isinstance(found, KeyError) else f"{found}"
        reason = reason.strip().partition("\n")[0].rstrip(".")
        raise error(f"{path} {problem}: {reason}. {remedy}") from found


def run_command(commands, module, description, words=None, passing_on=()):
    """Run the command that the words name; return the exit status.

    commands:   dict, function -> dict of its parts: the name of an argument -> options of argparse,
                or the function of a sub-command -> its parts. A function's name is the command's,
                its docstring the help; it takes the parsed arguments and a list of the rest.
    module:     str, "lenet_helpers": what follows `python -m`.
    passing_on: functions that take words which are no argument of theirs.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    _add(parser, commands)
    try:
        args, rest = _read(parser, words)
        if rest and args.command not in passing_on:
            parser.error(f"unknown: {' '.join(rest)}")
        _resolve_named_paths()
        with _ending_as_on_ctrl_c():
            status = args.command(args, rest) or 0
        _flush()
        return status
    except BrokenPipeError:  # whoever read the output, such as `head`, has enough
        _drop_output()
        return 141
    except OSError as error:  # no room, no permission, something in the way: the error names it
        print(f"\nerror: {error}", file=sys.stderr)
        try:
            _flush()
        except OSError:  # there is no room for the output itself
            _drop_output()
        return 1
    except ToolError as error:
        print("\n".join(["", f"error: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


@contextlib.contextmanager
def _ending_as_on_ctrl_c():
    """Let the process, told to stop, end what it has started, as it does on Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _read(parser, words):
    try:
        return parser.parse_known_args(words)
    except SystemExit:
        _flush()  # the help
        raise


def _flush():
    if sys.stdout:  # None where it was closed
        sys.stdout.flush()


def _drop_output():
    """Let Python not try once more to write what nobody takes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _resolve_named_paths():
    # Commands work in folders of their own; a relative path is meant from where the person stands.
    try:
        resolve_named_paths()
    except ValueError as error:
        raise ToolError(str(error)) from error


def _add(parser, parts):
    """Give a parser its arguments and sub-commands."""
    commands = None
    for part, options in parts.items():
        if isinstance(part, str):
            parser.add_argument(part, **options)
            continue
        commands = commands or parser.add_subparsers(required=True, metavar="command")
        name, what = part.__name__.rstrip("_"), part.__doc__
        sub = commands.add_parser(name, help=what, description=what)
        sub.set_defaults(command=part)
        _add(sub, options)
