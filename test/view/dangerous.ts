/** What commands a terminal or turns the direction of its text (Unicode: Cc, Zl, Zp, Bidi_Control), or is half a character. */
export const dangerous = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\u206A-\u206F\uFFF9-\uFFFB]/u;
