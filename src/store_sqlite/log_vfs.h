/// An SQLite VFS that writes the log of a commit in one go.
///
/// SQLite writes every page of the write-ahead log with two calls, a frame's head and its page.
/// Behind this VFS they are collected and written with one call at the next sync, read or gap: a
/// commit of 30 pages costs one write instead of 60. Everything but the log goes straight to the
/// system's VFS.
///
/// REQUIRES: synchronous=FULL, where SQLite syncs the log of a commit before it shows the commit to
/// other connections: what they may look for is in the file then.
/// Errors: those of the delayed write come out of the sync, and the commit fails as it would have.
/// Threads: any; a connection's file belongs to that connection.
/// Source: https://sqlite.org/vfs.html, https://sqlite.org/walformat.html.
#pragma once

#include <string>

namespace tidings::sqlite {

/// The name to open a database with, over the VFS `below` ("" = the system's). Made at the first
/// call; gives `below` back where that fails.
std::string log_vfs(const std::string& below = {});

}  // namespace tidings::sqlite
