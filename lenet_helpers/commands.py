"""What `python -m lenet_helpers` and `python -m course` share: reading words, running a command."""

import argparse
import sys

from lenet_helpers.runtime import resolve_named_paths


class ToolError(Exception):
    """Something a person can mend; its text is all they need to see."""


def run_command(commands, module, description, words=None, passing_on=()):
    """Run the command that the words name; return the exit status.

    commands:   dict, function -> its arguments: dict, name -> options of argparse. A function's
                name is the command's, its docstring the help; it takes the parsed arguments and a
                list of the rest.
    module:     str, "lenet_helpers": what follows `python -m`.
    passing_on: functions that take words which are no argument of theirs.
    """
    parser = _parser(commands, module, description)
    args, rest = parser.parse_known_args(words)
    if rest and args.command not in passing_on:
        parser.error(f"unknown: {' '.join(rest)}")
    try:
        _resolve_named_paths()
        return args.command(args, rest) or 0
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


def _parser(commands, module, description):
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for command, arguments in commands.items():
        name, what = command.__name__, command.__doc__
        sub = subparsers.add_parser(name, help=what, description=what)
        sub.set_defaults(command=command)
        for argument, options in arguments.items():
            sub.add_argument(argument, **options)
    return parser
