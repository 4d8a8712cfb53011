/*
 * dns_oracle.h - what ldns makes of a DNS message, to compare our parser with.
 */
#ifndef NAMESAKE_TESTS_DNS_ORACLE_H
#define NAMESAKE_TESTS_DNS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * True when ldns does not contradict: of a message that both take, every record, code and name is
 * the same. ldns is stricter with types that we pass over and takes pointers forward, so one of
 * the two may refuse; `both` demands that neither does.
 */
bool dns_oracle_agrees(const uint8_t *wire, size_t length, bool both);

#endif
