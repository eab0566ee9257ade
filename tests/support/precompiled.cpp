// SPDX-License-Identifier: MIT
// A file without content, with whose flags precompiled.hpp is compiled.
