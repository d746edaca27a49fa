/* cpu.c - CPUID, XCR0, the operating system's leave to use AMX. */
#define _DEFAULT_SOURCE /* syscall */
#include "cpu.h"

#include <stdbool.h>

#include "hatpose.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LEAF1_ECX_PCLMUL = 1 << 1,
    LEAF1_ECX_FMA = 1 << 12,
    LEAF1_ECX_OSXSAVE = 1 << 27,
    LEAF1_ECX_F16C = 1 << 29,
    LEAF7_EBX_AVX2 = 1 << 5,
    LEAF7_EBX_AVX512 = 1 << 16 | 1 << 17 | 1 << 30, /* F, DQ, BW */
    LEAF7_ECX_VNNI = 1 << 11,
    LEAF7_EDX_AMX = 1 << 22 | 1 << 24 | 1 << 25, /* BF16, TILE, INT8 */
    LEAF71_EAX_BF16 = 1 << 5,
    XCR0_YMM = 1 << 1 | 1 << 2,
    XCR0_ZMM = XCR0_YMM | 1 << 5 | 1 << 6 | 1 << 7,
    XCR0_TILE = XCR0_ZMM | 1 << 17 | 1 << 18
};

#define LEAF7_EBX_VL (1u << 31)

static bool has_all(uint32_t bits, uint32_t wanted)
{
    return (bits & wanted) == wanted;
}

static uint32_t read_xcr0(void)
{
    uint32_t low, high;

    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* Linux grants the tile registers to a process that asks, once for all. */
static bool tiles_are_granted(void)
{
#ifdef SYS_arch_prctl
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) ==
           0;
#else
    return false;
#endif
}

static uint32_t machine_bits(uint32_t wanted)
{
    uint32_t eax, ebx, ecx, edx, leaf1_ecx, leaf71_eax = 0, bits = 0;

    if (!__get_cpuid(1, &eax, &ebx, &leaf1_ecx, &edx) ||
        !has_all(leaf1_ecx,
                 LEAF1_ECX_OSXSAVE | LEAF1_ECX_FMA | LEAF1_ECX_F16C |
                     LEAF1_ECX_PCLMUL) ||
        !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        return 0;
    const uint32_t leaf7_ebx = ebx, leaf7_ecx = ecx, leaf7_edx = edx;
    if (eax >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx))
        leaf71_eax = eax;
    const uint32_t xcr0 = read_xcr0();
    if (!has_all(leaf7_ebx, LEAF7_EBX_AVX2) || !has_all(xcr0, XCR0_YMM))
        return 0;
    bits |= HATPOSE_CPU_AVX2;
    if (!has_all(leaf7_ebx, LEAF7_EBX_AVX512 | LEAF7_EBX_VL) ||
        !has_all(xcr0, XCR0_ZMM))
        return bits;
    bits |= HATPOSE_CPU_AVX512;
    if (has_all(leaf7_ecx, LEAF7_ECX_VNNI))
        bits |= HATPOSE_CPU_VNNI;
    if ((wanted & HATPOSE_CPU_AMX) != 0 && has_all(leaf7_edx, LEAF7_EDX_AMX) &&
        has_all(leaf71_eax, LEAF71_EAX_BF16) && has_all(xcr0, XCR0_TILE) &&
        tiles_are_granted())
        bits |= HATPOSE_CPU_AMX;
    return bits;
}
#elif defined(__aarch64__)
static uint32_t machine_bits(uint32_t wanted)
{
    (void)wanted;
    return HATPOSE_CPU_NEON;
}
#else
static uint32_t machine_bits(uint32_t wanted)
{
    (void)wanted;
    return 0;
}
#endif

uint32_t hp_cpu_bits(uint32_t wanted)
{
    uint32_t bits = machine_bits(wanted & ~(uint32_t)HP_CPU_OFF);

#ifdef HP_HAVE_OPENBLAS
    bits |= HATPOSE_CPU_BLAS;
#endif
    return bits & wanted & ~(uint32_t)HP_CPU_OFF;
}
