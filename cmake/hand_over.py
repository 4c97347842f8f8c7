#!/usr/bin/env python3
"""Gives what root made in a checkout to the checkout's owner.

usage: hand_over.py UID GID FOLDER...

The owner may write to these folders while this runs, so nothing in them is trusted: folders are opened
without following links, each file is looked at and given over through one open descriptor, and a file
that has a second name (a hard link) stays root's, because that name may lie outside of the checkout.
Symbolic links stay as they are: whoever owns their folder can replace them.
"""

import os
import stat
import sys

# A FIFO must not block, a device is never opened for what it does.
LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def give(descriptor, owner, group):
    info = os.fstat(descriptor)
    is_folder = stat.S_ISDIR(info.st_mode)
    if info.st_uid == 0 and (is_folder or (stat.S_ISREG(info.st_mode) and info.st_nlink == 1)):
        os.fchown(descriptor, owner, group)


def hand_over(folder, owner, group):
    """`folder` is an open descriptor, closed here."""
    try:
        with os.scandir(folder) as entries:
            names = [(entry.name, entry.is_dir(follow_symlinks=False),
                      entry.is_file(follow_symlinks=False)) for entry in entries]
        for name, is_folder, is_file in names:
            if not is_folder and not is_file:
                continue
            try:
                inner = os.open(name, LOOK | (os.O_DIRECTORY if is_folder else 0), dir_fd=folder)
            except OSError:  # gone, or another thing by now
                continue
            if is_folder:
                hand_over(inner, owner, group)
                continue
            try:
                give(inner, owner, group)
            finally:
                os.close(inner)
        give(folder, owner, group)
    finally:
        os.close(folder)


def main(arguments):
    owner, group = int(arguments[0]), int(arguments[1])
    for folder in arguments[2:]:
        try:
            descriptor = os.open(folder, LOOK | os.O_DIRECTORY)
        except OSError:
            continue
        hand_over(descriptor, owner, group)


if __name__ == "__main__":
    main(sys.argv[1:])
