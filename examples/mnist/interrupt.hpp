// SPDX-License-Identifier: MIT
#pragma once

namespace mnist {

/// From now on the first Ctrl-C (SIGINT) is only noted, so that the program can end in its own time; a second one kills
/// it. Where SIGINT is ignored (by nohup, in a background job), it stays ignored.
void catch_interrupt();

/// Whether Ctrl-C was noted.
bool interrupted();

}  // namespace mnist
