/* When to stop although there is work left. */
#ifndef CND_LIFETIME_H
#define CND_LIFETIME_H

/* From now on the process ends by itself after `seconds` (negative: no limit), when its parent dies, and when nobody can
 * read its output any more. */
void lifetime_start(double seconds);

#endif
