// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "allocation.h"

#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define OCELLUS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OCELLUS_ASAN 1
#endif
#endif

namespace {
std::size_t live = 0, most = 0, base = 0;

void add(std::size_t size) {
    live += size;
    most = live > most ? live : most;
}
}  // namespace

#ifdef OCELLUS_ASAN
// Replacing the operators would hide what the sanitizer watches.
// GCC ships the functions without their header.
extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                              void (*)(const volatile void*));
std::size_t __sanitizer_get_allocated_size(const volatile void*);
}

namespace {
void on_malloc(const volatile void*, std::size_t size) {
    add(size);
}
void on_free(const volatile void* p) {
    live -= __sanitizer_get_allocated_size(p);
}
const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}  // namespace

#else
#include <malloc.h>

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    void* p = std::malloc(size == 0 ? 1 : size);
    if (p)
        add(malloc_usable_size(p));
    return p;
}
void* operator new(std::size_t size) {
    if (void* p = operator new(size, std::nothrow))
        return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    if (p)
        live -= malloc_usable_size(p);
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    operator delete(p);
}
#endif

namespace fuzz {

void begin_counting() {
    base = most = live;
}
std::size_t most_held() {
    return most - base;
}

}  // namespace fuzz
