/* What the processor and its operating system let a program use. */
#ifndef CND_PROCESSOR_H
#define CND_PROCESSOR_H

int processor_avx2(void);
int processor_sha_ni(void);
int processor_sha_ni_avx(void);
int processor_avx512(void);
int processor_armv8_sha2(void);

#endif
