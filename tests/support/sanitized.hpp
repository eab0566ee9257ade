// SPDX-License-Identifier: MIT
#pragma once

// CTCNN_TEST_SANITIZED: whether the program is built with the address sanitizer.
#if defined(__SANITIZE_ADDRESS__)
#define CTCNN_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CTCNN_TEST_SANITIZED 1
#endif
#endif
#if !defined(CTCNN_TEST_SANITIZED)
#define CTCNN_TEST_SANITIZED 0
#endif
