"""What `python -m lenet_helpers` and `python -m course` share: reading words, running a command."""

import argparse
import os
import sys

from lenet_helpers.runtime import resolve_named_paths


class ToolError(Exception):
    """Something a person can mend; its text is all they need to see."""


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
    args, rest = parser.parse_known_args(words)
    if rest and args.command not in passing_on:
        parser.error(f"unknown: {' '.join(rest)}")
    try:
        _resolve_named_paths()
        status = args.command(args, rest) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read the output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # no room, no permission, something in the way: the error names it
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except ToolError as error:
        print("\n".join(["", f"error: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


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
